-- Attempts to write through a source that is read-only, for SQL Server (property A6). Data, not a script: the test
-- server/src/engines/sqlserver/bypass.test.ts classifies each block on its own, and hands it to the engine as a read.
--
-- A block begins with `-- @case <name> expect=<read|write|refused>`: what the classifier must call it. `read` means that it
-- may be sent to the server, in a transaction that is rolled back. `envelope=escapes` marks statements that such a
-- transaction would not take back if the classifier let them through: on those the classifier is the boundary.

-- @case insert expect=write
INSERT INTO items (v) VALUES ('x')
-- @case insert-without-into expect=write
INSERT items (v) VALUES ('x')
-- @case insert-select expect=write
INSERT INTO items (v) SELECT v FROM items
-- @case insert-default expect=write
INSERT INTO items DEFAULT VALUES
-- @case insert-output expect=write
INSERT INTO items (v) OUTPUT inserted.id VALUES ('x')
-- @case insert-top expect=write
INSERT TOP (5) INTO items (v) SELECT v FROM items
-- @case insert-exec expect=refused envelope=escapes
INSERT INTO items (v) EXEC ('SELECT 1; COMMIT')
-- @case insert-execute-procedure expect=refused
INSERT INTO items (v) EXECUTE make_values
-- @case update expect=write
UPDATE items SET v = 'x'
-- @case update-from expect=write
UPDATE i SET v = 'x' FROM items i JOIN items j ON i.id = j.id
-- @case update-top expect=write
UPDATE TOP (1) items SET v = 'x'
-- @case update-output expect=write
UPDATE items SET v = 'x' OUTPUT deleted.v
-- @case delete expect=write
DELETE FROM items
-- @case delete-without-from expect=write
DELETE items
-- @case delete-join expect=write
DELETE i FROM items i JOIN items j ON i.id = j.id
-- @case delete-top expect=write
DELETE TOP (1) FROM items
-- @case delete-output expect=write
DELETE FROM items OUTPUT deleted.id
-- @case merge expect=write
MERGE INTO items AS t USING items AS s ON t.id = s.id WHEN MATCHED THEN DELETE;
-- @case merge-all-branches expect=write
MERGE INTO items AS t USING items AS s ON t.id = s.id WHEN MATCHED THEN UPDATE SET v = 'x' WHEN NOT MATCHED THEN INSERT (v) VALUES ('x');
-- @case with-update expect=write
WITH a AS (SELECT id, v FROM items) UPDATE a SET v = 'x'
-- @case with-delete expect=write
WITH a AS (SELECT id FROM items) DELETE FROM a
-- @case with-insert expect=write
WITH a AS (SELECT 'x' AS v) INSERT INTO items (v) SELECT v FROM a
-- @case truncate expect=write
TRUNCATE TABLE items
-- @case select-into expect=write
SELECT * INTO made FROM items
-- @case select-into-temporary expect=write
SELECT * INTO #made FROM items
-- @case select-into-global-temporary expect=write
SELECT * INTO ##made FROM items
-- @case with-select-into expect=write
WITH a AS (SELECT 1 AS n) SELECT n INTO made FROM a
-- @case next-value expect=write envelope=escapes
SELECT NEXT VALUE FOR counter
-- @case next-value-qualified expect=write envelope=escapes
SELECT NEXT VALUE FOR dbo.counter AS n, v FROM items
-- @case next-value-over expect=write envelope=escapes
SELECT v, NEXT VALUE FOR [dbo].[counter] FROM items
-- @case lock-update expect=write
SELECT * FROM items WITH (UPDLOCK)
-- @case lock-exclusive expect=write
SELECT * FROM items WITH (TABLOCKX, HOLDLOCK)
-- @case lock-joined expect=write
SELECT * FROM items a JOIN items b WITH (XLOCK) ON a.id = b.id
-- @case create-table expect=write
CREATE TABLE made (id int)
-- @case create-temporary-table expect=write
CREATE TABLE #made (id int)
-- @case create-view expect=write
CREATE VIEW made AS SELECT 1 AS a
-- @case create-or-alter-view expect=write
CREATE OR ALTER VIEW calls AS SELECT 1 AS a
-- @case create-index expect=write
CREATE INDEX made ON items (v)
-- @case create-clustered-index expect=write
CREATE UNIQUE CLUSTERED INDEX made ON items (v)
-- @case create-schema expect=write
CREATE SCHEMA made
-- @case create-sequence expect=write
CREATE SEQUENCE made START WITH 1
-- @case alter-table-add expect=write
ALTER TABLE items ADD w int
-- @case alter-table-drop expect=write
ALTER TABLE items DROP COLUMN v
-- @case alter-column expect=write
ALTER TABLE items ALTER COLUMN v bigint
-- @case drop-table expect=write
DROP TABLE items
-- @case drop-table-if-exists expect=write
DROP TABLE IF EXISTS items
-- @case drop-view expect=write
DROP VIEW calls
-- @case create-database expect=refused envelope=escapes
CREATE DATABASE made
-- @case drop-database expect=refused envelope=escapes
DROP DATABASE shop
-- @case alter-database expect=refused envelope=escapes
ALTER DATABASE shop SET SINGLE_USER WITH ROLLBACK IMMEDIATE
-- @case create-procedure expect=refused
CREATE PROCEDURE made AS DELETE FROM items
-- @case create-function expect=refused
CREATE FUNCTION made() RETURNS int AS BEGIN RETURN 1 END
-- @case create-trigger expect=refused
CREATE TRIGGER made ON items AFTER INSERT AS DELETE FROM items
-- @case create-login expect=refused
CREATE LOGIN made WITH PASSWORD = 'x'
-- @case create-user expect=refused
CREATE USER made WITHOUT LOGIN
-- @case create-role expect=refused
CREATE ROLE made
-- @case alter-role expect=refused
ALTER ROLE db_owner ADD MEMBER reader
-- @case alter-server-role expect=refused
ALTER SERVER ROLE sysadmin ADD MEMBER reader
-- @case create-assembly expect=refused
CREATE ASSEMBLY made FROM 'c:\made.dll'
-- @case create-external expect=refused
CREATE EXTERNAL TABLE made (id int) WITH (LOCATION = 'x', DATA_SOURCE = y)
-- @case create-synonym expect=refused
CREATE SYNONYM made FOR other.master.dbo.t
-- @case grant expect=refused
GRANT ALL ON items TO public
-- @case deny expect=refused
DENY SELECT ON items TO public
-- @case revoke expect=refused
REVOKE SELECT ON items FROM public

