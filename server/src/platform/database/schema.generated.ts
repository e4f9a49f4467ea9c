/** Made by scripts/generate-schema-types.ts from the migrations: do not edit. */
import type { ColumnType, GeneratedAlways } from 'kysely';

/** The store has a default for it: may be left out on insert. */
export type Generated<T> =
  T extends ColumnType<infer Select, infer Insert, infer Update>
    ? ColumnType<Select, Insert | undefined, Update>
    : ColumnType<T, T | undefined, T>;
/** Read as a Date; written as a Date or ISO 8601 text. */
export type Timestamp = ColumnType<Date, Date | string, Date | string>;
/** Read as text, exact; written as either. */
export type Numeric = ColumnType<string, number | string, number | string>;
/** Read as a Buffer. */
export type Bytes = ColumnType<Buffer, Uint8Array, Uint8Array>;

export interface AccessKeyTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  user_id: number;
  access_key: string;
  secret_sealed: Bytes;
  status: Generated<string>;
  description: string | null;
  created_at: Generated<Timestamp>;
  last_used_at: Timestamp | null;
  failures: Generated<number>;
  locked_until: Timestamp | null;
}

export interface ActivityTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  action: string;
  actor_id: number | null;
  workspace_id: number | null;
  entity_type: string;
  entity_id: number;
  body: string | null;
  detail: Generated<unknown>;
  is_insight: Generated<boolean>;
  promoted_by: number | null;
  promoted_at: Timestamp | null;
  published: Generated<boolean>;
  created_at: Generated<Timestamp>;
  deleted_at: Timestamp | null;
  seen_by: number | null;
}

export interface ActivityAttachmentTable {
  activity_id: number;
  entity_type: string;
  entity_id: number;
}

export interface ActivityCommentTable {
  id: GeneratedAlways<number>;
  activity_id: number;
  author_id: number | null;
  body: string;
  created_at: Generated<Timestamp>;
  deleted_at: Timestamp | null;
  uid: Generated<string>;
}

export interface AddressRuleTable {
  id: GeneratedAlways<number>;
  level: string;
  tenant_id: number | null;
  user_id: number | null;
  part: string;
  first_address: string;
  last_address: string;
}

export interface ApiTokenTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  user_id: number;
  name: string;
  token_hash: Bytes;
  hint: string;
  scopes: Generated<string[]>;
  scram_sealed: Bytes | null;
  created_at: Generated<Timestamp>;
  expires_at: Timestamp | null;
  last_used_at: Timestamp | null;
  revoked_at: Timestamp | null;
}

export interface AuditCheckpointTable {
  tenant_id: number;
  sequence: number;
  hash: Bytes;
  at: Timestamp;
  key_id: string;
  signature: Bytes;
}

export interface AuditEventTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  txid: Generated<string>;
  at: Generated<Timestamp>;
  action: string;
  outcome: string;
  door: string;
  actor_id: number | null;
  actor: string | null;
  subject_id: number | null;
  subject: string | null;
  resource_type: string | null;
  resource_uid: string | null;
  resource: string | null;
  request_id: string | null;
  address: string | null;
  detail: Generated<unknown>;
}

export interface AuditLinkTable {
  tenant_id: number;
  sequence: number;
  event_id: number;
  hash: Bytes;
}

export interface AuditSealerTable {
  tenant_id: number;
  sequence: number;
  hash: Bytes;
  last_event_id: number;
}

export interface CatalogColumnTable {
  id: GeneratedAlways<number>;
  item_id: number;
  name: string;
  position: number;
  type: string;
  nullable: Generated<boolean>;
  source_comment: string | null;
  comments: string | null;
  identifier: Generated<unknown>;
  sample: Generated<string>;
  privacy: Generated<number>;
  sensitivity: Generated<string>;
  manual_tag: string | null;
  state: Generated<string>;
  version: Generated<number>;
  create_by: Generated<string>;
  create_time: Generated<Timestamp>;
  modify_by: Generated<string>;
  modify_time: Generated<Timestamp>;
  review: string | null;
  reviewed_by: string | null;
  reviewed_at: Timestamp | null;
  rejected: unknown;
}

