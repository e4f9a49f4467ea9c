/**
 * Packages and functions with effects. Naming one of these refuses a statement, whatever the statement is: Oracle calls
 * functions without parentheses too, so a package is recognised by the dot behind it.
 */

/** Families of the server's packages: they reach files, the network, jobs, locks, or run text as SQL. */
const FAMILIES =
  /^(?:DBMS_|UTL_|OWA|HTP$|HTF$|CTX_|APEX_|WWV_|ORD_|SDO_UTIL|SEM_|KUPP|KUPM|KUPV|KUPW|DEBUG_|WPG_|DRI(?:THSX|LOAD|UTL|DDL|ADM|IMP))/;

/** Packages of these families whose functions only compute. */
const HARMLESS = new Set([
  'DBMS_LOB',
  'DBMS_RANDOM',
  'DBMS_ROWID',
  'UTL_ENCODE',
  'UTL_I18N',
  'UTL_MATCH',
  'UTL_RAW',
  'UTL_URL',
]);

/** Functions and types that reach out of the database, or run the text that they are given. */
const FORBIDDEN = new Set([
  'BFILENAME',
  'DBURITYPE',
  'FTPURITYPE',
  'HTTPURITYPE',
  'SYS_DBURIGEN',
  'URIFACTORY',
  'URITYPE',
  'XDBURITYPE',
]);

/** May this package not be used? `name` in upper case. */
export function isForbiddenPackage(name: string): boolean {
  return FORBIDDEN.has(name) || (FAMILIES.test(name) && !HARMLESS.has(name));
}

/** May this function not be called? `name` in upper case, unqualified. */
export function isForbiddenFunction(name: string): boolean {
  return FORBIDDEN.has(name) || isForbiddenPackage(name);
}
