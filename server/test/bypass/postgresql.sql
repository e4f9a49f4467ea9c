-- Attempts to write through a source that one may only read. Data for tests; never run it by hand.
-- A block begins with a line `-- @<verdict> [envelope=escapes] <name>`; its text goes to the next such line.
-- verdict: what the classifier must answer. Every block also runs without the classifier, in the read-only envelope,
-- as a login that may write: nothing may change. `envelope=escapes` marks what the envelope alone cannot hold (another
-- connection, files, two-phase commit, and maintenance, which PostgreSQL does not count as writing); only the
-- classifier and the login's privileges stop those, so they are not run.

-- @refused second statement
select 1; insert into prey values (99, 'x')
-- @refused commit first
commit; insert into prey values (99, 'x')
-- @refused commit alone
commit
-- @refused rollback alone
rollback
-- @refused end alone
end
-- @refused abort alone
abort
-- @refused commit and chain
commit and chain
-- @refused begin
begin
-- @refused begin read write
begin read write
-- @refused start transaction
start transaction read write
-- @refused savepoint
savepoint s
-- @refused envelope=escapes prepare transaction (changes nothing, but stays behind)
prepare transaction 'x'
-- @refused set transaction read write
set transaction read write
-- @refused set session characteristics
set session characteristics as transaction read write
-- @refused set transaction_read_only
set transaction_read_only = off
-- @refused set local
set local transaction_read_only = off
-- @refused set default
set default_transaction_read_only = off
-- @refused reset all
reset all
-- @refused set role
set role postgres
-- @refused set session authorization
set session authorization postgres
-- @write leading line comment and empty statement
-- harmless
; delete from prey
-- @write leading block comment
/* select 1 */ delete from prey
-- @write nested block comment
/* a /* b */ select */ delete from prey
-- @write writing CTE
with gone as (delete from prey returning *) select * from gone
-- @write writing CTE that inserts
with added as (insert into prey values (99, 'x') returning id) select id from added
-- @write writing CTE below a select
select * from (with gone as (update prey set name = 'x' returning *) select * from gone) x
-- @write insert
insert into prey values (99, 'x')
-- @write insert default values
insert into prey default values
-- @write insert on conflict
insert into prey values (1, 'x') on conflict (id) do update set name = 'x'
-- @write update
update prey set name = 'x'
-- @write delete
delete from prey
-- @write merge
merge into prey p using (select 1 as id) s on p.id = s.id when matched then delete
-- @write truncate
truncate prey
-- @write select into
select * into stolen from prey
-- @write select into temporary
select * into temp stolen from prey
-- @write create table as
create table stolen as select * from prey
-- @write create temporary table
create temp table stolen as select * from prey
-- @write create table
create table stolen (id int)
-- @write create unlogged table
create unlogged table stolen (id int)
-- @write create view
create view stolen as select * from prey
-- @write materialized view
create materialized view stolen as select * from prey
-- @write refresh materialized view
refresh materialized view prey_copy
-- @write drop table
drop table prey
-- @write drop several
drop table if exists prey, prey_copy cascade
-- @write alter table
alter table prey add column x int
-- @write alter table rename
alter table prey rename to lost
-- @refused alter owner
alter table prey owner to postgres
-- @write create index
create index on prey (name)
-- @write comment on
comment on table prey is 'x'
-- @write create function
create function evil() returns int language sql as 'delete from prey returning 1'
-- @refused function in an untrusted language
create function evil() returns int language c as '/bin/sh', 'x'
-- @write create trigger
create trigger evil before insert on prey for each row execute function writer_trigger()
-- @write create rule
create rule evil as on select to prey_view do instead select 1
-- @refused rule that notifies
create rule evil as on insert to prey do also notify x
-- @write create sequence
create sequence stolen
-- @write nextval
select nextval('counter')
-- @write setval
select setval('counter', 1000)
-- @write select for update
select * from prey for update
-- @write select for share
select * from prey for share skip locked
-- @write explain analyze write
explain analyze insert into prey values (99, 'x')
-- @write explain analyze in options
explain (costs off, analyze) delete from prey
-- @write explain analyze switched off counts as on
explain (analyze off) delete from prey
-- @read explain without analyze
explain delete from prey
-- @refused explain execute
explain analyze execute p
-- @refused do block
do $$ begin delete from prey; end $$
-- @refused do block that commits
do $$ begin commit; delete from prey; end $$
-- @refused call
call write_and_commit()
-- @refused execute
execute hg_commit
-- @refused prepare
prepare p as delete from prey
-- @refused deallocate
deallocate all
-- @refused declare cursor
declare c cursor with hold for select * from prey
-- @refused fetch
fetch all from c
-- @refused copy from
copy prey from stdin
-- @refused copy to stdout
copy prey to stdout
-- @refused envelope=escapes copy to file
copy prey to '/tmp/prey'
-- @refused envelope=escapes copy to program
copy prey to program 'sh'
-- @refused envelope=escapes copy from program
copy prey from program 'echo 1'
-- @refused copy of a writing statement
copy (delete from prey returning *) to stdout
-- @refused lock
lock table prey in access exclusive mode
-- @refused listen
listen x
-- @refused notify
notify x, 'y'
-- @refused load
load 'dblink'
-- @refused discard
discard all
-- @refused checkpoint
checkpoint
-- @refused vacuum
vacuum prey
-- @write envelope=escapes analyze
analyze prey
-- @write envelope=escapes reindex
reindex table prey
-- @write envelope=escapes cluster
cluster prey using prey_pkey
-- @refused create role
create role evil superuser password 'x'
-- @refused alter role
alter role current_user password 'x'
-- @refused alter role set
alter role current_user set default_transaction_read_only = off
-- @refused grant
grant all on prey to public
-- @refused revoke
revoke all on prey from public
-- @refused grant role
grant postgres to current_user
-- @refused default privileges
alter default privileges grant all on tables to public
-- @refused reassign owned
reassign owned by current_user to postgres
-- @refused drop owned
drop owned by current_user
-- @refused create database
create database evil
-- @refused drop database
drop database postgres
-- @refused alter database
alter database postgres set default_transaction_read_only = off
-- @refused alter system
alter system set default_transaction_read_only = off
-- @refused create extension
create extension dblink
-- @refused create server
create server s foreign data wrapper postgres_fdw
-- @refused user mapping
create user mapping for current_user server s options (password 'x')
-- @refused import foreign schema
import foreign schema public from server s into public
-- @refused foreign table
create foreign table f (a int) server s
-- @refused publication
create publication p for all tables
-- @refused subscription
create subscription s connection 'host=x' publication p
-- @refused event trigger
create event trigger t on ddl_command_start execute function writer_trigger()
-- @refused tablespace
create tablespace t location '/tmp'
-- @refused security label
security label on table prey is 'x'
-- @refused envelope=escapes dblink
select * from dblink('host=127.0.0.1 dbname=postgres', 'delete from prey returning 1') as t (a int)
-- @refused envelope=escapes dblink_exec
select dblink_exec('host=127.0.0.1', 'delete from prey')
-- @refused envelope=escapes dblink, qualified and quoted
select "public"."dblink_exec"('host=127.0.0.1', 'delete from prey')
-- @refused lo_creat (PostgreSQL 15 and older allow it in a read-only transaction)
select lo_creat(-1)
-- @refused lo_from_bytea
select lo_from_bytea(0, 'x')
-- @refused lo_import
select lo_import('/etc/passwd')
-- @refused pg_catalog.lo_create
select pg_catalog.lo_create(0)
-- @refused set_config role
select set_config('role', 'postgres', true), count(*) from prey
-- @refused set_config read only
select set_config('transaction_read_only', 'off', false)
-- @refused set_config in a sub-select
select * from prey where name = (select set_config('transaction_read_only', 'off', true))
-- @refused query_to_xml
select query_to_xml('delete from prey returning 1', true, true, '')
-- @refused cursor_to_xml
select cursor_to_xml('c', 1, true, true, '')
-- @refused ts_stat
select * from ts_stat('delete from prey returning name::tsvector')
-- @refused advisory lock
select pg_advisory_lock(1)
-- @refused terminate
select pg_terminate_backend(pid) from pg_stat_activity where false
-- @refused cancel
select pg_cancel_backend(0)
-- @refused notify function
select pg_notify('x', 'y')
-- @refused read file
select pg_read_file('/etc/passwd')
-- @refused list folder
select pg_ls_dir('/')
-- @refused reload
select pg_reload_conf()
-- @refused replication slot
select pg_create_physical_replication_slot('x')
-- @refused emit message
select pg_logical_emit_message(true, 'x', 'y')
-- @refused statistics reset
select pg_stat_reset()
-- @read a function that writes
select write_quietly()
-- @read a function of its owner that writes
select write_as_owner()
-- @read a function in a condition
select * from prey where write_quietly() = 1
-- @read a function in an order
select * from prey order by write_quietly()
-- @read a view over a writing function
select * from writing_view
-- @read an aggregate over a writing function
select sum(write_quietly()) from generate_series(1, 3)
-- @read a lateral call
select * from prey, lateral write_quietly() w
-- @read a function that runs text
select run_text('delete from prey returning 1')
-- @read a function that tries to leave
select run_text('set transaction read write')
-- @read a function that sets the mode back
select run_text('set local transaction_read_only = off')
-- @read a function that prepares a set_config
select run_text($q$select set_config('transaction_read_only', 'off', false)$q$)
-- @refused empty
;
-- @refused unbalanced quote
select 'abc
-- @refused not SQL
selec * frm prey
-- @read unicode escapes in an identifier
select * from U&"pr\0065y"
