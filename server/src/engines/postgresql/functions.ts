/**
 * Functions that a statement may not call, whatever its access: those that leave the database (files, other servers),
 * run text as SQL behind the parser's back, change the session or act on other sessions and on the server.
 *
 * The list covers PostgreSQL's own functions and its usual extensions. A function of the user's own may do anything
 * that its owner may do inside the read-only envelope; what the envelope covers is said in docs/engines.md.
 */

const FORBIDDEN: readonly RegExp[] = [
  // Other connections and files.
  /^dblink/,
  /^postgres_fdw_/,
  /^lo_|^lo(?:read|write)$/,
  /^pg_read_/,
  /^pg_ls_/,
  /^pg_stat_file$/,
  /^pg_file_/,
  /^pg_logdir_ls$/,
  /^pg_current_logfile$/,
  /^pg_(?:hba_file_rules|ident_file_mappings|show_all_file_settings)$/,
  /^(?:file_|http_|aws_|s3_)|^http$/,
  // Text that is run as SQL.
  /^(?:query|cursor|table|schema|database)_to_xml/,
  /^ts_stat$/,
  /^crosstab|^connectby$|^xpath_table$/,
  /^exec(?:ute)?(?:_sql|_query|_immediate)?$/,
  /^cron_|^schedule(?:_in_database)?$/,
  // The session.
  /^set_config$/,
  /^pg_(?:try_)?advisory_/,
  /^pg_export_snapshot$/,
  /^setseed$/,
  /^pg_notify$/,
  // Other sessions and the server.
  /^pg_(?:terminate|cancel|log)_backend/,
  /^pg_(?:reload_conf|rotate_logfile|switch_wal|switch_xlog|promote|create_restore_point|log_standby_snapshot)$/,
  /^pg_(?:backup_start|backup_stop|start_backup|stop_backup)$/,
  /^pg_(?:wal|xlog)_replay_/,
  /^pg_(?:create|drop|copy|sync)_.*(?:replication|_slot)/,
  /^pg_replication_(?:origin|slot)_(?:create|drop|advance|session_setup|session_reset|xact)/,
  /^pg_logical_(?:emit_message|slot_)/,
  /^pg_import_system_collations$/,
  /^pg_(?:nextoid|stop_making_pinned_objects|extension_config_dump)$/,
  /^pg_stat_(?:reset|force|clear)|^pg_stat_statements_reset$/,
  /^pg_(?:clear|restore)_(?:attribute|relation)_stats$/,
  /^brin_(?:summarize|desummarize)_|^gin_clean_pending_list$/,
  /^binary_upgrade_/,
  /^pg_(?:prewarm|truncate_visibility_map|surgery|buffercache_evict)|^heap_force_/,
  /^(?:autoprewarm|worker_|run_command|master_|citus_)/,
];

/** These write, though they look like expressions: they make a statement a write. */
const WRITING = new Set(['nextval', 'setval', 'txid_current', 'pg_current_xact_id']);

/** `name` without its schema, lower case. */
export function isForbiddenFunction(name: string): boolean {
  return FORBIDDEN.some((pattern) => pattern.test(name));
}

export function isWritingFunction(name: string): boolean {
  return WRITING.has(name);
}