export interface CatalogCrawlTable {
  source_id: number;
  captured_at: Timestamp;
  settings_version: number;
  tables: number;
  columns: number;
  digest: string;
}

export interface CatalogDatabaseTable {
  id: GeneratedAlways<number>;
  tenant_id: number;
  source_id: number;
  description: string | null;
  privacy: Generated<number>;
  sensitivity: Generated<string>;
  label_ids: Generated<number[]>;
  manual_tag: string | null;
  state: Generated<string>;
  row_count: Generated<number>;
  crawled_at: Timestamp | null;
  version: Generated<number>;
  create_by: Generated<string>;
  create_time: Generated<Timestamp>;
  modify_by: Generated<string>;
  modify_time: Generated<Timestamp>;
}

export interface CatalogDriftTable {
  id: GeneratedAlways<number>;
  source_id: number;
  at: Generated<Timestamp>;
  change: string;
  place: string;
  column_name: string | null;
  before: string | null;
  after: string | null;
}

export interface CatalogItemTable {
  id: GeneratedAlways<number>;
  database_id: number;
  place: string;
  database_name: string;
  schema_name: string;
  table_name: string;
  kind: Generated<string>;
  comment: string | null;
  keys: Generated<unknown>;
  row_estimate: number | null;
  privacy: Generated<number>;
  sensitivity: Generated<string>;
  identifiers: Generated<string[]>;
  label_ids: Generated<number[]>;
  manual_tag: string | null;
  state: Generated<string>;
  row_count: Generated<number>;
  detected_at: Timestamp | null;
  digest: string;
  changed_at: Generated<Timestamp>;
  version: Generated<number>;
  create_by: Generated<string>;
  create_time: Generated<Timestamp>;
  modify_by: Generated<string>;
  modify_time: Generated<Timestamp>;
}

export interface CatalogLabelTable {
  id: GeneratedAlways<number>;
  tenant_id: number;
  label_name: string;
  details: Generated<unknown>;
  version: Generated<number>;
  create_by: Generated<string>;
  create_time: Generated<Timestamp>;
  modify_by: Generated<string>;
  modify_time: Generated<Timestamp>;
}

export interface CatalogTableTable {
  source_id: number;
  schema_name: string;
  table_name: string;
  kind: string;
  comment: string | null;
  row_estimate: number | null;
  columns: unknown;
  keys: Generated<unknown>;
}

export interface ConnectorTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  owner_id: number;
  label: string;
  version: string | null;
  is_group: Generated<boolean>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface ConnectorMemberTable {
  group_id: number;
  member_id: number;
}

export interface ConnectorUserTable {
  connector_id: number;
  user_id: number;
}

export interface CorsOriginTable {
  id: GeneratedAlways<number>;
  origin: string;
  origin_folded: string;
  description: string | null;
  modified_by: string;
  modified_at: Generated<Timestamp>;
}

export interface CredentialTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  source_id: number;
  kind: string;
  user_id: number | null;
  workspace_id: number | null;
  level: Generated<string>;
  username: string | null;
  secret_sealed: Bytes | null;
  version: Generated<number>;
  created_by: number | null;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
  holder_id: number | null;
  refused_at: Timestamp | null;
}

export interface DataKeyTable {
  id: GeneratedAlways<number>;
  uid: string;
  provider: string;
  kek_id: string;
  wrapped: Bytes;
  state: string;
  created_at: Generated<Timestamp>;
  rewrapped_at: Timestamp | null;
}

