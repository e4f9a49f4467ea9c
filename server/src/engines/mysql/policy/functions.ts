/**
 * Functions that a statement under a rule may call: native ones of MySQL and MariaDB whose answer rests on their
 * arguments alone (or on the clock). A native function goes before a stored one of the same name.
 */
const NAMES = `
abs acos asin atan atan2 ceil ceiling conv cos cot crc32 degrees exp floor ln log log10 log2 mod pi pow power radians rand
round sign sin sqrt tan truncate
ascii bin bit_length char char_length character_length concat concat_ws elt export_set field find_in_set format
from_base64 hex insert instr lcase left length locate lower lpad ltrim make_set md5 mid oct octet_length ord position
quote regexp_instr regexp_replace regexp_substr repeat replace reverse right rpad rtrim sha sha1 sha2 soundex space
strcmp substr substring substring_index to_base64 trim ucase unhex upper
adddate addtime convert_tz curdate current_date current_time current_timestamp curtime date date_add date_format
date_sub datediff day dayname dayofmonth dayofweek dayofyear extract from_days from_unixtime hour last_day localtime
localtimestamp makedate maketime microsecond minute month monthname now period_add period_diff quarter sec_to_time
second str_to_date subdate subtime sysdate time time_format time_to_sec timediff timestamp timestampadd timestampdiff
to_days to_seconds unix_timestamp utc_date utc_time utc_timestamp week weekday weekofyear year yearweek
avg bit_and bit_or bit_xor count group_concat json_arrayagg json_objectagg max min std stddev stddev_pop stddev_samp
sum var_pop var_samp variance
cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
coalesce greatest if ifnull interval isnull least nullif row
json_array json_array_append json_array_insert json_contains json_contains_path json_depth json_extract json_insert
json_keys json_length json_merge_patch json_merge_preserve json_object json_quote json_remove json_replace json_search
json_set json_type json_unquote json_valid json_value
bit_count inet_aton inet_ntoa inet6_aton inet6_ntoa is_ipv4 is_ipv6 uuid
`;

export const allowedFunctions: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/));

/** These may stand without parentheses. */
export const bareFunctions: ReadonlySet<string> = new Set([
  'current_date',
  'current_time',
  'current_timestamp',
  'localtime',
  'localtimestamp',
  'utc_date',
  'utc_time',
  'utc_timestamp',
]);

/** The first argument of these is a unit, not a column. */
export const unitFunctions: ReadonlySet<string> = new Set(['timestampadd', 'timestampdiff']);

export const units: ReadonlySet<string> = new Set([
  'microsecond',
  'second',
  'minute',
  'hour',
  'day',
  'week',
  'month',
  'quarter',
  'year',
]);
