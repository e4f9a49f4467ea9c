-- Attempts to write through a source that is read-only, for MySQL and MariaDB (property A6). Data, not a script: the test
-- server/src/engines/mysql/bypass.test.ts sends each block on its own, as a login that may write, and then looks whether
-- anything changed.
--
-- A block begins with `-- @case <name> expect=<read|write|refused>`: what the classifier must call it. `read` means that it
-- may be sent to the server, where the read-only session has to stop it. `envelope=escapes` marks statements that would get
-- out of the read-only session if the classifier let them through: on those the classifier is the boundary. `{file}` stands
-- for a path that the server could write to.

-- @case insert expect=write
INSERT INTO items(v) VALUES ('x')
-- @case insert-set expect=write
INSERT INTO items SET v='x'
-- @case insert-select expect=write
INSERT INTO items(v) SELECT v FROM items
-- @case insert-ignore expect=write
INSERT IGNORE INTO items(v) VALUES ('x')
-- @case insert-on-duplicate expect=write
INSERT INTO items(id, v) VALUES (1, 'x') ON DUPLICATE KEY UPDATE v = 'x'
-- @case insert-returning expect=write
INSERT INTO items(v) VALUES ('x') RETURNING id
-- @case replace expect=write
REPLACE INTO items(id, v) VALUES (1, 'x')
-- @case update expect=write
UPDATE items SET v = 'x'
-- @case update-join expect=write
UPDATE items i JOIN items j ON i.id = j.id SET i.v = 'x'
-- @case delete expect=write
DELETE FROM items
-- @case delete-join expect=write
DELETE i FROM items i JOIN items j ON i.id = j.id
-- @case delete-returning expect=write
DELETE FROM items RETURNING id
-- @case with-update expect=write
WITH a AS (SELECT 1) UPDATE items SET v = 'x'
-- @case with-delete expect=write
WITH a AS (SELECT 1 AS n) DELETE FROM items WHERE id IN (SELECT n FROM a)
-- @case truncate expect=write
TRUNCATE TABLE items
-- @case other-storage-engine expect=write
INSERT INTO items_myisam VALUES (9)
-- @case for-update expect=write
SELECT * FROM items FOR UPDATE
-- @case for-update-nested expect=write
SELECT * FROM (SELECT * FROM items FOR UPDATE) AS t
-- @case for-share expect=write
SELECT * FROM items LOCK IN SHARE MODE
-- @case create-table expect=write
CREATE TABLE made (id int)
-- @case create-table-select expect=write
CREATE TABLE made AS SELECT * FROM items
-- @case create-temporary-table expect=write
CREATE TEMPORARY TABLE made (id int)
-- @case create-view expect=write
CREATE VIEW made AS SELECT 1
-- @case create-or-replace-view expect=write
CREATE OR REPLACE VIEW calls AS SELECT 1
-- @case create-index expect=write
CREATE INDEX made ON items (v)
-- @case create-database expect=write
CREATE DATABASE made_by_bypass
-- @case alter-table expect=write
ALTER TABLE items ADD COLUMN made int
-- @case rename-table expect=write
RENAME TABLE items TO made
-- @case drop-table expect=write
DROP TABLE items
-- @case drop-view expect=write
DROP VIEW calls
-- @case drop-database expect=write
DROP DATABASE made_by_bypass
-- @case nextval expect=write
SELECT NEXTVAL(counter)
-- @case setval expect=write
SELECT SETVAL(counter, 100)
-- @case next-value-for expect=refused
SELECT NEXT VALUE FOR counter
-- @case nextval-quoted expect=write
SELECT `nextval`(counter)
-- @case stored-function-that-writes expect=read
SELECT write_it()
-- @case stored-function-qualified expect=read
SELECT write_it() FROM items WHERE id = 1
-- @case stored-function-in-where expect=read
SELECT 1 FROM items WHERE write_it() = 1
-- @case view-over-writing-function expect=read
SELECT * FROM calls
-- @case stored-function-that-lifts-the-session expect=read
SELECT unlock_it()
-- @case writing-after-the-session-was-lifted expect=read
SELECT write_it(), 2
-- @case stored-function-that-changes-parsing expect=read
SELECT reparse_it()
-- @case quoted-text-after-parsing-changed expect=read
SELECT "a", 'b\', write_it(), \''
-- @case explain-insert expect=write
EXPLAIN INSERT INTO items(v) VALUES ('x')
-- @case analyze-update expect=write
ANALYZE UPDATE items SET v = 'x'
-- @case analyze-format-delete expect=write
ANALYZE FORMAT=JSON DELETE FROM items
-- @case explain-analyze-call expect=refused
EXPLAIN ANALYZE CALL write_all()
-- @case second-statement expect=refused
SELECT 1; INSERT INTO items(v) VALUES ('x')
-- @case second-statement-after-commit expect=refused
SELECT 1; COMMIT; INSERT INTO items(v) VALUES ('x')
-- @case second-statement-behind-comment expect=refused
SELECT 1 -- one
; DELETE FROM items
-- @case second-statement-behind-hash expect=refused
SELECT 1 # one
; DELETE FROM items
-- @case leading-comment expect=write
/* SELECT 1 */ INSERT INTO items(v) VALUES ('x')
-- @case leading-line-comment expect=write
-- SELECT
INSERT INTO items(v) VALUES ('x')
-- @case executable-comment expect=refused envelope=escapes
SELECT 1 /*! INTO OUTFILE '{file}-1' */
-- @case executable-comment-with-version expect=refused
/*!50000 INSERT INTO items(v) VALUES ('x') */
-- @case executable-comment-mariadb expect=refused
/*M!100000 INSERT INTO items(v) VALUES ('x') */
-- @case executable-comment-splits-word expect=refused
SELECT 1; /*!DELETE*/ FROM items
-- @case executable-comment-in-comment expect=refused
/* outer /*!DELETE FROM items */
-- @case unclosed-comment expect=refused
SELECT 1 /* open
-- @case unclosed-quote expect=refused
SELECT 'a
-- @case backslash-quote expect=refused
SELECT '\'; DELETE FROM items; -- '; DELETE FROM items
-- @case doubled-quote expect=refused
SELECT ''''; DELETE FROM items
-- @case double-dash-without-space expect=refused
SELECT 5--1; DELETE FROM items
-- @case compound-statement expect=refused envelope=escapes
BEGIN NOT ATOMIC START TRANSACTION READ WRITE; INSERT INTO items(v) VALUES ('x'); COMMIT; END
-- @case compound-statement-commit expect=refused
BEGIN NOT ATOMIC COMMIT; INSERT INTO items(v) VALUES ('x'); END
-- @case compound-if expect=refused
IF 1 THEN INSERT INTO items(v) VALUES ('x'); END IF
-- @case begin expect=refused
BEGIN
-- @case start-transaction expect=refused
START TRANSACTION READ WRITE
-- @case commit expect=refused
COMMIT
-- @case commit-and-chain expect=refused
COMMIT AND CHAIN
-- @case rollback expect=refused
ROLLBACK
-- @case savepoint expect=refused
SAVEPOINT a
-- @case xa expect=refused
XA START 'a'
-- @case set-transaction expect=refused
SET TRANSACTION READ WRITE
-- @case set-session-transaction expect=refused
SET SESSION TRANSACTION READ WRITE
-- @case set-variable expect=refused
SET SESSION tx_read_only = 0
-- @case set-several expect=refused
SET @a = 1, SESSION sql_mode = 'NO_BACKSLASH_ESCAPES'
-- @case set-statement expect=refused envelope=escapes
SET STATEMENT tx_read_only = 0 FOR INSERT INTO items(v) VALUES ('x')
-- @case set-statement-timeout expect=refused
SET STATEMENT max_statement_time = 0 FOR SELECT SLEEP(0)
-- @case set-names expect=refused
SET NAMES gbk
-- @case set-password expect=refused
SET PASSWORD = PASSWORD('x')
-- @case hint-set-var expect=refused
SELECT /*+ SET_VAR(sql_mode = 'NO_BACKSLASH_ESCAPES') */ 1
-- @case hint-time-limit expect=refused
SELECT /*+ MAX_EXECUTION_TIME(0) */ 1
-- @case call expect=refused
CALL write_all()
-- @case do expect=refused
DO write_it()
-- @case prepare expect=refused
PREPARE p FROM 'DELETE FROM items'
-- @case execute expect=refused
EXECUTE p
-- @case execute-immediate expect=refused
EXECUTE IMMEDIATE 'DELETE FROM items'
-- @case execute-immediate-commit expect=refused
EXECUTE IMMEDIATE 'SET SESSION tx_read_only = 0'
-- @case deallocate expect=refused
DEALLOCATE PREPARE p
-- @case handler-open expect=refused
HANDLER items OPEN
-- @case load-data expect=refused
LOAD DATA INFILE '/etc/passwd' INTO TABLE items(v)
-- @case load-data-local expect=refused
LOAD DATA LOCAL INFILE '/etc/passwd' INTO TABLE items(v)
-- @case load-xml expect=refused
LOAD XML INFILE '/tmp/x' INTO TABLE items
-- @case into-outfile expect=refused envelope=escapes
SELECT * FROM items INTO OUTFILE '{file}-2'
-- @case into-outfile-early expect=refused envelope=escapes
SELECT * INTO OUTFILE '{file}-3' FROM items
-- @case into-dumpfile expect=refused envelope=escapes
SELECT v FROM items LIMIT 1 INTO DUMPFILE '{file}-4'
-- @case into-variable expect=refused
SELECT id INTO @a FROM items LIMIT 1
-- @case into-variable-union expect=refused
SELECT 1 UNION SELECT 2 INTO @a
-- @case load-file expect=refused
SELECT LOAD_FILE('/etc/passwd')
-- @case get-lock expect=refused
SELECT GET_LOCK('a', 1)
-- @case get-lock-quoted expect=refused
SELECT `GET_LOCK`('a', 1)
-- @case get-lock-spaced expect=refused
SELECT GET_LOCK /* here */ ('a', 1)
-- @case get-lock-in-show expect=refused
SHOW TABLES WHERE GET_LOCK('a', 1)
-- @case select-in-show expect=refused
SHOW TABLES WHERE (SELECT write_it()) = 1
-- @case release-all-locks expect=refused
SELECT RELEASE_ALL_LOCKS()
-- @case benchmark expect=refused
SELECT BENCHMARK(1000000000, MD5('a'))
-- @case udf-shell expect=refused
SELECT sys_exec('touch {file}-5')
-- @case spider expect=refused
SELECT SPIDER_DIRECT_SQL('DELETE FROM items', '', 'host "127.0.0.1"')
-- @case lock-tables expect=refused
LOCK TABLES items WRITE
-- @case unlock-tables expect=refused
UNLOCK TABLES
-- @case flush expect=refused
FLUSH TABLES
-- @case flush-with-lock expect=refused
FLUSH TABLES WITH READ LOCK
-- @case reset expect=refused
RESET QUERY CACHE
-- @case kill expect=refused
KILL QUERY 1
-- @case shutdown expect=refused
SHUTDOWN
-- @case purge expect=refused
PURGE BINARY LOGS BEFORE NOW()
-- @case change-master expect=refused
CHANGE MASTER TO MASTER_HOST = '127.0.0.1'
-- @case install-plugin expect=refused
INSTALL SONAME 'ha_federatedx'
-- @case create-user expect=refused
CREATE USER made IDENTIFIED BY 'x'
-- @case alter-user expect=refused
ALTER USER root@localhost IDENTIFIED BY 'x'
-- @case drop-user expect=refused
DROP USER made
-- @case create-role expect=refused
CREATE ROLE made
-- @case set-role expect=refused
SET ROLE ALL
-- @case grant expect=refused
GRANT ALL ON *.* TO made
-- @case revoke expect=refused
REVOKE ALL ON *.* FROM made
-- @case create-server expect=refused
CREATE SERVER made FOREIGN DATA WRAPPER mysql OPTIONS (HOST '127.0.0.1')
-- @case create-function expect=refused
CREATE FUNCTION made() RETURNS int RETURN 1
-- @case create-udf expect=refused
CREATE FUNCTION sys_exec RETURNS int SONAME 'udf.so'
-- @case create-procedure expect=refused
CREATE PROCEDURE made() DELETE FROM items
-- @case create-trigger expect=refused
CREATE TRIGGER made BEFORE INSERT ON items FOR EACH ROW SET NEW.v = 'x'
-- @case create-event expect=refused
CREATE EVENT made ON SCHEDULE EVERY 1 SECOND DO DELETE FROM items
-- @case write-to-user-table expect=refused
UPDATE mysql.global_priv SET Priv = '{}'
-- @case write-to-user-table-quoted expect=refused
INSERT INTO `mysql`.`db` (Host, Db, User) VALUES ('%', '%', 'x')
-- @case drop-server-schema expect=refused
DROP DATABASE IF EXISTS `mysql`
-- @case federated-table expect=refused
CREATE TABLE made (id int) ENGINE=FEDERATED CONNECTION='mysql://root@127.0.0.1/mysql/user'
-- @case connect-table expect=refused
CREATE TABLE made (id int) ENGINE=CONNECT TABLE_TYPE=CSV FILE_NAME='/etc/passwd'
-- @case data-directory expect=refused
CREATE TABLE made (id int) DATA DIRECTORY='/tmp'
-- @case alter-to-federated expect=refused
ALTER TABLE items ENGINE='FEDERATED' CONNECTION='mysql://root@127.0.0.1/mysql/user'
-- @case definer-view expect=refused
CREATE DEFINER=root@localhost SQL SECURITY DEFINER VIEW made AS SELECT 1
-- @case analyze-table expect=refused
ANALYZE TABLE items
-- @case optimize-table expect=refused
OPTIMIZE TABLE items
-- @case repair-table expect=refused
REPAIR TABLE items_myisam
-- @case checksum-table expect=refused
CHECKSUM TABLE items
-- @case cache-index expect=refused
CACHE INDEX items_myisam IN other
-- @case use expect=refused
USE mysql
-- @case signal expect=refused
SIGNAL SQLSTATE '45000'
-- @case help expect=refused
HELP 'x'
-- @case binlog expect=refused
BINLOG 'x'
-- @case delimiter expect=refused
DELIMITER //
-- @case system-versioning-drop expect=write
DELETE HISTORY FROM items
-- @case backup expect=refused
BACKUP STAGE START
-- @case empty expect=refused
;
-- @case only-comment expect=refused
/* nothing */

-- The parser takes a bare END for the end of the text; to the server it is a name.
-- @case bare-end-statement expect=refused
SELECT * FROM items END DELETE FROM items
-- @case bare-end-write expect=refused
INSERT INTO items(v) VALUES ('x') END DELETE FROM items
-- @case bare-end-words expect=refused
SELECT 1 END nonsense FROM items