export interface DataSourceTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  name: string;
  name_folded: string;
  title: string | null;
  description: string | null;
  engine: string | null;
  host: string | null;
  port: number | null;
  database: string | null;
  schema: string | null;
  tls: Generated<unknown>;
  tls_key_sealed: Bytes | null;
  options: Generated<unknown>;
  metadata: Generated<unknown>;
  labels: Generated<unknown>;
  product: string | null;
  provider: number | null;
  account_id: string | null;
  region: string | null;
  workspace_id: number | null;
  owner_id: number;
  permissions: number[] | null;
  visibility: Generated<string>;
  shares_credential: Generated<boolean>;
  pinned_credential: string | null;
  enabled: Generated<boolean>;
  complete: Generated<boolean>;
  probe: Generated<string>;
  probe_code: string | null;
  probe_at: Timestamp | null;
  server_version: string | null;
  catalog_state: Generated<string>;
  hidden_in_sdps: Generated<boolean>;
  version: Generated<number>;
  settings_version: Generated<number>;
  created_by: number | null;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
  deleted_at: Timestamp | null;
  is_group: Generated<boolean>;
  updated_by: number | null;
}

export interface DatasetTable {
  id: GeneratedAlways<number>;
  schema_id: number;
  name: string;
  kind: string;
  query: string | null;
  workspace_id: number | null;
  stale_at: Timestamp | null;
  created_at: Generated<Timestamp>;
  deleted_at: Timestamp | null;
  uid: Generated<string>;
}

