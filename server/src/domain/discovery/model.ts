/** The words of discovery jobs (sdps.md §4.8, §7.4). Types only. */

export interface DiscoveryTarget {
  readonly account_id: string;
  readonly region: string;
  readonly database_type: string;
  /** Null: every source of the account and region. */
  readonly database_name: string | null;
  /** Comma list of tables; null: all. */
  readonly table_name: string | null;
}

export interface DiscoverySpec {
  readonly name: string;
  readonly template_id: number;
  readonly schedule: string;
  readonly description: string;
  /** 1 = only tables that changed since they were looked at; 0 = all. */
  readonly range: number;
  readonly depth_structured: number;
  readonly depth_unstructured: number;
  readonly detection_threshold: number;
  readonly all_s3: number | null;
  readonly all_rds: number | null;
  readonly all_ddb: number | null;
  readonly all_emr: number | null;
  readonly all_glue: number | null;
  readonly all_jdbc: number | null;
  /** 1 = corrections by hand are overwritten too. */
  readonly overwrite: number | null;
  readonly exclude_keywords: string;
  readonly include_keywords: string;
  readonly exclude_file_extensions: string;
  readonly include_file_extensions: string;
  readonly provider_id: number | null;
  readonly database_type: string | null;
  readonly databases: readonly DiscoveryTarget[];
}

export interface JobRow {
  readonly id: number;
  readonly state: string;
  readonly schedule: string;
  readonly spec: DiscoverySpec;
  readonly owner_id: number | null;
  readonly scopes: readonly string[] | null;
  readonly version: number;
  readonly next_run_at: Date | null;
  readonly last_start_time: Date | null;
  readonly last_end_time: Date | null;
  readonly create_by: string;
  readonly create_time: Date;
  readonly modify_time: Date;
}

/** One source of a run as the worker takes it. */
export interface RunDatabase {
  readonly id: number;
  readonly position: number;
  readonly source_id: number | null;
  readonly database_name: string;
  readonly table_names: readonly string[];
  readonly state: string;
}

/** States in which nothing happens any more. */
export const finalStates: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Stopped', 'NotExist', 'Aborted']);