-- @case second-statement expect=refused
SELECT 1; DELETE FROM items
-- @case second-statement-no-semicolon expect=refused
SELECT 1 DELETE FROM items
-- @case second-statement-new-line expect=refused
SELECT 1
DROP TABLE items
-- @case second-statement-as-alias expect=refused
SELECT * FROM items DELETE items
-- @case second-select expect=refused
SELECT 1 SELECT 2
-- @case second-after-comment expect=refused
SELECT 1 /* x */ /* DELETE */ UPDATE items SET v = 'x'
-- @case second-after-line-comment expect=refused
SELECT 1 -- x
TRUNCATE TABLE items
-- @case second-after-string expect=refused
SELECT 'a''' DROP TABLE items --'
-- @case second-after-bracket expect=refused
SELECT 1 AS [a]]] DELETE FROM items
-- @case second-after-quoted expect=refused
SELECT 1 AS "a""" DELETE FROM items
-- @case second-after-nested-comment expect=refused
SELECT 1 /* /* */ */ DELETE FROM items
-- @case comment-that-goes-on expect=read
SELECT 1 /* /* */ DELETE FROM items */
-- @case carriage-return-comment expect=refused
{cr}
-- @case commit-as-alias expect=refused envelope=escapes
SELECT 1 COMMIT
-- @case commit-after-from expect=refused envelope=escapes
SELECT * FROM items COMMIT
-- @case commit-tran-then-delete expect=refused envelope=escapes
SELECT 1 COMMIT TRAN DELETE FROM items
-- @case rollback-as-alias expect=refused envelope=escapes
SELECT 1 ROLLBACK
-- @case save-as-alias expect=refused
SELECT 1 SAVE TRAN a
-- @case begin-as-alias expect=refused
SELECT 1 BEGIN TRAN
-- @case shutdown-as-alias expect=refused envelope=escapes
SELECT 1 SHUTDOWN
-- @case checkpoint-as-alias expect=refused envelope=escapes
SELECT * FROM items CHECKPOINT
-- @case reconfigure-as-alias expect=refused envelope=escapes
SELECT 1 RECONFIGURE
-- @case revert-as-alias expect=refused envelope=escapes
SELECT 1 REVERT
-- @case return-as-alias expect=refused
SELECT 1 RETURN
-- @case set-as-alias expect=refused
SELECT 1 SET IMPLICIT_TRANSACTIONS ON
-- @case use-as-alias expect=refused
SELECT 1 USE master
-- @case throw-as-alias expect=refused
SELECT 1 THROW
-- @case exec-as-alias expect=refused envelope=escapes
SELECT 1 EXEC sp_who
-- @case exec-after-order expect=refused envelope=escapes
SELECT 1 ORDER BY 1 EXEC xp_cmdshell 'dir'
-- @case waitfor-after expect=refused
SELECT 1 WAITFOR DELAY '01:00:00'
-- @case write-then-commit expect=refused envelope=escapes
INSERT INTO items (v) VALUES ('x') COMMIT
-- @case update-then-set expect=refused
UPDATE items SET v = 'x' SET NOCOUNT ON
-- @case update-then-delete expect=refused
UPDATE items SET v = 'x' DELETE FROM items
-- @case alter-then-drop expect=refused
ALTER TABLE items ADD w int DROP TABLE items
-- @case create-then-delete expect=refused
CREATE TABLE made (id int) DELETE FROM items
-- @case drop-then-if expect=refused
DROP TABLE items IF 1 = 1 DROP TABLE other
-- @case merge-then-insert expect=refused
MERGE INTO items AS t USING items AS s ON t.id = s.id WHEN MATCHED THEN DELETE INSERT INTO items DEFAULT VALUES
-- @case view-then-exec expect=refused envelope=escapes
CREATE VIEW made AS SELECT 1 AS a EXEC sp_who
-- @case go expect=refused
SELECT 1
GO
DELETE FROM items