export interface DatasetModelTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  source_id: number;
  workspace_id: number | null;
  name: string;
  description: string | null;
  status: Generated<number>;
  tables: unknown;
  relations: Generated<unknown>;
  fields: Generated<unknown>;
  variables: Generated<unknown>;
  row_rules_on: Generated<boolean>;
  row_by_condition_on: Generated<boolean>;
  row_by_tag_on: Generated<boolean>;
  others_see_rows: Generated<boolean>;
  column_rules_on: Generated<boolean>;
  created_by: number | null;
  updated_by: number | null;
  version: Generated<number>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface DatasetRuleTable {
  id: GeneratedAlways<number>;
  uid: string;
  dataset_id: number;
  name: string;
  is_on: boolean;
  kind: string;
  scope: string;
  users: Generated<string[]>;
  groups: Generated<string[]>;
  content: unknown;
  display: unknown;
  created_by: number | null;
  updated_by: number | null;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface DeletedUserTable {
  id: number;
  uid: string;
  tenant_id: number;
  username: string;
  first_name: string | null;
  last_name: string | null;
  user_type: string | null;
  deleted_at: Timestamp;
}

export interface DetectionIdentifierTable {
  id: GeneratedAlways<number>;
  tenant_id: number;
  name: string;
  description: string | null;
  classification: Generated<number>;
  privacy: Generated<number>;
  rule: string | null;
  header_keywords: string[] | null;
  exclude_keywords: string[] | null;
  max_distance: number | null;
  min_occurrence: number | null;
  property_ids: Generated<number[]>;
  version: Generated<number>;
  create_by: Generated<string>;
  create_time: Generated<Timestamp>;
  modify_by: Generated<string>;
  modify_time: Generated<Timestamp>;
}

export interface DetectionPropertyTable {
  id: GeneratedAlways<number>;
  tenant_id: number;
  prop_name: string;
  prop_type: number;
  version: Generated<number>;
  create_by: Generated<string>;
  create_time: Generated<Timestamp>;
  modify_by: Generated<string>;
  modify_time: Generated<Timestamp>;
}

export interface DiscoveryFindingTable {
  run_database_id: number;
  place: string;
  column_name: string;
  identifier: unknown;
  sample: string;
}

export interface DiscoveryJobTable {
  id: GeneratedAlways<number>;
  tenant_id: number;
  owner_id: number | null;
  scopes: string[] | null;
  door: string;
  name: string;
  state: string;
  schedule: Generated<string>;
  next_run_at: Timestamp | null;
  spec: unknown;
  last_start_time: Timestamp | null;
  last_end_time: Timestamp | null;
  version: Generated<number>;
  create_by: Generated<string>;
  create_time: Generated<Timestamp>;
  modify_by: Generated<string>;
  modify_time: Generated<Timestamp>;
}

export interface DiscoveryRunTable {
  id: GeneratedAlways<number>;
  tenant_id: number;
  job_id: number;
  work_uid: string | null;
  state: string;
  spec: unknown;
  snapshot_no: string | null;
  snapshot: unknown;
  start_time: Generated<Timestamp>;
  end_time: Timestamp | null;
  stopped_at: Timestamp | null;
  pausing: Generated<boolean>;
}

export interface DiscoveryRunDatabaseTable {
  id: GeneratedAlways<number>;
  run_id: number;
  position: number;
  source_id: number | null;
  account_id: string;
  region: string;
  database_type: string;
  database_name: string;
  table_names: Generated<string[]>;
  state: Generated<string>;
  start_time: Timestamp | null;
  end_time: Timestamp | null;
  table_count: number | null;
  tables_done: Generated<number>;
  columns_found: Generated<number>;
  error_log: string | null;
}

export interface DiscoveryTableTable {
  run_database_id: number;
  place: string;
  rows: number;
  error: string | null;
}

export interface EventDeliveryTable {
  id: GeneratedAlways<number>;
  uid: string;
  event_id: number;
  channel: string;
  webhook_id: number | null;
  status: Generated<string>;
  attempts: Generated<number>;
  due_at: Generated<Timestamp>;
  attempted_at: Timestamp | null;
  finished_at: Timestamp | null;
  status_code: number | null;
  error: string | null;
  response: string | null;
  duration_ms: number | null;
  created_at: Generated<Timestamp>;
}

export interface ExternalIdentityTable {
  issuer: string;
  subject: string;
  user_id: number;
  created_at: Generated<Timestamp>;
}

export interface IdempotencyRecordTable {
  user_id: number;
  door: string;
  key: string;
  request_digest: Bytes;
  state: string;
  status: number | null;
  headers: unknown;
  body_sealed: Bytes | null;
  shows_secret: Generated<boolean>;
  created_at: Generated<Timestamp>;
  expires_at: Timestamp;
}

export interface JobTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  definition_id: number | null;
  kind: string;
  status: string;
  spec: unknown;
  created_by: number | null;
  door: string;
  attempt: Generated<number>;
  max_attempts: Generated<number>;
  run_after: Generated<Timestamp>;
  worker: string | null;
  heartbeat_at: Timestamp | null;
  cancel_requested_at: Timestamp | null;
  progress: Generated<unknown>;
  result: unknown;
  error: unknown;
  fingerprint: string | null;
  idempotency_key: string | null;
  created_at: Generated<Timestamp>;
  started_at: Timestamp | null;
  finished_at: Timestamp | null;
  scopes: string[] | null;
  retry_of: number | null;
}

export interface JobAttemptTable {
  job_id: number;
  attempt: number;
  worker: string;
  started_at: Generated<Timestamp>;
  finished_at: Timestamp | null;
  outcome: string | null;
  error: unknown;
  progress: Generated<unknown>;
}

export interface JobDefinitionTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  kind: string;
  name: string;
  schedule: string | null;
  time_zone: string | null;
  spec: unknown;
  owner_id: number | null;
  enabled: Generated<boolean>;
  version: Generated<number>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
  deleted_at: Timestamp | null;
  next_run_at: Timestamp | null;
  last_run_at: Timestamp | null;
  last_error: unknown;
  scopes: string[] | null;
}

export interface JobEventTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  job_id: number | null;
  type: string;
  job: unknown;
  created_at: Generated<Timestamp>;
}

export interface JobItemTable {
  job_id: number;
  position: number;
  source_id: number | null;
  spec: Generated<unknown>;
  status: Generated<string>;
  progress: Generated<unknown>;
  error: unknown;
}

