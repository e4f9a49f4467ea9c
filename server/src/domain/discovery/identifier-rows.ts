/** Identifiers as rows: those of the product, which are code, and those of a tenant (sdps.md §3.4, §4.8). */
import { type RawBuilder, sql } from 'kysely';
import { builtinIdentifiers } from '../catalog/classification/index.ts';

/** Properties of the product: its category and its three labels. */
export const builtinProperties = [
  { id: 1, prop_name: 'PERSONAL', prop_type: 1 },
  { id: 2, prop_name: 'S2', prop_type: 2 },
  { id: 3, prop_name: 'S3', prop_type: 2 },
  { id: 4, prop_name: 'S4', prop_type: 2 },
] as const;

export interface Property {
  readonly id: number;
  readonly prop_name: string;
  readonly prop_type: number;
}

export interface IdentifierInput {
  readonly name: string;
  readonly description: string | null;
  readonly classification: number | null;
  readonly privacy: number | null;
  readonly rule: string | null;
  readonly header_keywords: readonly string[] | null;
  readonly exclude_keywords: readonly string[] | null;
  readonly max_distance: number | null;
  readonly min_occurrence: number | null;
  readonly props: readonly number[];
}

export interface IdentifierRow {
  readonly id: number;
  readonly name: string;
  readonly type: number;
  readonly rule: string | null;
  readonly header_keywords: string | null;
  readonly exclude_keywords: string | null;
  readonly property_ids: readonly number[];
}

export const identifierColumns = [
  'id',
  'name',
  'description',
  'type',
  'classification',
  'privacy',
  'rule',
  'header_keywords',
  'exclude_keywords',
  'max_distance',
  'min_occurrence',
  'props',
  'version',
  'create_by',
  'create_time',
  'modify_by',
  'modify_time',
];

const seeded = JSON.stringify(
  builtinIdentifiers.map((one) => ({
    id: one.id,
    name: one.name,
    description:
      one.rule === 'none' ? 'No rule is published: it never matches columns.' : `${one.region}: told by ${one.rule}`,
    type: one.type,
    classification: one.type === 0 && one.rule !== 'recogniser' ? 1 : 0,
    privacy: one.type === 0 ? 1 : 0,
    header_keywords: one.headerKeywords.length === 0 ? null : JSON.stringify(one.headerKeywords),
    property_ids: one.label === null ? [] : [1, { S2: 2, S3: 3, S4: 4 }[one.label]],
  })),
);

/** All identifiers of a tenant. `props` holds their properties' ids as text, so that conditions find them. */
export function identifiersBase(tenantId: number): RawBuilder<unknown> {
  return sql`
    select b.id, b.name, b.description, b.type, b.classification, b.privacy, null::text as rule, b.header_keywords,
      null::text as exclude_keywords, null::int as max_distance, null::int as min_occurrence, b.property_ids,
      ',' || array_to_string(b.property_ids, ',') || ',' as props, 1 as version, 'SDPS' as create_by,
      timestamptz '2024-01-01' as create_time, 'SDPS' as modify_by, timestamptz '2024-01-01' as modify_time,
      timestamptz '2024-01-01' as _modified, b.id as _id
    from jsonb_to_recordset(${seeded}::jsonb) as b(id bigint, name text, description text, type int, classification int,
      privacy int, header_keywords text, property_ids bigint[])
    union all
    select i.id, i.name, i.description, 1, i.classification, i.privacy, i.rule, to_json(i.header_keywords)::text,
      to_json(i.exclude_keywords)::text, i.max_distance, i.min_occurrence, i.property_ids,
      ',' || array_to_string(i.property_ids, ',') || ',', i.version, i.create_by, i.create_time, i.modify_by,
      i.modify_time, i.modify_time, i.id
    from detection_identifier i where i.tenant_id = ${tenantId}`;
}
