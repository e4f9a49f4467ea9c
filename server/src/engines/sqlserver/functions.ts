/**
 * Functions and table sources with effects, or that reach outside the database. No statement may hold one of these,
 * whoever asks for it.
 */

const FORBIDDEN = new Set([
  // Other servers and files.
  'openrowset',
  'openquery',
  'opendatasource',
  'openxml',
  'fn_dblog',
  'fn_dump_dblog',
  'fn_full_dblog',
  'fn_trace_gettable',
  'fn_get_audit_file',
  'fn_get_audit_file_v2',
  'fn_xe_file_target_read_file',
  'fn_xe_telemetry_blob_target_read_file',
  'fn_msxe_read_event_stream',
  'dm_os_file_exists',
  'dm_os_enumerate_filesystem',
  // Models that are called over the network.
  'ai_generate_embeddings',
  'ai_generate_chunks',
  'ai_generate_response',
  'predict',
]);

/** Families: extended and system procedures, which no query can call anyway. */
const FORBIDDEN_FAMILIES = ['xp_', 'sp_'];

/** May no statement call this function? `name` in any case, without its schema. */
export function isForbiddenFunction(name: string): boolean {
  const plain = name.toLowerCase();
  return FORBIDDEN.has(plain) || FORBIDDEN_FAMILIES.some((family) => plain.startsWith(family));
}