export interface JobOutputTable {
  id: GeneratedAlways<number>;
  uid: string;
  job_id: number;
  attempt: number;
  name: string;
  media_type: string;
  location: string;
  bytes: number;
  rows: number | null;
  sha256: string;
  data_key_sealed: Bytes | null;
  created_at: Generated<Timestamp>;
  expires_at: Timestamp | null;
  deleted_at: Timestamp | null;
  detail: unknown;
}

export interface LeaseTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  source_id: number;
  kind: string;
  holder_uid: string;
  holder: string;
  user_id: number | null;
  node: string | null;
  since: Generated<Timestamp>;
  until: Timestamp | null;
}

export interface LimitValueTable {
  level: string;
  tenant_id: number | null;
  user_id: number | null;
  source_id: number | null;
  name: string;
  value: Numeric;
  updated_at: Generated<Timestamp>;
}

export interface MilestoneTable {
  id: GeneratedAlways<number>;
  uid: string;
  workspace_id: number;
  name: string;
  target_date: string;
  state: Generated<string>;
  created_at: Generated<Timestamp>;
}

export interface NamedSecretTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  name: string;
  username: string | null;
  secret_sealed: Bytes;
  updated_at: Generated<Timestamp>;
}

export interface NodeTable {
  uid: string;
  host: string;
  process_id: number;
  version: string;
  runtime: string;
  address: string | null;
  started_at: Generated<Timestamp>;
  seen_at: Generated<Timestamp>;
}

export interface NotificationTable {
  id: GeneratedAlways<number>;
  recipient_id: number;
  activity_id: number;
  comment_id: number | null;
  created_at: Generated<Timestamp>;
  read_at: Timestamp | null;
}

export interface OauthClientTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  user_id: number;
  name: string;
  description: string | null;
  redirect_urls: Generated<string[]>;
  client_id: string;
  secret_hash: Bytes;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface OauthGrantTable {
  token_hash: Bytes;
  kind: string;
  client_id: number;
  user_id: number;
  auth_version: number;
  scope: string;
  redirect_url: string | null;
  created_at: Generated<Timestamp>;
  expires_at: Timestamp;
}

export interface PictureTable {
  id: GeneratedAlways<number>;
  user_id: number | null;
  workspace_id: number | null;
  file_name: string;
  media_type: string;
  content: Bytes;
  updated_at: Generated<Timestamp>;
}

export interface ProviderAccountTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  provider: number;
  account_id: string;
  account_folded: string;
  region: string;
  alias: string | null;
  details: Generated<unknown>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface RateBucketTable {
  tenant_id: number;
  purpose: string;
  subject: string;
  tokens: number;
  allowed: boolean;
  refilled_at: Timestamp;
}

export interface RoleTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  name: string;
  name_folded: string;
  description: string | null;
  permissions: Generated<number[]>;
  builtin: Generated<boolean>;
  version: Generated<number>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface SdpsFileTable {
  tenant_id: number;
  name: string;
  counts: unknown;
  content: Bytes;
  created_at: Generated<Timestamp>;
}

export interface SdpsSettingTable {
  tenant_id: number;
  config_key: string;
  config_value: string;
}

export interface SessionTable {
  token_hash: Bytes;
  uid: string;
  user_id: number;
  auth_version: number;
  door: string;
  user_agent: string | null;
  address: string | null;
  created_at: Generated<Timestamp>;
  last_seen_at: Generated<Timestamp>;
  expires_at: Timestamp;
  service_id: number | null;
  scopes: Generated<string[]>;
}

export interface SettingTable {
  name: string;
  value: unknown;
  updated_at: Generated<Timestamp>;
}

export interface ShareTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  resource_type: Generated<string>;
  resource_id: number;
  subject_type: string;
  user_id: number | null;
  group_id: number | null;
  subject_tenant_id: number | null;
  permissions: number[];
  credential_kind: string | null;
  expires_at: Timestamp | null;
  version: Generated<number>;
  created_by: number | null;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface ShareSwitchTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  resource_type: string;
  resource_id: number;
  switches: Generated<unknown>;
  created_by: number | null;
  created_at: Generated<Timestamp>;
  updated_by: number | null;
  updated_at: Generated<Timestamp>;
}

