-- Attempts to see what row and column rules hide, for MySQL and MariaDB (decisions.md 26). Data, not a script: see
-- policy-postgresql.sql for its form and for who reads it. `{db}` stands for the database.
--
--   people   rows: region = 'EU' (ids 1 and 2 of 4); ssn forbidden; salary masked whole; email masked before '@'

-- @case star expect=safe rows=[{"id":1,"region":"EU","name":"Ann","email":"****@example.com","salary":"****","boss":null},{"id":2,"region":"EU","name":"Bea","email":"****@example.com","salary":"****","boss":1}]
select * from people order by id
-- @case qualified-star expect=safe
select people.* from {db}.people
-- @case three-part-column expect=safe rows=[{"id":1},{"id":2}]
select {db}.people.id from {db}.people order by 1
-- @case alias expect=safe rows=[{"n":"2"}]
select count(*) as n from people as p where p.region in ('EU', 'US')
-- @case quoted-name expect=safe rows=[{"n":"2"}]
select count(*) as n from `people`
-- @case unnamed-column-keeps-its-text expect=safe rows=[{"count(*)":"2"}]
select count(*) from people
-- @case leading-comment expect=safe rows=[{"n":"2"}]
/* people */ select count(*) as n # from people
from people
-- @case executable-comment expect=refused-any
select * from people /*!50000 union select ssn, 1, 1, 1, 1, 1 from people */
-- @case mariadb-comment expect=refused-any
select * from people /*M! where 1 */
-- @case optimizer-hint expect=safe rows=[{"n":"2"}]
select /*+ no_merge(people) */ count(*) as n from people
-- @case partition-list expect=refused
select * from events partition (p0)
-- @case index-hint expect=refused
select * from people force index (primary)
-- @case table-command expect=refused-any
table people
-- @case straight-join-modifier expect=refused
select straight_join id from people
-- @case procedure-analyse expect=refused-any
select * from people procedure analyse()
-- @case forbidden-column expect=refused
select ssn from people
-- @case forbidden-upper-case expect=refused
select SSN from people
-- @case forbidden-qualified expect=refused
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
-- @case forbidden-alias-elsewhere expect=safe rows=[{"ssn":1},{"ssn":1}]
select ssn from people, (select 1 as ssn) x
-- @case forbidden-given-as-alias expect=safe-or-error
select people.ssn from people, (select 1 as ssn) x
-- @case masked-in-where expect=safe rows=[]
select id from people where email like '%secretmail%'
-- @case masked-equals-raw expect=safe rows=[]
select id from people where salary = '91234' or salary = 91234
-- @case masked-compared-as-number expect=safe rows=[]
select id from people where salary + 0 > 1
-- @case masked-in-order expect=safe
select id, email from people order by email, salary
-- @case masked-in-group expect=safe rows=[{"salary":"****","n":"2"}]
select salary, count(*) as n from people group by salary
-- @case masked-count-distinct expect=safe rows=[{"n":"1"}]
select count(distinct salary) as n from people
-- @case masked-min-max expect=safe rows=[{"a":"****","b":"****"}]
select min(salary) as a, max(salary) as b from people
-- @case masked-in-functions expect=safe
select upper(email), length(email), substring(salary, 1, 99), hex(email), md5(salary) from people
-- @case masked-join expect=safe rows=[{"n":"4"}]
select count(*) as n from people a join people b on a.salary = b.salary
-- @case masked-join-with-guesses expect=safe rows=[]
select g.v from (select '91234' as v union select '92345') g join people p on p.salary = g.v
-- @case masked-in-subquery expect=safe rows=[]
select 1 as x from orders where '91234' in (select salary from people)
-- @case masked-any expect=safe rows=[{"a":0}]
select '91234' = any (select salary from people) as a
-- @case masked-exists expect=safe rows=[{"e":0}]
select exists (select 1 from people where email like 'ann%') as e
-- @case masked-scalar-subquery expect=safe
select (select email from people limit 1) as e
-- @case masked-cte expect=safe
with c as (select email, salary from people) select * from c where email > 'a'
-- @case masked-cte-column-names expect=safe
with c (a, b) as (select email, salary from people) select c.a, b from c
-- @case masked-recursive-cte expect=safe
with recursive r as (select id, boss, email from people where boss is null union all select p.id, p.boss, p.email from people p join r on p.boss = r.id) select * from r
-- @case masked-union expect=safe
select email from people union select salary from people order by 1
-- @case masked-except expect=safe
select email from people except select 'x'
-- @case masked-intersect expect=safe rows=[]
select salary from people intersect select '91234'
-- @case masked-window expect=safe
select id, first_value(email) over (order by salary desc), dense_rank() over (order by email) from people
-- @case masked-named-window expect=safe
select lag(salary) over w from people window w as (partition by region order by id)
-- @case masked-group-concat expect=safe
select group_concat(distinct email order by salary desc separator '; ') from people
-- @case masked-json expect=safe
select json_arrayagg(json_object('e', email, 's', salary)) from people
-- @case masked-case expect=safe rows=[{"c":0},{"c":0}]
select case when salary > '91' and salary < '93' then 1 else 0 end as c from people
-- @case masked-regexp expect=safe rows=[]
select id from people where email regexp '^(ann|bea)'
-- @case masked-between expect=safe rows=[]
select id from people where salary between '90000' and '99999'
-- @case masked-spaceship expect=safe rows=[]
select id from people where salary <=> '91234'
-- @case masked-row-comparison expect=safe rows=[]
select id from people where (id, salary) in ((1, '91234'))
-- @case masked-interval expect=safe
select date '2024-01-31' + interval 1 day, date_add(date '2024-01-31', interval id month) from people
-- @case generated-from-masked expect=refused
select email_lower from people
-- @case view expect=refused
select * from people_view
-- @case view-of-unruled expect=refused
select * from orders_view
-- @case merge-table expect=refused
select * from merged
-- @case unknown-table expect=refused
select * from no_such_table
-- @case sequence expect=refused
select * from counter
-- @case other-database expect=refused
select * from no_such_database.people
-- @case cte-of-a-ruled-name expect=refused
with people as (select 1 as id) select * from people
-- @case cte-sees-table-not-itself expect=refused
with x as (select * from x) select * from x
-- @case cte-out-of-scope expect=refused
select * from (with q as (select 1 as a) select * from q) s, q
-- @case cte-later-in-list expect=refused
with a as (select * from b), b as (select 1 as id) select * from a
-- @case cte-of-an-unruled-name expect=safe rows=[{"id":7}]
with orders as (select 7 as id) select * from orders
-- @case cte-beside-the-table expect=safe rows=[{"n":"4"}]
with orders as (select 7 as id) select count(*) as n from {db}.orders
-- @case information-schema expect=refused
select * from information_schema.tables
-- @case system-tables expect=refused-any
select * from mysql.user
-- @case statistics expect=refused-any
select * from mysql.column_stats
-- @case performance-schema expect=refused
select * from performance_schema.events_statements_history
-- @case stored-function expect=refused
select leak()
-- @case stored-function-qualified expect=refused
select {db}.leak()
-- @case stored-function-of-a-native-name expect=refused
select {db}.lower('x')
-- @case native-name-with-space expect=safe rows=[{"a":"x"}]
select lower ('X') as a
-- @case user-variable expect=refused
select @a
-- @case assignment expect=refused-any
select @a := ssn from people
-- @case system-variable expect=refused
select @@secure_file_priv
-- @case load-file expect=refused-any
select load_file('/etc/passwd')
-- @case into-outfile expect=refused-any
select * from people into outfile '/tmp/x'
-- @case sleep expect=refused
select sleep(0)
-- @case benchmark expect=refused-any
select benchmark(1, 1)
-- @case extractvalue expect=refused
select extractvalue(1, concat(0x7e, email)) from people
-- @case database expect=refused
select database(), user(), version()
-- @case values-function expect=refused
select values(ssn) from people
-- @case default-function expect=refused
select default(ssn) from people
-- @case match-against expect=refused-any
select id from people where match(name) against ('HIDDEN')
-- @case hex-literal expect=refused
select 0x41
-- @case introducer expect=refused
select _latin1'x'
-- @case adjacent-strings expect=refused
select 'a' 'b'
-- @case escaped-quotes expect=safe rows=[{"a":"it's \" \\"}]
select 'it\'s \" \\' as a
-- @case doubled-quotes expect=safe rows=[{"a":"' from people"}]
select ''' from people' as a
-- @case double-quoted-string expect=safe rows=[{"a":"ssn"}]
select "ssn" as a
-- @case explain expect=refused
explain select * from people where ssn = 'x'
-- @case show expect=refused
show create table people
-- @case describe expect=refused
describe people
-- @case error-overflow expect=safe rows=[{"n":"2"}]
select count(*) as n from people where if(name like 'HIDDEN%', exp(1000), 1) > 0
-- @case error-big-integer expect=safe rows=[{"n":"2"}]
select count(*) as n from people where case when id > 2 then 9223372036854775807 + id else 1 end = 1
-- @case error-in-join expect=safe rows=[{"n":"2"}]
select count(*) as n from people p join orders o on o.person_id = p.id and if(p.name like 'HIDDEN%', exp(1000), 1) = 1
-- @case error-in-subquery expect=safe rows=[{"n":"2"}]
select count(*) as n from (select * from people) s where if(s.id > 2, exp(1000), 1) = 1
-- @case error-in-cte expect=safe rows=[{"n":"2"}]
with c as (select id from people) select count(*) as n from c where if(id > 2, exp(1000), 1) = 1
-- @case error-in-union expect=safe rows=[{"n":"4"}]
select count(*) as n from (select id from people union all select id from people) s where if(id > 2, exp(1000), 1) = 1
-- @case error-subquery-of-two-rows expect=safe rows=[{"n":"2"}]
select count(*) as n from people p where if(p.id > 2, (select 1 union select 2), 1) = 1
-- @case error-in-order expect=safe
select id from people order by if(id > 2, exp(1000), 1)
-- @case or-true expect=safe rows=[{"n":"2"}]
select count(*) as n from people where region = 'EU' or true
-- @case collation-of-the-rule expect=safe rows=[]
select id from people where region = 'us'
-- @case left-join expect=safe rows=[{"n":"4"}]
select count(*) as n from orders o left join people p on p.id = o.person_id
-- @case hidden-through-left-join expect=safe rows=[{"n":"2"}]
select count(p.id) as n from orders o left join people p on p.id = o.person_id
-- @case anti-join expect=safe
select o.id from orders o where not exists (select 1 from people p where p.id = o.person_id)
-- @case natural-join expect=safe
select * from people natural join orders
-- @case nested-join expect=safe rows=[{"n":"2"}]
select count(*) as n from (people p join orders o on o.person_id = p.id)
-- @case limit-with-offset expect=safe rows=[{"id":2}]
select id from people order by id limit 1, 5
-- @case unruled expect=safe rows=[{"n":"4"}]
select count(*) as n from orders
-- @case no-table expect=safe rows=[{"a":1}]
select 1 as a from dual
-- @case insert expect=refused write
insert into orders values (9, 1, 1)
-- @case update expect=refused write
update people set name = name
-- @case create-table-as expect=refused write
create table stolen as select * from people
-- @case create-view expect=refused write
create view stolen as select * from people
-- @case for-update expect=refused write
select * from people for update
-- @case lock-in-share-mode expect=refused write
select * from people lock in share mode
-- @case drop expect=refused write
drop table people
-- @case forbidden-quoted expect=refused
select `ssn` from people
-- @case forbidden-in-parentheses expect=refused
(select ssn from people)
-- @case forbidden-in-scalar-subquery expect=refused
select id from people where (select max(ssn) from people) is null
-- @case forbidden-through-derived-table expect=refused
select x.ssn from (select * from people) x
-- @case forbidden-in-having-without-group expect=refused
select 1 from people having ssn > 'a'
-- @case forbidden-name-as-alias expect=safe rows=[{"ssn":"EU"},{"ssn":"EU"}]
select region as ssn from people having ssn = 'EU'
-- @case forbidden-in-json expect=refused
select json_arrayagg(ssn) from people
-- @case odbc-escape expect=refused-any
select {fn lower('X')}
-- @case name-const expect=refused
select name_const('ssn', 1)
-- @case all-versions expect=refused-any
select * from people for system_time all
-- @case rollup expect=refused
select region, count(*) from people group by region with rollup
-- @case handler expect=refused-any write
handler people open
-- @case spaced-name expect=safe rows=[{"n":"2"}]
select count(*) as n from {db} . people
-- @case name-with-trailing-space expect=refused
select * from `people `
-- @case natural-join-with-itself expect=safe
select a.* from people a natural join people b
-- @case right-join-keeps-the-rule expect=safe rows=[{"n":"2"}]
select count(*) as n from orders o right join people p on p.id = o.person_id