-- @case begin-transaction expect=refused
BEGIN TRANSACTION
-- @case commit expect=refused envelope=escapes
COMMIT
-- @case rollback expect=refused envelope=escapes
ROLLBACK
-- @case begin-block expect=refused envelope=escapes
BEGIN COMMIT; DELETE FROM items END
-- @case distributed-transaction expect=refused envelope=escapes
BEGIN DISTRIBUTED TRANSACTION
-- @case set-transaction expect=refused
SET TRANSACTION ISOLATION LEVEL SERIALIZABLE
-- @case set-xact-abort expect=refused
SET XACT_ABORT OFF
-- @case set-implicit expect=refused
SET IMPLICIT_TRANSACTIONS ON
-- @case set-identity-insert expect=refused
SET IDENTITY_INSERT items ON
-- @case declare expect=refused
DECLARE @x nvarchar(100) = N'DELETE FROM items' EXEC (@x)
-- @case if expect=refused
IF 1 = 1 DELETE FROM items
-- @case while expect=refused
WHILE 1 = 1 DELETE FROM items
-- @case try expect=refused
BEGIN TRY DELETE FROM items END TRY BEGIN CATCH END CATCH
-- @case goto expect=refused
a: DELETE FROM items
-- @case exec expect=refused envelope=escapes
EXEC write_all
-- @case execute expect=refused envelope=escapes
EXECUTE dbo.write_all
-- @case exec-string expect=refused envelope=escapes
EXEC ('COMMIT; DELETE FROM items')
-- @case exec-as-login expect=refused
EXECUTE AS LOGIN = 'sa'
-- @case exec-at expect=refused envelope=escapes
EXEC ('DELETE FROM items') AT other
-- @case sp-executesql expect=refused envelope=escapes
EXEC sp_executesql N'COMMIT; DELETE FROM items'
-- @case procedure-without-exec expect=refused envelope=escapes
write_all
-- @case procedure-without-exec-qualified expect=refused envelope=escapes
dbo.write_all
-- @case sp-configure expect=refused envelope=escapes
sp_configure 'xp_cmdshell', 1
-- @case xp-cmdshell expect=refused envelope=escapes
EXEC master..xp_cmdshell 'echo x > c:\made'
-- @case ole-automation expect=refused envelope=escapes
DECLARE @o int EXEC sp_OACreate 'Scripting.FileSystemObject', @o OUT
-- @case odbc-call expect=refused
{call write_all}
-- @case odbc-escape expect=refused
SELECT {fn now()}
-- @case use expect=refused
USE master
-- @case waitfor expect=refused
WAITFOR DELAY '01:00:00'
-- @case kill expect=refused envelope=escapes
KILL 51
-- @case shutdown expect=refused envelope=escapes
SHUTDOWN WITH NOWAIT
-- @case dbcc expect=refused envelope=escapes
DBCC FREEPROCCACHE
-- @case checkpoint expect=refused envelope=escapes
CHECKPOINT
-- @case reconfigure expect=refused envelope=escapes
RECONFIGURE WITH OVERRIDE
-- @case backup expect=refused envelope=escapes
BACKUP DATABASE shop TO DISK = 'c:\made.bak'
-- @case restore expect=refused envelope=escapes
RESTORE DATABASE shop FROM DISK = 'c:\made.bak'
-- @case bulk-insert expect=refused
BULK INSERT items FROM 'c:\made.txt'
-- @case update-statistics expect=refused
UPDATE STATISTICS items
-- @case disable-trigger expect=refused
DISABLE TRIGGER ALL ON items
-- @case writetext expect=refused
WRITETEXT items.v @p 'x'
-- @case send expect=refused
SEND ON CONVERSATION @h (N'x')
-- @case receive expect=refused
RECEIVE * FROM queue
-- @case receive-as-alias expect=refused
SELECT 1 RECEIVE * FROM queue
-- @case print expect=refused
PRINT 'x'
-- @case raiserror expect=refused
RAISERROR ('x', 20, 1) WITH LOG
-- @case cursor expect=refused
DECLARE c CURSOR FOR SELECT 1