export interface SignInAttemptTable {
  state_hash: Bytes;
  browser_hash: Bytes;
  service_id: number;
  return_to: string;
  expires_at: Timestamp;
}

export interface SignInFailureTable {
  username_folded: string;
  failures: number;
  window_started_at: Timestamp;
  locked_until: Timestamp | null;
}

export interface SignInLinkTable {
  id: GeneratedAlways<number>;
  uid: string;
  service_id: number;
  user_id: number;
  login: string | null;
  login_folded: string | null;
  subject: string | null;
  created_at: Generated<Timestamp>;
  last_sign_in_at: Timestamp | null;
}

export interface SignInServiceTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number | null;
  name: string;
  name_folded: string;
  kind: string;
  description: string | null;
  enabled: Generated<boolean>;
  is_default: Generated<boolean>;
  settings: Generated<unknown>;
  secrets_sealed: Bytes | null;
  create_users: Generated<boolean>;
  sync_roles: Generated<boolean>;
  version: Generated<number>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface SignInServiceRoleTable {
  service_id: number;
  external_group: string;
  role_id: number;
}

export interface SourceDatabaseTable {
  id: GeneratedAlways<number>;
  source_id: number;
  name: string;
}

export interface SourceDoorDataTable {
  tenant_id: number;
  source_id: number;
  door: string;
  data: unknown;
  secrets_sealed: Bytes | null;
  updated_at: Generated<Timestamp>;
}

export interface SourceMemberTable {
  group_id: number;
  member_id: number;
  prefix: string;
  prefix_folded: string;
}

export interface SourceNameTable {
  tenant_id: number;
  source_id: number;
  door: string;
  scope: string;
  folded_name: string;
  name: string;
  live: Generated<boolean>;
}

export interface SourceSchemaTable {
  id: GeneratedAlways<number>;
  database_id: number;
  name: string;
  dataset_count: Generated<number>;
  refreshed_at: Timestamp | null;
  stale: Generated<boolean>;
  made: Generated<boolean>;
}

export interface TagTable {
  id: GeneratedAlways<number>;
  tenant_id: number;
  name: string;
  name_folded: string;
}

export interface TaggingTable {
  tag_id: number;
  entity_type: string;
  entity_id: number;
}

export interface TemplateMappingTable {
  id: GeneratedAlways<number>;
  tenant_id: number;
  identifier_id: number;
  status: Generated<number>;
  version: Generated<number>;
  create_by: Generated<string>;
  create_time: Generated<Timestamp>;
  modify_by: Generated<string>;
  modify_time: Generated<Timestamp>;
}

export interface TemplateSnapshotTable {
  id: GeneratedAlways<number>;
  tenant_id: number;
  snapshot_no: string;
  content: unknown;
  created_at: Generated<Timestamp>;
}

export interface TenantTable {
  id: GeneratedAlways<number>;
  uid: string;
  domain_uid: string;
  instance_uid: string;
  name: string;
  slug: string;
  description: string | null;
  parent_id: number | null;
  status: Generated<number>;
  settings: Generated<unknown>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface TenantAdminTable {
  tenant_id: number;
  user_id: number;
  created_at: Generated<Timestamp>;
}

export interface UsageMeterTable {
  day: string;
  tenant_id: number;
  user_id: number;
  source_id: number;
  access_type: string;
  queries: Generated<number>;
  rows: Generated<number>;
  bytes: Generated<number>;
}

export interface UserAccountTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  username: string;
  username_folded: string;
  first_name: string | null;
  last_name: string | null;
  email: string | null;
  user_type: string | null;
  profile: Generated<unknown>;
  explicit_permissions: Generated<number[]>;
  status: Generated<string>;
  builtin: string | null;
  password_hash: string | null;
  password_status: Generated<number>;
  password_changed_at: Timestamp | null;
  password_expires_at: Timestamp | null;
  scram_sealed: Bytes | null;
  auth_version: Generated<number>;
  locked_at: Timestamp | null;
  locked_until: Timestamp | null;
  last_sign_in_at: Timestamp | null;
  version: Generated<number>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
  deactivated_at: Timestamp | null;
  kind: Generated<string>;
}

