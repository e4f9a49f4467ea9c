/** Shapes of provider accounts, named secrets, catalogs and discovery. */
import Type from 'typebox';
import {
  definitionStates,
  findingStates,
  privacyWords,
  runSourceStates,
  runStates,
} from '../../../domain/discovery/index.ts';
import { providers } from '../../../domain/sdps/index.ts';
import { nullable, oneOf, optionalText, sourceParams, strict, text, timestamp } from './common.ts';

const number = Type.Integer({ minimum: 1, maximum: Number.MAX_SAFE_INTEGER });
const provider = oneOf(providers.map(({ word }) => word) as [string, ...string[]]);
const optionalString = nullable(Type.String());

export const accountParams = strict({ id: text(255, "The account's id.") });
export const accountBody = strict({
  id: text(255, 'Unique in the tenant, over all providers, ignoring case.'),
  provider,
  region: optionalText(64, "Of AWS accounts the installation's own region counts."),
});
export const accountFilter = { q: optionalText(255, 'Part of the id.'), provider: Type.Optional(provider) };
export const account = Type.Object(
  {
    id: Type.String(),
    provider: Type.String(),
    region: Type.String(),
    sources: Type.Integer(),
    catalogued: Type.Integer({ description: 'Those of its sources that were catalogued.' }),
    builtin: Type.Boolean({ description: 'It stands for sources that were made elsewhere.' }),
    createdAt: nullable(timestamp),
  },
  { title: 'Account' },
);
export const provided = Type.Object(
  { name: Type.String(), title: Type.String(), regions: Type.Array(Type.String()) },
  { title: 'Provider' },
);

export const secretParams = strict({ name: text(255) });
export const secretBody = strict({ username: text(255), password: Type.String({ minLength: 1, maxLength: 16_384 }) });
export const namedSecret = Type.Object(
  { name: Type.String(), username: optionalString, updatedAt: timestamp },
  { title: 'NamedSecret' },
);

const privacy = oneOf(privacyWords, '`personal`: holds personal data; `unknown`: not looked at yet.');
const sensitivity = Type.String({ maxLength: 255 });
const labels = Type.Array(text(40), { maxItems: 100, description: 'By name; exactly these.' });
const found = Type.Array(Type.Object({ name: Type.String(), score: Type.Number() }));
const names = Type.Array(Type.String());

export const catalogTableParams = strict({
  ...sourceParams.properties,
  table: text(1024, '`database.table` or `database.schema.table`.'),
});
export const catalogColumnParams = strict({ ...catalogTableParams.properties, column: text(255) });
export const catalogTableFilter = {
  q: optionalText(256, 'Part of a table or column name.'),
  identifier: optionalText(255, 'Only tables in which it was found.'),
  label: optionalText(40),
  privacy: Type.Optional(privacy),
};
export const catalogPatch = strict({
  description: Type.Optional(nullable(Type.String({ maxLength: 2056 }))),
  privacy: Type.Optional(privacy),
  sensitivity: Type.Optional(sensitivity),
  labels: Type.Optional(labels),
});
export const catalogTablePatch = strict({
  privacy: Type.Optional(privacy),
  sensitivity: Type.Optional(sensitivity),
  labels: Type.Optional(labels),
});
export const catalogColumnPatch = strict({
  identifiers: Type.Optional(
    Type.Array(text(255), { maxItems: 100, description: 'Names; an empty list: no personal data.' }),
  ),
  privacy: Type.Optional(privacy),
  sensitivity: Type.Optional(sensitivity),
  comment: optionalText(2056),
});
const corrected = Type.Boolean({ description: 'By hand: discoveries leave it alone.' });
export const sourceCatalog = Type.Object(
  {
    source: Type.String(),
    sourceId: Type.String(),
    description: optionalString,
    privacy,
    sensitivity: Type.String(),
    labels: names,
    corrected,
    tables: Type.Integer(),
    columns: Type.Integer(),
    sampledRows: Type.Integer(),
    crawledAt: timestamp,
    version: Type.Integer(),
  },
  { title: 'SourceCatalog' },
);
export const cataloguedTable = Type.Object(
  {
    name: Type.String({ description: 'Its address in the catalog.' }),
    database: Type.String(),
    schema: Type.String(),
    table: Type.String(),
    kind: Type.String(),
    comment: optionalString,
    keys: Type.Object({}, { additionalProperties: true }),
    columns: Type.Integer(),
    rowEstimate: nullable(Type.Integer()),
    sampledRows: Type.Integer(),
    privacy,
    sensitivity: Type.String(),
    identifiers: names,
    labels: names,
    corrected,
    changedAt: timestamp,
    detectedAt: nullable(timestamp),
    version: Type.Integer(),
  },
  { title: 'CataloguedTable' },
);
export const cataloguedColumn = Type.Object(
  {
    name: Type.String(),
    position: Type.Integer(),
    type: Type.String(),
    nullable: Type.Boolean(),
    comment: optionalString,
    identifiers: found,
    privacy,
    sensitivity: Type.String(),
    samples: nullable(Type.Array(Type.String(), { description: 'Masked; null without the right to extract.' })),
    corrected,
    review: nullable(oneOf(['accepted', 'rejected'])),
    modifiedBy: Type.String(),
    modifiedAt: timestamp,
    version: Type.Integer(),
  },
  { title: 'CataloguedColumn' },
);
export const drift = Type.Object(
  {
    id: Type.Integer(),
    at: timestamp,
    change: oneOf(['table_added', 'table_removed', 'column_added', 'column_removed', 'column_changed']),
    table: Type.String(),
    column: optionalString,
    before: optionalString,
    after: optionalString,
  },
  { title: 'Drift' },
);
export const labelBody = strict({ name: text(40) });
export const labelParams = strict({ name: text(40) });
export const label = Type.Object(
  { name: Type.String(), used: Type.Integer(), createdBy: Type.String(), updatedAt: timestamp },
  { title: 'Label' },
);

