/**
 * Functions that a statement under a rule may call: the server's own ones whose answer rests on their arguments alone
 * (or on the clock). Nothing that reads a catalog, a setting, a file, a large object or runs text as SQL.
 */
const NAMES = `
abs acos acosd acosh asin asind asinh atan atan2 atan2d atand atanh cbrt ceil ceiling cos cosd cosh cot cotd degrees div
erf erfc exp factorial floor gcd lcm ln log log10 min_scale mod pi power radians random round scale sign sin sind sinh
sqrt tan tand tanh trim_scale trunc width_bucket
ascii bit_count bit_length btrim char_length character_length chr concat concat_ws convert_from convert_to decode encode
format initcap left length like ilike lower lpad ltrim md5 normalize octet_length overlay parse_ident position
quote_ident quote_literal quote_nullable regexp_count regexp_instr regexp_like regexp_match regexp_matches
regexp_replace regexp_split_to_array regexp_split_to_table regexp_substr repeat replace reverse right rpad rtrim sha224
sha256 sha384 sha512 split_part starts_with string_to_array string_to_table strpos substr substring to_ascii to_bin
to_hex to_oct translate trim unicode_assigned unistr upper
age clock_timestamp date_add date_bin date_part date_subtract date_trunc extract isfinite justify_days justify_hours
justify_interval make_date make_interval make_time make_timestamp make_timestamptz now overlaps statement_timestamp
timeofday timezone to_char to_date to_number to_timestamp transaction_timestamp
array_agg array_append array_cat array_dims array_fill array_length array_lower array_ndims array_position
array_positions array_prepend array_remove array_replace array_sample array_shuffle array_to_json array_to_string
array_upper cardinality trim_array unnest
any_value avg bit_and bit_or bit_xor bool_and bool_or corr count covar_pop covar_samp every json_agg json_agg_strict
json_object_agg jsonb_agg jsonb_agg_strict jsonb_object_agg max min mode percentile_cont percentile_disc range_agg
regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope regr_sxx regr_sxy regr_syy stddev stddev_pop
stddev_samp string_agg sum var_pop var_samp variance
cume_dist dense_rank first_value lag last_value lead nth_value ntile percent_rank rank row_number
json_array_elements json_array_elements_text json_array_length json_build_array json_build_object json_each
json_each_text json_extract_path json_extract_path_text json_object json_object_keys json_strip_nulls json_typeof
jsonb_array_elements jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_concat
jsonb_each jsonb_each_text jsonb_extract_path jsonb_extract_path_text jsonb_object jsonb_object_keys jsonb_path_exists
jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_pretty jsonb_set
jsonb_strip_nulls jsonb_typeof row_to_json to_json to_jsonb
generate_series generate_subscripts gen_random_uuid greatest least nullif coalesce num_nonnulls num_nulls
host hostmask masklen netmask network abbrev broadcast family isempty lower_inc upper_inc
similar_to_escape like_escape xor
`;

export const allowedFunctions: ReadonlySet<string> = new Set(NAMES.trim().split(/\s+/));

const TYPES = `
bool boolean bit bpchar bytea char cidr date float4 float8 inet int2 int4 int8 interval json jsonb jsonpath macaddr
money name numeric text time timestamp timestamptz timetz uuid varbit varchar
`;

/** Types that a value may be cast to. The names that look things up (regclass, …) are not among them. */
export const allowedTypes: ReadonlySet<string> = new Set(TYPES.trim().split(/\s+/));