export interface UserGroupTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  name: string;
  name_folded: string;
  description: string | null;
  version: Generated<number>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface UserGroupMemberTable {
  group_id: number;
  user_id: number;
  created_at: Generated<Timestamp>;
}

export interface UserRoleTable {
  user_id: number;
  role_id: number;
}

export interface UserTagTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  kind: string;
  name: string;
  name_folded: string;
  description: string | null;
  created_by: number | null;
  created_at: Generated<Timestamp>;
  updated_by: number | null;
  updated_at: Generated<Timestamp>;
}

export interface UserTagValueTable {
  tag_id: number;
  user_id: number | null;
  group_id: number | null;
  value: string[];
  updated_at: Generated<Timestamp>;
}

export interface WebhookTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  name: string;
  name_folded: string;
  url: string;
  events: string[];
  kind: string | null;
  source_uid: string | null;
  enabled: Generated<boolean>;
  disabled_because: string | null;
  secret_sealed: Bytes;
  previous_secret_sealed: Bytes | null;
  previous_until: Timestamp | null;
  created_by: number | null;
  version: Generated<number>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface WorkfileTable {
  id: GeneratedAlways<number>;
  uid: string;
  workspace_id: number;
  file_name: string;
  name_folded: string;
  description: string | null;
  owner_id: number | null;
  execution_schema_id: number | null;
  created_at: Generated<Timestamp>;
  modified_at: Generated<Timestamp>;
  deleted_at: Timestamp | null;
  version: Generated<number>;
}

