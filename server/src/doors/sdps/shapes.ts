/** Bodies and queries that several routes share (sdps.md §2.7, §4). */
import { type Condition, type InstanceInput, type QueryCondition, unforeseen } from '../../domain/sdps/index.ts';
import { element, optional, type Parsed, Reading, required, type Shape, sure, withDefault } from './fields.ts';

const condition = {
  column: withDefault.text(''),
  values: optional.list(element.text),
  condition: optional.text(),
  operation: withDefault.text('='),
} satisfies Shape;

/** An element that is an object of this shape. */
export function objectOf<S extends Shape>(shape: S): (value: unknown) => Parsed<S> {
  return (value) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unforeseen();
    const reading = new Reading();
    const parsed = reading.object('body', shape, value as Record<string, unknown>); // checked just now
    reading.end();
    return parsed;
  };
}

/** Page and size out of range are 1000 in a body (§2.7): read as plain integers, judged by `queryCondition`. */
export const queryBody = {
  page: optional.integer,
  size: optional.integer,
  sort_column: withDefault.text(''),
  asc: withDefault.boolean(true),
  conditions: optional.list(objectOf(condition)),
  group_column: withDefault.text(''),
} satisfies Shape;

const largestPage = 100;

/** Throws SdpsError 1000 for pages and sizes that there are none of. */
export function queryCondition(body: Parsed<typeof queryBody>, raw: unknown): QueryCondition {
  const given = (raw ?? {}) as Record<string, unknown>; // an object: `body` was read of it
  const page = body.page ?? (given.page === null ? 0 : 1);
  const size = body.size ?? (given.size === null ? 0 : 20);
  if (page < 1 || page > 1_000_000 || size < 1 || size > largestPage) throw unforeseen();
  const conditions: Condition[] | null =
    body.conditions?.map((one) => ({
      column: sure(one.column),
      values: one.values ?? [],
      operation: sure(one.operation),
    })) ?? null;
  return {
    page,
    size,
    sortColumn: sure(body.sort_column),
    ascending: sure(body.asc),
    conditions,
    groupColumn: sure(body.group_column),
  };
}

/** Paging in a query string. */
export const pageQuery = {
  page: withDefault.integer(1, 1, 1_000_000),
  size: withDefault.integer(50, 1, largestPage),
} satisfies Shape;

export const newAccount = {
  account_provider: required.integer,
  account_id: required.text(255),
  region: required.text(64),
} satisfies Shape;

export const accountInfo = {
  account_provider_id: required.integer,
  account_id: required.text(255),
  region: required.text(255),
} satisfies Shape;

export const instanceKey = {
  instance_id: optional.text(255),
  account_provider_id: optional.integer,
  account_id: optional.text(255),
  region: optional.text(255),
} satisfies Shape;

export const instanceBody = {
  ...instanceKey,
  description: optional.text(2056),
  jdbc_connection_url: optional.text(1024),
  jdbc_connection_schema: optional.text(1024),
  jdbc_enforce_ssl: optional.text(16),
  kafka_ssl_enabled: optional.text(16),
  master_username: optional.text(255),
  password: optional.text(1024),
  secret: optional.text(255),
  skip_custom_jdbc_cert_validation: optional.text(16),
  custom_jdbc_cert: optional.text(1024),
  custom_jdbc_cert_string: optional.text(1024),
  network_availability_zone: optional.text(255),
  network_subnet_id: optional.text(255),
  network_sg_id: optional.text(255),
  glue_crawler_last_updated: optional.time,
  creation_time: optional.text(),
  last_updated_time: optional.text(),
  jdbc_driver_class_name: optional.text(2048),
  jdbc_driver_jar_uri: optional.text(2048),
  create_type: optional.integer,
} satisfies Shape;

export const deleteInstances = {
  account_provider: required.integer,
  account_id: required.text(255),
  region: required.text(255),
  instances: required.list(element.text),
} satisfies Shape;

/** What an instance's body says, for the domain. */
export function instanceInput(body: Parsed<typeof instanceBody>): InstanceInput {
  // Times and the kind of creation are read for their form alone.
  const { glue_crawler_last_updated, creation_time, last_updated_time, create_type, ...input } = body;
  return input;
}

/** Reads a body by a shape, where the route has read it as it came. Throws SdpsError 400. */
export function readShape<S extends Shape>(shape: S, body: unknown): Parsed<S> {
  const reading = new Reading();
  const parsed = reading.body(shape, body);
  reading.end();
  return parsed;
}
