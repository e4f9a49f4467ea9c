-- Attempts to see what row and column rules hide, for PostgreSQL (decisions.md 26). Data, not a script: the test
-- server/src/gateway/policy-bypass.test.ts sends each block on its own through the gateway, as somebody under these rules,
-- and looks into the answer for anything hidden:
--
--   people   rows: region = 'EU' (ids 1 and 2 of 4); ssn forbidden; salary masked whole; email masked before '@'
--   events   rows: open is true; partitioned
--   child    rows: region = 'EU'; inherits from the unruled table parent
--   notes    rows: body holds 'open', 'public' or 'shared': dearer than what an attempt asks, which the planner likes first
--
-- A block begins with `-- @case <name> expect=<refused|safe>`. `refused`: the answer is `policy_unprovable`. `safe`: it
-- runs, without an error of the source, and shows nothing hidden; with `rows=<json>` it shows exactly these rows.

-- @case star expect=safe rows=[{"id":1,"region":"EU","name":"Ann","email":"****@example.com","salary":"****","boss":null},{"id":2,"region":"EU","name":"Bea","email":"****@example.com","salary":"****","boss":1}]
select * from people order by id
-- @case qualified-star expect=safe
select people.* from public.people
-- @case alias expect=safe rows=[{"n":2}]
select count(*)::int as n from people as p where p.region in ('EU', 'US')
-- @case alias-without-as expect=safe rows=[{"id":1},{"id":2}]
select p.id from people p order by 1
-- @case quoted-name expect=safe rows=[{"n":2}]
select count(*)::int as n from "public"."people"
-- @case case-folded expect=safe rows=[{"n":2}]
select count(*)::int as n from PEOPLE
-- @case comment-in-name expect=refused
select * from public/**/.people
-- @case spaced-name expect=safe
select * from public . people
-- @case unicode-escaped-name expect=refused
select * from U&"\0070eople"
-- @case leading-comment expect=safe rows=[{"n":2}]
/* people */ select count(*)::int as n -- from people
from people
-- @case multibyte-before-name expect=safe rows=[{"é😀":2}]
select count(*)::int as "é😀" from people where 'é😀' <> ''
-- @case only expect=refused
select * from only people
-- @case inheritance-star expect=refused
select * from people *
-- @case tablesample expect=refused
select * from people tablesample system (100)
-- @case table-command expect=refused
table people
-- @case forbidden-column expect=refused
select ssn from people
-- @case forbidden-column-qualified expect=refused
select p.ssn from people p
-- @case forbidden-in-where expect=refused
select id from people where ssn like '%SECRET%'
-- @case forbidden-in-order expect=refused
select id from people order by ssn
-- @case forbidden-in-group expect=refused
select count(*) from people group by ssn
-- @case forbidden-in-having expect=refused
select region from people group by region having max(ssn) > 'a'
-- @case forbidden-in-join expect=refused
select a.id from people a join people b on a.ssn = b.ssn
-- @case forbidden-in-using expect=safe-or-error
select 1 from people a join people b using (ssn)
-- @case forbidden-in-window expect=refused
select row_number() over (order by ssn) from people
-- @case forbidden-in-filter expect=refused
select count(*) filter (where ssn > 'S') from people
-- @case forbidden-given-as-alias expect=safe-or-error
select ssn from people, (select 1 as ssn) x where people.ssn is not null
-- @case forbidden-alias-elsewhere expect=safe rows=[{"ssn":1},{"ssn":1}]
select ssn from people, (select 1 as ssn) x
-- @case masked-in-where expect=safe rows=[]
select id from people where email like '%secretmail%'
-- @case masked-equals-raw expect=safe rows=[]
select id from people where salary = '91234'
-- @case masked-compared-as-number expect=safe-or-error
select id from people where salary::int > 1
-- @case masked-in-order expect=safe
select id, email from people order by email, salary
-- @case masked-in-group expect=safe rows=[{"salary":"****","n":2}]
select salary, count(*)::int as n from people group by salary
-- @case masked-count-distinct expect=safe rows=[{"n":1}]
select count(distinct salary)::int as n from people
-- @case masked-min-max expect=safe rows=[{"a":"****","b":"****"}]
select min(salary) as a, max(salary) as b from people
-- @case masked-in-functions expect=safe rows=[{"a":"****@EXAMPLE.COM","b":16,"c":"****"},{"a":"****@EXAMPLE.COM","b":16,"c":"****"}]
select upper(email) as a, length(email) as b, substr(salary, 1, 99) as c from people
-- @case masked-join expect=safe rows=[{"n":4}]
select count(*)::int as n from people a join people b on a.salary = b.salary
-- @case masked-join-with-guesses expect=safe rows=[]
select g.v from (values ('91234'), ('92345')) g (v) join people p on p.salary = g.v
-- @case masked-in-subquery expect=safe rows=[]
select 1 as x where '91234' in (select salary from people)
-- @case masked-any expect=safe rows=[{"a":false}]
select '91234' = any (select salary from people) as a
-- @case masked-exists expect=safe rows=[{"e":false}]
select exists (select 1 from people where email like 'ann%') as e
-- @case masked-scalar-subquery expect=safe
select (select email from people limit 1) as e
-- @case masked-lateral expect=safe
select l.e from people p, lateral (select p.email as e) l
-- @case masked-cte expect=safe
with c as (select email, salary from people) select * from c where email > 'a'
-- @case masked-recursive-cte expect=safe
with recursive r as (select id, boss, email from people where boss is null union all select p.id, p.boss, p.email from people p join r on p.boss = r.id) select * from r
-- @case masked-union expect=safe
select email from people union select salary from people
-- @case masked-except expect=safe
select email from people except select 'x'
-- @case masked-intersect expect=safe rows=[]
select salary from people intersect select '91234'
-- @case masked-window expect=safe
select id, first_value(email) over (order by salary desc), dense_rank() over (order by email) from people
-- @case masked-named-window expect=safe
select lag(salary) over w from people window w as (partition by region order by id)
-- @case masked-array expect=safe
select array_agg(email), string_agg(salary, ',') from people
-- @case masked-json expect=safe
select json_agg(json_build_object('e', email, 's', salary)) from people
-- @case masked-case expect=safe rows=[{"c":0},{"c":0}]
select case when salary > '91' and salary < '93' then 1 else 0 end as c from people
-- @case masked-coalesce expect=safe
select coalesce(nullif(email, 'x'), salary), greatest(email, salary) from people
-- @case masked-regexp expect=safe
select regexp_matches(email, '(.*)@') from people
-- @case masked-distinct-on expect=safe
select distinct on (email) id, email from people order by email, id
-- @case masked-grouping-sets expect=safe
select email, salary, count(*) from people group by grouping sets ((email), (salary), ())
-- @case masked-order-by-ordinal expect=safe
select email from people order by 1 limit 1
-- @case masked-between expect=safe rows=[]
select id from people where salary between '90000' and '99999'
-- @case masked-similar expect=safe rows=[]
select id from people where email similar to '(ann|bea)%'
-- @case generated-from-masked expect=refused
select email_lower from people
-- @case whole-row expect=refused
select people from people
-- @case whole-row-alias expect=refused
select p from people p
-- @case whole-row-json expect=refused
select row_to_json(p) from people p
-- @case whole-row-json-star expect=safe-or-error
select row_to_json(p.*) from people p
-- @case whole-row-text expect=refused
select p::text from people p
-- @case whole-row-record expect=refused
select (p).* from people p
-- @case whole-row-member expect=refused
select (p).ssn from people p
-- @case whole-row-jsonb expect=refused
select to_jsonb(people) from people
-- @case whole-row-count expect=refused
select count(distinct p) from people p
-- @case whole-row-is-null expect=refused
select id from people p where p is not null
-- @case whole-row-via-alias-of-its-name expect=safe-or-error
select row_to_json(p) from people p, (select 1 as p) x
-- @case row-constructor-star expect=safe
select row(p.*) from people p
-- @case function-as-attribute expect=refused
select p.row_to_json from people p
-- @case function-as-attribute-with-cover expect=safe
select p.row_to_json from people p, (select 1 as row_to_json) x
-- @case system-column expect=refused
select ctid, xmin, tableoid from people
-- @case system-column-of-unruled expect=refused
select ctid from orders
-- @case whole-table-alias-columns expect=safe
select a, b, c, d, e from people as t (a, b, c, d, e)
-- @case view expect=refused
select * from people_view
-- @case materialized-view expect=refused
select * from people_copy
-- @case view-of-unruled expect=refused
select * from orders_view
-- @case unknown-table expect=refused
select * from no_such_table
-- @case sequence-as-table expect=refused
select * from counter
-- @case other-schema-view expect=refused
select * from side.people
-- @case namesake-in-another-schema expect=safe rows=[{"id":1}]
select id from other.people
-- @case namesake-that-the-rule-does-not-fit expect=refused
select * from third.people
-- @case other-schema-table expect=safe rows=[{"id":1}]
select id from side.plain
-- @case other-database expect=refused
select * from postgres.public.people
-- @case partition expect=refused
select * from events_open
-- @case partitioned expect=safe rows=[{"id":1}]
select id from events order by id
-- @case parent-of-ruled expect=refused
select * from parent
-- @case child-of-unruled-parent expect=safe rows=[{"id":1}]
select id from child order by id
-- @case child-of-ruled expect=refused
select * from people_child
-- @case cte-of-a-ruled-name expect=refused
with people as (select 1 as id) select * from people
-- @case cte-hides-nothing-inside-itself expect=refused
with people as (select * from people) select * from people
-- @case cte-sees-table-not-itself expect=refused
with x as (select * from x) select * from x
-- @case cte-out-of-scope expect=refused
select * from (with q as (select 1) select * from q) s, q
-- @case cte-later-in-list expect=refused
with a as (select * from b), b as (select 1 as id) select * from a
-- @case cte-of-a-server-name expect=refused
with pg_class as (select 1 as id) select * from pg_class
-- @case cte-of-an-unruled-name expect=safe rows=[{"id":7}]
with orders as (select 7 as id) select * from orders
-- @case catalog-class expect=refused
select * from pg_class
-- @case catalog-stats expect=refused
select most_common_vals from pg_catalog.pg_stats where tablename = 'people'
-- @case catalog-statistic expect=refused
select stavalues1 from pg_statistic
-- @case catalog-activity expect=refused
select query from pg_stat_activity
-- @case information-schema expect=refused
select * from information_schema.tables
-- @case toast expect=refused
select * from pg_toast.pg_toast_1
-- @case definer-function expect=refused
select leak_all()
-- @case definer-function-in-from expect=refused
select * from leak_all()
-- @case definer-function-qualified expect=refused
select public.leak_all()
-- @case overload-of-a-server-function expect=safe-or-error
select lower(id) from people
-- @case overload-qualified expect=refused
select public.lower(id) from people
-- @case own-operator expect=safe-or-error
select id === id from people
-- @case own-operator-qualified expect=refused
select id operator(public.===) id from people
-- @case own-operator-in-subquery expect=refused
select 1 operator(public.===) any (select id from people)
-- @case own-type-cast expect=refused
select 'x'::public.leaky from people
-- @case own-type-unqualified expect=refused
select cast('x' as leaky)
-- @case row-type-cast expect=refused
select '(1,EU,a,b,c,1,1)'::people
-- @case regclass expect=refused
select 'people'::regclass
-- @case query-to-xml expect=refused-any
select query_to_xml('select * from people', true, false, '')
-- @case table-to-xml expect=refused-any
select table_to_xml('people', true, false, '')
-- @case xmltable expect=refused-any
select * from xmltable('/a' passing '<a/>'::xml columns b text)
-- @case dblink expect=refused-any
select * from dblink('', 'select ssn from people') as t (ssn text)
-- @case set-config expect=refused-any
select set_config('search_path', 'public', false)
-- @case current-setting expect=refused
select current_setting('search_path')
-- @case pg-get-viewdef expect=refused
select pg_get_viewdef('people_view')
-- @case pg-relation-size expect=refused
select pg_relation_size('people')
-- @case has-table-privilege expect=refused
select has_table_privilege('people', 'select')
-- @case nextval expect=refused write
select nextval('counter')
-- @case sleep expect=refused
select pg_sleep(0)
-- @case explain expect=refused
explain select * from people where ssn = 'SSN-111-SECRET'
-- @case explain-analyze expect=refused
explain analyze select * from people
-- @case show expect=refused
show search_path
-- @case error-division expect=safe rows=[]
select id from people where region = 'US' and 1 / (case when region = 'US' then 0 else 1 end) = 1
-- @case error-division-all-rows expect=safe rows=[{"n":2}]
select count(*)::int as n from people where 1 / (case when name like 'HIDDEN%' then 0 else 1 end) = 1
-- @case error-cheaper-than-the-rule expect=safe rows=[{"id":1}]
select id from notes where 1 / id = 1
-- @case error-cast expect=safe rows=[{"n":2}]
select count(*)::int as n from people where case when name like 'HIDDEN%' then name::int else 1 end = 1
-- @case error-cast-of-id expect=safe rows=[{"n":2}]
select count(*)::int as n from people where (case when id > 2 then 'x' else '1' end)::int = 1
-- @case error-in-join expect=safe rows=[{"n":2}]
select count(*)::int as n from people p join orders o on o.person_id = p.id and 1 / (case when p.id > 2 then 0 else 1 end) = 1
-- @case error-in-having expect=safe
select region from people group by region having 1 / (case when region = 'US' then 0 else 1 end) = 1
-- @case error-in-order expect=safe
select id from people order by 1 / (case when id > 2 then 0 else 1 end)
-- @case error-in-subquery expect=safe rows=[{"n":2}]
select count(*)::int as n from (select * from people) s where 1 / (case when s.id > 2 then 0 else 1 end) = 1
-- @case error-in-union expect=safe rows=[{"n":4}]
select count(*)::int as n from (select id from people union all select id from people) s where 1 / (case when id > 2 then 0 else 1 end) = 1
-- @case error-in-cte expect=safe rows=[{"n":2}]
with c as (select id from people) select count(*)::int as n from c where 1 / (case when id > 2 then 0 else 1 end) = 1
-- @case cheap-condition-first expect=safe rows=[]
select id from people where name like 'HIDDEN%' or region = 'US'
-- @case null-tricks expect=safe rows=[]
select id from people where coalesce(region, 'US') <> 'EU'
-- @case or-true expect=safe rows=[{"n":2}]
select count(*)::int as n from people where region = 'EU' or true
-- @case comment-closes-nothing expect=safe rows=[{"n":2}]
select count(*)::int as n from people where true -- )
-- @case full-join expect=safe rows=[{"id":1},{"id":2}]
select p.id from people p full join (select 1 as x) y on false where p.id is not null order by 1
-- @case anti-join expect=safe
select o.id from orders o where not exists (select 1 from people p where p.id = o.person_id)
-- @case natural-join expect=safe
select * from people natural join orders
-- @case values-only expect=safe rows=[{"column1":1}]
values (1)
-- @case no-table expect=safe rows=[{"a":1}]
select 1 as a
-- @case unruled expect=safe rows=[{"n":4}]
select count(*)::int as n from orders
-- @case insert expect=refused write
insert into orders values (9, 1, 1)
-- @case update-returning expect=refused write
update people set name = name returning *
-- @case writing-cte expect=refused write
with d as (delete from people returning *) select * from d
-- @case select-into expect=refused write
select * into stolen from people
-- @case create-table-as expect=refused write
create table stolen as select * from people
-- @case create-view expect=refused write
create view stolen as select * from people
-- @case for-update expect=refused write
select * from people for update
-- @case drop expect=refused write
drop table people
-- @case forbidden-in-scalar-subquery expect=refused
select id from people where (select max(ssn) from people) is null
-- @case forbidden-through-derived-table expect=refused
select x.ssn from (select * from people) x
-- @case forbidden-through-lateral expect=refused
select l.s from people p, lateral (select p.ssn as s) l
-- @case forbidden-in-returning-set expect=refused
select unnest(array_agg(ssn)) from people
-- @case alias-of-a-forbidden-name expect=refused
select ssn from people ssn
-- @case alias-list-names-nothing-hidden expect=safe rows=[{"ssn":null},{"ssn":1}]
select ssn from people p (id, region, name, email, salary, ssn) order by id
-- @case whole-row-aggregate expect=refused
select json_agg(people) from people
-- @case star-as-argument expect=safe rows=[{"n":2}]
select count(p.*)::int as n from people p
-- @case table-command-inside expect=refused
select * from (table people) x
-- @case rows-from-with-definitions expect=refused
select * from rows from (json_to_recordset('[{"a":1}]') as (a int)) x
-- @case cast-to-a-row expect=refused
select json_populate_record(null::people, '{}')
-- @case cursor-position expect=refused-any
select id from people where current of c
-- @case named-argument expect=refused
select make_interval(days => 1)
-- @case sort-by-operator expect=refused
select id from people order by id using <
