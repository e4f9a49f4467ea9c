-- Attempts to write through a source that is read-only, for Oracle (property A6). Data, not a script: no Oracle server
-- could be had, so the test server/src/engines/oracle/bypass.test.ts holds the classifier to each block, and the engine to
-- sending nothing of what is no read.
--
-- A block begins with `-- @case <name> expect=<read|write|refused>`: what the classifier must call it. `read` means that it
-- may be sent, where the read-only transaction or the rule against DML in queries (ORA-14551) has to stop it.
-- `envelope=escapes` marks statements that, by Oracle's documentation, would get out of the read-only transaction if the
-- classifier let them through: on those the classifier is the boundary.

-- @case insert expect=write
INSERT INTO items(v) VALUES ('x')
-- @case insert-select expect=write
INSERT INTO items(v) SELECT v FROM items
-- @case insert-all expect=refused
INSERT ALL INTO items(v) VALUES ('x') INTO items(v) VALUES ('y') SELECT 1 FROM DUAL
-- @case insert-returning expect=refused
INSERT INTO items(v) VALUES ('x') RETURNING id INTO :1
-- @case update expect=write
UPDATE items SET v = 'x'
-- @case update-columns expect=write
UPDATE items SET (v) = (SELECT 'x' FROM DUAL)
-- @case delete expect=write
DELETE FROM items
-- @case delete-short expect=write
DELETE items WHERE id = 1
-- @case merge expect=write
MERGE INTO items i USING items j ON (i.id = j.id) WHEN MATCHED THEN UPDATE SET v = 'x'
-- @case truncate expect=write envelope=escapes
TRUNCATE TABLE items
-- @case truncate-cluster expect=refused envelope=escapes
TRUNCATE CLUSTER c
-- @case for-update expect=write
SELECT * FROM items FOR UPDATE
-- @case for-update-of expect=write
SELECT * FROM items FOR UPDATE OF v NOWAIT
-- @case for-update-skip expect=refused
SELECT * FROM items FOR UPDATE SKIP LOCKED WAIT 5
-- @case nextval expect=write envelope=escapes
SELECT counter.NEXTVAL FROM DUAL
-- @case nextval-quoted expect=write envelope=escapes
SELECT "COUNTER"."NEXTVAL" FROM DUAL
-- @case nextval-spaced expect=write envelope=escapes
SELECT counter . /* */ NextVal FROM DUAL
-- @case second-statement expect=refused
SELECT 1 FROM DUAL; DELETE FROM items
-- @case second-after-comment expect=refused
SELECT 1 FROM DUAL /* ; */ ; DROP TABLE items
-- @case two-semicolons expect=refused
SELECT 1 FROM DUAL;;
-- @case leading-comment expect=write
/* SELECT */ DELETE FROM items
-- @case leading-line-comment expect=write
-- SELECT 1 FROM DUAL
DELETE FROM items
-- @case carriage-return-comment expect=refused
SELECT 1 FROM DUAL -- x
DELETE FROM items
-- @case comment-never-closed expect=refused
SELECT 1 FROM DUAL /* DELETE FROM items
-- @case string-never-closed expect=refused
SELECT 'x FROM DUAL
-- @case quoted-never-closed expect=refused
SELECT "x FROM DUAL
-- @case q-string-hides expect=refused
SELECT q'[a]' FROM DUAL; DELETE FROM items WHERE v = q'[]'
-- @case q-string-other-end expect=refused
SELECT q'!a'b!' FROM DUAL; DELETE FROM items
-- @case q-string-fine expect=read
SELECT q'[; DELETE FROM items]' FROM DUAL
-- @case nq-string-fine expect=read
SELECT nq'(; DELETE FROM items)' FROM DUAL
-- @case backslash-is-plain expect=refused
SELECT 'a\' FROM DUAL; DELETE FROM items WHERE v = '\'
-- @case doubled-quote expect=read
SELECT 'it''s; DELETE FROM items' FROM DUAL
-- @case block expect=refused envelope=escapes
BEGIN DELETE FROM items; COMMIT; END;
-- @case block-slash expect=refused
BEGIN NULL; END;
/
-- @case declare expect=refused envelope=escapes
DECLARE PRAGMA AUTONOMOUS_TRANSACTION; BEGIN DELETE FROM items; COMMIT; END;
-- @case labelled-block expect=refused
<<here>> BEGIN NULL; END;
-- @case call expect=refused
CALL write_all()
-- @case exec expect=refused
EXEC write_all
-- @case execute expect=refused
EXECUTE write_all
-- @case execute-immediate expect=refused
EXECUTE IMMEDIATE 'DELETE FROM items'
-- @case with-function expect=refused envelope=escapes
WITH FUNCTION f RETURN NUMBER IS PRAGMA AUTONOMOUS_TRANSACTION; BEGIN DELETE FROM items; COMMIT; RETURN 1; END; SELECT f FROM DUAL
-- @case with-procedure expect=refused
WITH PROCEDURE p IS BEGIN NULL; END; FUNCTION f RETURN NUMBER IS BEGIN p; RETURN 1; END; SELECT f() FROM DUAL
-- @case commit expect=refused envelope=escapes
COMMIT
-- @case commit-work expect=refused envelope=escapes
COMMIT WORK WRITE BATCH
-- @case rollback expect=refused envelope=escapes
ROLLBACK
-- @case savepoint expect=refused
SAVEPOINT a
-- @case set-transaction expect=refused
SET TRANSACTION READ WRITE
-- @case set-role expect=refused
SET ROLE ALL
-- @case set-constraints expect=refused
SET CONSTRAINTS ALL DEFERRED
-- @case alter-session expect=refused
ALTER SESSION SET CURRENT_SCHEMA = other
-- @case alter-session-dml expect=refused
ALTER SESSION ENABLE PARALLEL DML
-- @case alter-system expect=refused envelope=escapes
ALTER SYSTEM FLUSH SHARED_POOL
-- @case alter-system-kill expect=refused envelope=escapes
ALTER SYSTEM KILL SESSION '1,2'
-- @case alter-user expect=refused envelope=escapes
ALTER USER scott IDENTIFIED BY x
-- @case alter-database expect=refused
ALTER DATABASE OPEN
-- @case alter-pluggable expect=refused
ALTER PLUGGABLE DATABASE ALL CLOSE
-- @case alter-table expect=write envelope=escapes
ALTER TABLE items DROP COLUMN v
-- @case alter-index expect=refused envelope=escapes
ALTER INDEX i REBUILD
-- @case create-table expect=write envelope=escapes
CREATE TABLE made (id NUMBER)
-- @case create-table-select expect=write envelope=escapes
CREATE TABLE made AS SELECT * FROM items
-- @case create-external-table expect=refused envelope=escapes
CREATE TABLE made (id NUMBER) ORGANIZATION EXTERNAL (TYPE ORACLE_LOADER DEFAULT DIRECTORY d LOCATION ('x'))
-- @case inline-external-table expect=refused envelope=escapes
SELECT * FROM EXTERNAL ((id NUMBER) TYPE ORACLE_LOADER DEFAULT DIRECTORY d ACCESS PARAMETERS (PREPROCESSOR d:'run.sh') LOCATION ('x'))
-- @case create-view expect=write envelope=escapes
CREATE OR REPLACE VIEW calls AS SELECT 1 AS n FROM DUAL
-- @case create-index expect=write envelope=escapes
CREATE INDEX made ON items (v)
-- @case create-sequence expect=write envelope=escapes
CREATE SEQUENCE made
-- @case create-user expect=refused envelope=escapes
CREATE USER made IDENTIFIED BY x
-- @case create-role expect=refused envelope=escapes
CREATE ROLE made
-- @case create-procedure expect=refused envelope=escapes
CREATE PROCEDURE made AS BEGIN NULL; END;
-- @case create-or-replace-function expect=refused envelope=escapes
CREATE OR REPLACE FUNCTION made RETURN NUMBER AS BEGIN RETURN 1; END;
-- @case create-or-replace-function-bare expect=refused envelope=escapes
CREATE OR REPLACE FUNCTION made RETURN NUMBER AS LANGUAGE C LIBRARY l
-- @case create-trigger expect=refused envelope=escapes
CREATE TRIGGER made BEFORE INSERT ON items BEGIN NULL; END;
-- @case create-type expect=refused envelope=escapes
CREATE TYPE made AS OBJECT (a NUMBER)
-- @case create-java expect=refused envelope=escapes
CREATE JAVA SOURCE NAMED x AS public class X {}
-- @case create-library expect=refused envelope=escapes
CREATE LIBRARY made AS '/x.so'
-- @case create-directory expect=refused envelope=escapes
CREATE DIRECTORY made AS '/'
-- @case create-link expect=refused envelope=escapes
CREATE DATABASE LINK made CONNECT TO x IDENTIFIED BY y USING 'z'
-- @case create-context expect=refused envelope=escapes
CREATE CONTEXT made USING x
-- @case drop-table expect=write envelope=escapes
DROP TABLE items PURGE
-- @case drop-user expect=refused envelope=escapes
DROP USER scott CASCADE
-- @case drop-package expect=refused envelope=escapes
DROP PACKAGE p
-- @case grant expect=refused envelope=escapes
GRANT DBA TO scott
-- @case revoke expect=refused envelope=escapes
REVOKE ALL ON items FROM PUBLIC
-- @case rename expect=refused envelope=escapes
RENAME items TO made
-- @case comment expect=write envelope=escapes
COMMENT ON TABLE items IS 'x'
-- @case purge expect=refused envelope=escapes
PURGE RECYCLEBIN
-- @case flashback-table expect=refused envelope=escapes
FLASHBACK TABLE items TO BEFORE DROP
-- @case analyze expect=refused envelope=escapes
ANALYZE TABLE items DELETE STATISTICS
-- @case audit expect=refused
AUDIT ALL
-- @case associate-statistics expect=refused
ASSOCIATE STATISTICS WITH FUNCTIONS f DEFAULT COST (1, 2, 3)
-- @case lock-table expect=refused
LOCK TABLE items IN EXCLUSIVE MODE
-- @case explain-plan expect=refused
EXPLAIN PLAN FOR SELECT * FROM items
-- @case explain-plan-into expect=refused
EXPLAIN PLAN INTO items FOR SELECT 1 FROM DUAL
-- @case administer expect=refused
ADMINISTER KEY MANAGEMENT SET KEYSTORE OPEN IDENTIFIED BY x
-- @case shutdown expect=refused
SHUTDOWN IMMEDIATE
-- @case select-into expect=refused
SELECT v INTO items FROM items
-- @case select-into-bind expect=refused
SELECT v INTO :x FROM items
-- @case database-link expect=refused envelope=escapes
SELECT * FROM items@elsewhere
-- @case database-link-function expect=refused envelope=escapes
SELECT write_it@elsewhere(1) FROM DUAL
-- @case database-link-spaced expect=refused envelope=escapes
SELECT * FROM items /* */ @ elsewhere
-- @case own-function expect=read
SELECT write_it() FROM DUAL
-- @case own-function-bare expect=read
SELECT write_it FROM DUAL
-- @case table-function expect=read
SELECT * FROM TABLE(write_all_rows())
-- @case utl-http expect=refused envelope=escapes
SELECT UTL_HTTP.REQUEST('http://example.test/') FROM DUAL
-- @case utl-http-owner expect=refused envelope=escapes
SELECT SYS.UTL_HTTP.REQUEST('http://example.test/') FROM DUAL
-- @case utl-http-quoted expect=refused envelope=escapes
SELECT "SYS"."UTL_HTTP"."REQUEST"('http://example.test/') FROM DUAL
-- @case utl-inaddr-bare expect=refused envelope=escapes
SELECT utl_inaddr.get_host_name FROM DUAL
-- @case utl-file expect=refused envelope=escapes
SELECT UTL_FILE.FOPEN('D', 'x', 'w') FROM DUAL
-- @case httpuritype expect=refused envelope=escapes
SELECT HTTPURITYPE('http://example.test/').GETCLOB() FROM DUAL
-- @case dburitype expect=refused envelope=escapes
SELECT sys . DBUriType('/SCOTT/ITEMS') FROM DUAL
-- @case bfilename expect=refused envelope=escapes
SELECT BFILENAME('D', 'x') FROM DUAL
-- @case dbms-xmlgen expect=refused
SELECT DBMS_XMLGEN.GETXML('SELECT write_it() FROM DUAL') FROM DUAL
-- @case dbms-xmlquery expect=refused envelope=escapes
SELECT DBMS_XMLQUERY.GETXML('declare pragma autonomous_transaction; begin null; end;') FROM DUAL
-- @case dbms-sql expect=refused
SELECT DBMS_SQL.OPEN_CURSOR FROM DUAL
-- @case dbms-sql-commented expect=refused
SELECT DBMS_SQL /* x */ . /* y */ OPEN_CURSOR FROM DUAL
-- @case dbms-lock expect=refused envelope=escapes
SELECT DBMS_LOCK.REQUEST(1) FROM DUAL
-- @case dbms-pipe expect=refused envelope=escapes
SELECT DBMS_PIPE.SEND_MESSAGE('x') FROM DUAL
-- @case dbms-ldap expect=refused envelope=escapes
SELECT DBMS_LDAP.INIT('example.test', 80) FROM DUAL
-- @case dbms-scheduler expect=refused
SELECT DBMS_SCHEDULER.GENERATE_JOB_NAME FROM DUAL
-- @case dbms-java expect=refused envelope=escapes
SELECT DBMS_JAVA.RUNJAVA('X') FROM DUAL
-- @case dbms-metadata expect=refused
SELECT DBMS_METADATA.GET_DDL('TABLE', 'ITEMS') FROM DUAL
-- @case dbms-xslprocessor expect=refused envelope=escapes
SELECT DBMS_XSLPROCESSOR.READ2CLOB('D', 'x') FROM DUAL
-- @case dbms-advisor expect=refused envelope=escapes
SELECT DBMS_ADVISOR.CREATE_FILE('x', 'D', 'y') FROM DUAL
-- @case dbms-in-where expect=refused envelope=escapes
SELECT 1 FROM items WHERE DBMS_LOCK.REQUEST(id) = 0
-- @case dbms-in-model expect=refused
SELECT v FROM items MODEL DIMENSION BY (id) MEASURES (v) RULES (v[1] = DBMS_LOCK.REQUEST(1))
-- @case dbms-in-keep expect=refused envelope=escapes
SELECT SUM(id) KEEP (DENSE_RANK FIRST ORDER BY DBMS_LOCK.REQUEST(1)) FROM items
-- @case query-in-keep expect=refused
SELECT SUM(id) KEEP (DENSE_RANK FIRST ORDER BY (SELECT 1 FROM hidden)) FROM items
-- @case ctx-drithsx expect=refused envelope=escapes
SELECT CTXSYS.DRITHSX.SN(1, (SELECT 'x' FROM DUAL)) FROM DUAL
-- @case kupp expect=refused
SELECT SYS.KUPP$PROC.CREATE_MASTER_PROCESS('x') FROM DUAL
-- @case harmless-packages expect=read
SELECT DBMS_LOB.GETLENGTH(v), DBMS_RANDOM.VALUE, UTL_RAW.CAST_TO_RAW('x') FROM items
-- @case write-to-dictionary expect=refused
INSERT INTO SYS.USER$ SELECT * FROM SYS.USER$
-- @case write-to-dictionary-quoted expect=refused
UPDATE "SYS"."USER$" SET password = 'x'
-- @case write-calls-package expect=refused
INSERT INTO items(v) VALUES (UTL_HTTP.REQUEST('http://example.test/'))
-- @case insert-from-query-of-write expect=refused
SELECT * FROM (DELETE FROM items)
-- @case final-table expect=refused
SELECT * FROM FINAL TABLE (INSERT INTO items(v) VALUES ('x'))
-- @case cursor-expression expect=refused
SELECT CURSOR(SELECT write_it() FROM DUAL) FROM DUAL
-- @case full-width expect=refused
ＤＥＬＥＴＥ FROM items
-- @case odd-space expect=refused
SELECT 1 FROM DUAL
-- @case zero-width expect=refused
DEL​ETE FROM items
-- @case substitution expect=refused
SELECT &x FROM DUAL
-- @case slash-only expect=refused
/
-- @case nothing expect=refused
-- just a comment
-- @case plain-read expect=read
SELECT v FROM items WHERE id = :1 AND ROWNUM <= 5
-- @case read-hint expect=read
SELECT /*+ PARALLEL(4) */ v FROM items
-- @case read-outer-join expect=read
SELECT a.v FROM items a, items b WHERE a.id = b.id(+)
-- @case read-hierarchy expect=read
SELECT LEVEL FROM items START WITH id = 1 CONNECT BY NOCYCLE PRIOR id = id
-- @case read-partition expect=read
SELECT v FROM items PARTITION (p1)

-- The parser takes a bare END for the end of the text; to the server it is a name.
-- @case bare-end-statement expect=refused
SELECT * FROM items END DELETE FROM items
-- @case bare-end-words expect=refused
SELECT 1 FROM items END nonsense
-- @case read-case expect=read
SELECT CASE WHEN id = 1 THEN CASE v WHEN 'a' THEN 1 END ELSE 2 END AS n FROM items