export interface WorkfileDraftTable {
  id: GeneratedAlways<number>;
  workfile_id: number;
  owner_id: number;
  content: Bytes;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface WorkfileVersionTable {
  id: GeneratedAlways<number>;
  workfile_id: number;
  number: number;
  commit_message: string | null;
  owner_id: number | null;
  modifier_id: number | null;
  content: Bytes;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
}

export interface WorkspaceTable {
  id: GeneratedAlways<number>;
  uid: string;
  tenant_id: number;
  name: string;
  name_folded: string;
  description: string | null;
  owner_id: number | null;
  is_default: Generated<boolean>;
  is_public: Generated<boolean>;
  archived_at: Timestamp | null;
  eps_id: string | null;
  settings: Generated<unknown>;
  version: Generated<number>;
  created_at: Generated<Timestamp>;
  updated_at: Generated<Timestamp>;
  deleted_at: Timestamp | null;
  stage_id: number | null;
  archiver_id: number | null;
  is_project: Generated<boolean>;
  project_status: Generated<string>;
  project_status_reason: string | null;
  show_sandbox_datasets: Generated<boolean>;
  sandbox_schema_id: number | null;
  has_added_member: Generated<boolean>;
  has_added_workfile: Generated<boolean>;
  has_added_sandbox: Generated<boolean>;
  has_changed_settings: Generated<boolean>;
  created_by: number | null;
  updated_by: number | null;
}

export interface WorkspaceDatasetTable {
  workspace_id: number;
  dataset_id: number;
  created_at: Generated<Timestamp>;
}

export interface WorkspaceMemberTable {
  workspace_id: number;
  user_id: number | null;
  group_id: number | null;
  role: Generated<string>;
  label: string | null;
  created_at: Generated<Timestamp>;
}

export interface WorkspaceStageTable {
  id: number;
  name: string;
  position: number;
  is_default: Generated<boolean>;
  description_long: string;
  description_short: string;
}

export interface DB {
  access_key: AccessKeyTable;
  activity: ActivityTable;
  activity_attachment: ActivityAttachmentTable;
  activity_comment: ActivityCommentTable;
  address_rule: AddressRuleTable;
  api_token: ApiTokenTable;
  audit_checkpoint: AuditCheckpointTable;
  audit_event: AuditEventTable;
  audit_link: AuditLinkTable;
  audit_sealer: AuditSealerTable;
  catalog_column: CatalogColumnTable;
  catalog_crawl: CatalogCrawlTable;
  catalog_database: CatalogDatabaseTable;
  catalog_drift: CatalogDriftTable;
  catalog_item: CatalogItemTable;
  catalog_label: CatalogLabelTable;
  catalog_table: CatalogTableTable;
  connector: ConnectorTable;
  connector_member: ConnectorMemberTable;
  connector_user: ConnectorUserTable;
  cors_origin: CorsOriginTable;
  credential: CredentialTable;
  data_key: DataKeyTable;
  data_source: DataSourceTable;
  dataset: DatasetTable;
  dataset_model: DatasetModelTable;
  dataset_rule: DatasetRuleTable;
  deleted_user: DeletedUserTable;
  detection_identifier: DetectionIdentifierTable;
  detection_property: DetectionPropertyTable;
  discovery_finding: DiscoveryFindingTable;
  discovery_job: DiscoveryJobTable;
  discovery_run: DiscoveryRunTable;
  discovery_run_database: DiscoveryRunDatabaseTable;
  discovery_table: DiscoveryTableTable;
  event_delivery: EventDeliveryTable;
  external_identity: ExternalIdentityTable;
  idempotency_record: IdempotencyRecordTable;
  job: JobTable;
  job_attempt: JobAttemptTable;
  job_definition: JobDefinitionTable;
  job_event: JobEventTable;
  job_item: JobItemTable;
  job_output: JobOutputTable;
  lease: LeaseTable;
  limit_value: LimitValueTable;
  milestone: MilestoneTable;
  named_secret: NamedSecretTable;
  node: NodeTable;
  notification: NotificationTable;
  oauth_client: OauthClientTable;
  oauth_grant: OauthGrantTable;
  picture: PictureTable;
  provider_account: ProviderAccountTable;
  rate_bucket: RateBucketTable;
  role: RoleTable;
  sdps_file: SdpsFileTable;
  sdps_setting: SdpsSettingTable;
  session: SessionTable;
  setting: SettingTable;
  share: ShareTable;
  share_switch: ShareSwitchTable;
  sign_in_attempt: SignInAttemptTable;
  sign_in_failure: SignInFailureTable;
  sign_in_link: SignInLinkTable;
  sign_in_service: SignInServiceTable;
  sign_in_service_role: SignInServiceRoleTable;
  source_database: SourceDatabaseTable;
  source_door_data: SourceDoorDataTable;
  source_member: SourceMemberTable;
  source_name: SourceNameTable;
  source_schema: SourceSchemaTable;
  tag: TagTable;
  tagging: TaggingTable;
  template_mapping: TemplateMappingTable;
  template_snapshot: TemplateSnapshotTable;
  tenant: TenantTable;
  tenant_admin: TenantAdminTable;
  usage_meter: UsageMeterTable;
  user_account: UserAccountTable;
  user_group: UserGroupTable;
  user_group_member: UserGroupMemberTable;
  user_role: UserRoleTable;
  user_tag: UserTagTable;
  user_tag_value: UserTagValueTable;
  webhook: WebhookTable;
  workfile: WorkfileTable;
  workfile_draft: WorkfileDraftTable;
  workfile_version: WorkfileVersionTable;
  workspace: WorkspaceTable;
  workspace_dataset: WorkspaceDatasetTable;
  workspace_member: WorkspaceMemberTable;
  workspace_stage: WorkspaceStageTable;
}
