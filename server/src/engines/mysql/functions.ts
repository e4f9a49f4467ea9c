/**
 * Functions with effects. Calling one of these makes a statement a write, or refuses it, whatever the statement is.
 */

/** They move a sequence. */
const WRITING = new Set(['nextval', 'setval', 'lastval']);

/** They take locks that outlive the statement, reach the server's files, its shell or other servers, or only burn time. */
const FORBIDDEN = new Set([
  'benchmark',
  'get_lock',
  'release_lock',
  'release_all_locks',
  'load_file',
  'master_pos_wait',
  'source_pos_wait',
  'master_gtid_wait',
  'wait_for_executed_gtid_set',
  'wait_until_sql_thread_after_gtids',
  'sys_exec',
  'sys_eval',
  'sys_get',
  'sys_set',
  'xpath_eval',
  'flush_rewrite_rules',
  'load_rewrite_rules',
  'gen_dictionary_load',
  'gen_dictionary_drop',
  'set_firewall_mode',
  'set_firewall_group_mode',
  'read_firewall_users',
  'read_firewall_whitelist',
]);

/** Families of such functions, made by plugins. */
const FORBIDDEN_FAMILIES = [
  'asynchronous_connection_failover_',
  'audit_log_',
  'firewall_group_',
  'group_replication_',
  'http_',
  'keyring_',
  'lib_mysqludf_',
  'masking_dictionary',
  'mysql_firewall_',
  'mysql_query_attribute_set',
  'service_get_',
  'service_release_',
  'spider_',
  'version_tokens_',
];

/** What calling this function means. `name` in any case, unqualified. */
export function effectOf(name: string): 'none' | 'writes' | 'forbidden' {
  const plain = name.toLowerCase();
  if (WRITING.has(plain)) return 'writes';
  if (FORBIDDEN.has(plain) || FORBIDDEN_FAMILIES.some((family) => plain.startsWith(family))) return 'forbidden';
  return 'none';
}
