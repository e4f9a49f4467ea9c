/** From what a caller asks for to what a job is made of: the sources that it uses, and what is stored of it. */
import { createHash } from 'node:crypto';
import type { Access, SourceFacts } from '../access/index.ts';
import { canonicalJson } from '../canonical-json.ts';
import { InvalidError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import { readExport } from './export-spec.ts';
import { checkExtractSources, readExtract } from './extract-spec.ts';
import type { ExportInput, ExtractInput, JobInput } from './model.ts';

/** A job that may be stored: its creator may use its sources, and its wish is well-formed. */
export interface Submission {
  readonly kind: string;
  /** As stored; JSON. */
  readonly spec: object;
  /** In the order of the job's items. */
  readonly sources: readonly SourceFacts[];
  /** What people call it in lists of holders: `orders.csv`. */
  readonly label: string;
  /** What tells equal wishes from others. */
  readonly fingerprint: string;
  /** For the audit event. */
  readonly detail: object;
}

/** Throws InvalidError, ForbiddenError `permission_missing`, NotFoundError `source_not_found`. */
export async function prepareSubmission(access: Access, principal: Principal, input: JobInput): Promise<Submission> {
  switch (input.kind) {
    case 'export':
      return prepareExport(access, principal, input);
    case 'extract':
      return prepareExtract(access, principal, input);
    default:
      throw new InvalidError('kind_unknown', 'There is no such kind of job.', {
        field: 'kind',
        remedy: 'Use export or extract.',
      });
  }
}

async function prepareExport(access: Access, principal: Principal, input: ExportInput): Promise<Submission> {
  const facts = await extractable(access, principal, input.source);
  const spec = readExport(input, facts.source.name);
  return {
    kind: input.kind,
    spec,
    sources: [facts],
    label: spec.fileName,
    fingerprint: fingerprint(input),
    detail: {
      format: spec.format,
      source: facts.source.name,
      sourceId: facts.source.uid,
      statementSha256: createHash('sha256').update(spec.sql).digest('hex'),
    },
  };
}

async function prepareExtract(access: Access, principal: Principal, input: ExtractInput): Promise<Submission> {
  checkExtractSources(input.sources);
  const sources: SourceFacts[] = [];
  for (const { source } of input.sources) sources.push(await extractable(access, principal, source));
  const spec = readExtract(
    input,
    sources.map(({ source }) => source),
  );
  return {
    kind: input.kind,
    spec,
    sources,
    label: sources.map(({ source }) => source.name).join(', '),
    fingerprint: fingerprint(input),
    detail: {
      format: spec.format,
      sources: spec.sources.map(({ id, label, tables }) => ({
        source: label,
        sourceId: id,
        tables: tables.slice(0, 50).map(({ schema, table }) => (schema === undefined ? table : `${schema}.${table}`)),
        tableCount: tables.length,
      })),
    },
  };
}

async function extractable(access: Access, principal: Principal, source: string): Promise<SourceFacts> {
  const facts = await access.resolve(principal, source);
  access.authorise(principal, 'source.extract', facts);
  return facts;
}

/** Equal inputs have equal fingerprints, whatever the order of their members. */
export function fingerprint(input: unknown): string {
  return createHash('sha256').update(canonicalJson(input)).digest('hex');
}