const keywords = Type.Array(text(255), { maxItems: 200 });
const identifierMembers = {
  description: Type.Optional(nullable(Type.String({ maxLength: 1024 }))),
  pattern: Type.Optional(
    nullable(text(1024, 'A regular expression (RE2) that a value holds; null: the name of the column decides.')),
  ),
  headerKeywords: Type.Optional(keywords),
  excludeKeywords: Type.Optional(keywords),
  properties: Type.Optional(Type.Array(text(255), { maxItems: 50, description: 'Categories and labels, by name.' })),
};
export const identifierParams = strict({ name: text(255) });
export const identifierBody = strict({ name: text(255), ...identifierMembers });
export const identifierPatch = strict({ name: Type.Optional(text(255)), ...identifierMembers });
export const identifierFilter = {
  q: optionalText(255, 'Part of the name or description.'),
  builtin: Type.Optional(Type.Boolean()),
  inTemplate: Type.Optional(Type.Boolean()),
};
export const identifier = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    description: optionalString,
    builtin: Type.Boolean(),
    pattern: optionalString,
    headerKeywords: names,
    excludeKeywords: names,
    properties: names,
    inTemplate: Type.Boolean(),
    updatedAt: timestamp,
    version: Type.Integer(),
  },
  { title: 'Identifier' },
);
export const templateBody = strict({
  identifiers: Type.Union([Type.Literal('all'), Type.Array(text(255), { maxItems: 500 })], {
    description: 'Names, or `all`.',
  }),
});
export const template = Type.Object(
  {
    snapshot: Type.String({ description: 'Number of what it holds now; `init` while it was never changed.' }),
    identifiers: Type.Integer(),
    properties: Type.Array(Type.Object({ name: Type.String(), kind: oneOf(['category', 'label']) })),
  },
  { title: 'Template' },
);