-- @case openrowset expect=refused envelope=escapes
SELECT * FROM OPENROWSET('MSOLEDBSQL', 'Server=other', 'DELETE FROM items')
-- @case openrowset-bulk expect=refused envelope=escapes
SELECT * FROM OPENROWSET(BULK 'c:\secret.txt', SINGLE_CLOB) AS f
-- @case openrowset-joined expect=refused envelope=escapes
SELECT * FROM items CROSS JOIN OPENROWSET('MSOLEDBSQL', 'Server=other', 'SELECT 1') AS r
-- @case openquery expect=refused envelope=escapes
SELECT * FROM OPENQUERY(other, 'DELETE FROM items')
-- @case openquery-update expect=refused envelope=escapes
UPDATE OPENQUERY(other, 'SELECT v FROM items') SET v = 'x'
-- @case opendatasource expect=refused envelope=escapes
SELECT * FROM OPENDATASOURCE('MSOLEDBSQL', 'Server=other').shop.dbo.items
-- @case openrowset-after-comment expect=refused envelope=escapes
SELECT * FROM OPENROWSET/* x */('MSOLEDBSQL', 'Server=other', 'SELECT 1')
-- @case openrowset-in-subquery expect=refused envelope=escapes
SELECT (SELECT TOP 1 1 FROM openrowset('MSOLEDBSQL', 'Server=other', 'SELECT 1') AS r)
-- @case linked-server expect=refused envelope=escapes
SELECT * FROM other.shop.dbo.items
-- @case linked-server-write expect=refused envelope=escapes
DELETE FROM other.shop.dbo.items
-- @case linked-server-empty-parts expect=refused envelope=escapes
SELECT * FROM other...items
-- @case trace-file expect=refused envelope=escapes
SELECT * FROM sys.fn_trace_gettable('\\other\share\made.trc', 1)
-- @case event-file expect=refused envelope=escapes
SELECT * FROM sys.fn_xe_file_target_read_file('\\other\share\*.xel', NULL, NULL, NULL)
-- @case audit-file expect=refused envelope=escapes
SELECT * FROM sys.fn_get_audit_file('\\other\share\*', NULL, NULL)
-- @case log-dump expect=refused
SELECT * FROM fn_dump_dblog(NULL, NULL, 'DISK', 1, '\\other\share\made.bak')
-- @case file-exists expect=refused envelope=escapes
SELECT * FROM sys.dm_os_file_exists('\\other\share\made')
-- @case enumerate-files expect=refused envelope=escapes
SELECT * FROM sys.dm_os_enumerate_filesystem('c:\', '*')
-- @case quoted-function expect=refused envelope=escapes
SELECT * FROM [sys].[fn_trace_gettable]('\\other\share\made.trc', 1)
-- @case write-system-catalog expect=refused
UPDATE sys.objects SET name = 'x'
-- @case write-master expect=refused
INSERT INTO master.dbo.spt_monitor DEFAULT VALUES
-- @case write-msdb expect=refused
DELETE FROM msdb.dbo.sysjobs
-- @case write-msdb-short expect=refused
DELETE FROM msdb..sysjobs
-- @case create-in-master expect=refused
CREATE TABLE master.dbo.made (id int)
-- @case fullwidth-semicolon expect=refused
SELECT 1； DELETE FROM items
-- @case no-break-space expect=refused
SELECT 1 DELETE FROM items
-- @case function-call expect=read
SELECT dbo.write_it()
-- @case view-of-function expect=read
SELECT * FROM calls
-- @case variable-assignment expect=read
SELECT @@SPID, @@VERSION
-- @case exponent-then-delete expect=refused
SELECT 1eDELETE FROM items
-- @case number-then-commit expect=refused envelope=escapes
SELECT 1COMMIT
-- @case money-then-commit expect=refused envelope=escapes
SELECT $1COMMIT
-- @case string-then-commit expect=refused envelope=escapes
SELECT 'a'COMMIT
-- @case bracket-then-commit expect=refused envelope=escapes
SELECT 1[a]COMMIT
-- @case hexadecimal-then-exec expect=refused envelope=escapes
SELECT 0xEXEC('COMMIT')
-- @case variable-then-commit expect=refused envelope=escapes
SELECT @p1 COMMIT
-- @case fullwidth-word expect=refused
SELECT 1 ＣＯＭＭＩＴ
-- @case hangul-filler expect=refused
SELECT 1 aㅤCOMMIT
-- @case zero-width-space expect=refused
SELECT 1 a​COMMIT
-- @case end-conversation expect=refused
SELECT 1 END CONVERSATION @h
-- @case get-conversation expect=refused
SELECT * FROM items GET CONVERSATION GROUP @g FROM queue
-- @case move-conversation expect=refused
SELECT * FROM items MOVE CONVERSATION @h TO @g
-- @case send-after expect=refused
SELECT * FROM items SEND ON CONVERSATION @h (N'x')
-- @case open-key-after expect=refused
SELECT 1 OPEN SYMMETRIC KEY k DECRYPTION BY PASSWORD = 'x'
-- @case option-then-delete expect=refused
SELECT 1 OPTION (RECOMPILE) DELETE FROM items
-- @case option-hides-delete expect=refused
SELECT 1 OPTION (DELETE FROM items)
-- @case end-hides-the-rest expect=refused
SELECT 1 END anything that nobody reads
-- @case end-after-case expect=refused
SELECT CASE WHEN 1 = 1 THEN 1 END END anything that nobody reads
-- @case case-in-case expect=read
SELECT CASE WHEN 1 = 1 THEN CASE 1 WHEN 1 THEN 2 END ELSE 3 END AS [end]