const words = Type.Array(text(255), { maxItems: 100, description: 'Parts of column names.' });
const discoveryMembers = {
  description: Type.Optional(nullable(Type.String({ maxLength: 1024 }))),
  sources: Type.Optional(
    Type.Array(
      strict({
        source: text(256),
        tables: Type.Optional(Type.Array(text(1024), { maxItems: 100, description: 'All when absent.' })),
      }),
      { maxItems: 200 },
    ),
  ),
  provider: Type.Optional(nullable(provider)),
  cron: Type.Optional(
    nullable(text(128, 'Minute, hour, day, month, day of the week, in UTC: `0 3 * * 1-5`; null: on demand.')),
  ),
  depth: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 1000, description: 'Rows of each table; 100 when absent.' }),
  ),
  threshold: Type.Optional(
    Type.Number({ minimum: 0, maximum: 1, description: 'Share of values from which on it counts; 0.2 when absent.' }),
  ),
  changedOnly: Type.Optional(
    Type.Boolean({ description: 'Only tables that changed since they were looked at; true when absent.' }),
  ),
  overwrite: Type.Optional(Type.Boolean({ description: 'Also what was corrected by hand.' })),
  includeKeywords: Type.Optional(words),
  excludeKeywords: Type.Optional(words),
};
export const discoveryParams = strict({ id: number });
export const discoveryBody = strict({ name: text(100), ...discoveryMembers });
export const discoveryPatch = strict({ name: Type.Optional(text(100)), ...discoveryMembers });
export const discoveryJob = Type.Object(
  {
    id: Type.Integer(),
    name: Type.String(),
    description: optionalString,
    state: oneOf(definitionStates),
    sources: Type.Array(
      Type.Object({ source: optionalString, account: Type.String(), instance: optionalString, tables: names }),
    ),
    provider: nullable(Type.String({ description: 'All sources of it, beside those named.' })),
    cron: optionalString,
    depth: Type.Integer(),
    threshold: Type.Number(),
    changedOnly: Type.Boolean(),
    overwrite: Type.Boolean(),
    includeKeywords: names,
    excludeKeywords: names,
    nextRunAt: nullable(timestamp),
    lastStartedAt: nullable(timestamp),
    lastFinishedAt: nullable(timestamp),
    createdBy: Type.String(),
    createdAt: timestamp,
    updatedAt: timestamp,
    version: Type.Integer(),
  },
  { title: 'DiscoveryJob' },
);
export const discoveryRun = Type.Object(
  {
    id: Type.Integer(),
    job: Type.Integer({ description: 'The discovery job.' }),
    state: oneOf(runStates),
    snapshot: optionalString,
    sources: Type.Object({ total: Type.Integer(), done: Type.Integer(), failed: Type.Integer() }),
    tables: Type.Object({ total: Type.Integer(), done: Type.Integer() }),
    columnsFound: Type.Integer(),
    workJob: nullable(Type.String({ description: 'Id of the job that does the work.' })),
    startedAt: timestamp,
    finishedAt: nullable(timestamp),
  },
  { title: 'DiscoveryRun' },
);
export const runSource = Type.Object(
  {
    id: Type.Integer(),
    source: optionalString,
    account: Type.String(),
    instance: Type.String(),
    state: oneOf(runSourceStates),
    tables: Type.Object({ total: nullable(Type.Integer()), done: Type.Integer() }),
    columnsFound: Type.Integer(),
    startedAt: nullable(timestamp),
    finishedAt: nullable(timestamp),
    error: optionalString,
  },
  { title: 'RunSource' },
);
export const runTable = Type.Object(
  {
    source: optionalString,
    instance: Type.String(),
    table: Type.String(),
    rows: Type.Integer(),
    columnsFound: Type.Integer(),
    error: optionalString,
  },
  { title: 'RunTable' },
);
const samples = Type.Array(Type.String(), { description: 'Masked.' });
export const runFinding = Type.Object(
  {
    source: optionalString,
    instance: Type.String(),
    table: Type.String(),
    column: Type.String(),
    identifiers: found,
    samples,
  },
  { title: 'RunFinding' },
);
export const reportQuery = strict({ format: Type.Optional(oneOf(['xlsx', 'csv'], '`xlsx` when absent.')) });

export const findingParams = strict({ id: number });
export const findingFilter = {
  state: Type.Optional(oneOf(findingStates, '`pending` waits for a review.')),
  source: optionalText(256),
  identifier: optionalText(255),
};
export const reviewBody = strict({
  findings: Type.Array(number, { minItems: 1, maxItems: 500 }),
  verdict: oneOf(['accepted', 'rejected'], '`rejected`: the column holds no personal data.'),
});
export const finding = Type.Object(
  {
    id: Type.Integer(),
    source: Type.String(),
    sourceId: Type.String(),
    table: Type.String(),
    column: Type.String(),
    type: Type.String(),
    identifiers: found,
    samples,
    state: oneOf(findingStates),
    foundAt: nullable(timestamp),
    reviewedBy: optionalString,
    reviewedAt: nullable(timestamp),
  },
  { title: 'Finding' },
);
export const discoverySummary = Type.Object(
  {
    pending: Type.Integer(),
    accepted: Type.Integer(),
    rejected: Type.Integer(),
    identifiers: Type.Array(Type.Object({ name: Type.String(), columns: Type.Integer() }), {
      description: 'Found in most columns, at most 20; rejected findings are left out.',
    }),
  },
  { title: 'DiscoverySummary' },
);
export const reviewed = Type.Object({ items: Type.Array(finding) });
