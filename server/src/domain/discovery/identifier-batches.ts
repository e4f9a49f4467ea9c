/** Identifiers of one's own in and out by a workbook (sdps.md §3.4). */
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { writeWorkbook } from '../../platform/workbook/index.ts';
import type { Clock } from '../clock.ts';
import { DomainError } from '../errors.ts';
import type { Principal } from '../identity/principal.ts';
import {
  admit,
  type BatchColumns,
  type BatchOutcome,
  readBatch,
  reportName,
  SdpsError,
  type SdpsFiles,
  writeBatchReport,
} from '../sdps/index.ts';
import { type IdentifierInput, identifiersBase, type Property } from './identifier-rows.ts';
import type { Templates } from './templates.ts';

/** Columns A to I. */
export const identifierColumnsOfBatch: BatchColumns = {
  names: [
    'Name',
    'Description',
    'Rule',
    'Header Keywords',
    'Exclude Keywords',
    'Max Distance',
    'Min Occurrence',
    'Category',
    'Label',
  ],
  notes: {
    en: 'One identifier a row, from the third row on. It takes a rule, header keywords, or both; keywords are separated by commas; category and label are names of those that are there.',
    zh: '从第三行起，每行一个标识符。规则和列名关键字至少填一项；关键字以逗号分隔；类别和标签须为已有名称。',
  },
};

export interface IdentifierBatchesDeps {
  readonly store: Store;
  readonly clock: Clock;
  readonly files: SdpsFiles;
  readonly templates: Templates;
}

interface ExportRow {
  readonly name: string;
  readonly description: string | null;
  readonly rule: string | null;
  readonly header_keywords: string | null;
  readonly exclude_keywords: string | null;
  readonly max_distance: number | null;
  readonly min_occurrence: number | null;
  readonly property_ids: readonly number[];
}

const [category, label] = [1, 2];

export class IdentifierBatches {
  readonly #deps: IdentifierBatchesDeps;

  constructor(deps: IdentifierBatchesDeps) {
    this.#deps = deps;
  }

  /** Adds all rows one after the other; gives the report's name. Throws SdpsError 1259, 1261, 1262. */
  async create(principal: Principal, fileName: string, content: Uint8Array): Promise<string> {
    admit(principal, 'write');
    const { clock, files } = this.#deps;
    const batch = readBatch(fileName, content, identifierColumnsOfBatch);
    const properties = await this.#properties(principal);
    const outcomes: BatchOutcome[] = [];
    for (const row of batch.rows) outcomes.push(await this.#row(principal, row, properties));
    const report = await writeBatchReport(batch, identifierColumnsOfBatch, outcomes);
    const name = reportName(clock.now());
    await files.put(principal.subject.tenantId, name, report.content, report.counts);
    return name;
  }

  /** Keeps a workbook of the tenant's own identifiers under this name. */
  async export(principal: Principal, name: string): Promise<void> {
    admit(principal, 'read');
    const { store, files } = this.#deps;
    const properties = await this.#properties(principal);
    const { rows } = await sql<ExportRow>`
      select * from (${identifiersBase(principal.subject.tenantId)}) i where i.type = 1 order by i.id`.execute(
      store.db,
    );
    const lines = rows.map((row) => {
      const named = (type: number): string =>
        properties.find((one) => one.prop_type === type && row.property_ids.includes(one.id))?.prop_name ?? '';
      const words = (text: string | null): string => (text === null ? '' : (JSON.parse(text) as string[]).join(',')); // as stored
      return [
        row.name,
        row.description,
        row.rule,
        words(row.header_keywords),
        words(row.exclude_keywords),
        row.max_distance === null ? '' : String(row.max_distance),
        row.min_occurrence === null ? '' : String(row.min_occurrence),
        named(category),
        named(label),
      ];
    });
    const { notes, names } = identifierColumnsOfBatch;
    const workbook = await writeWorkbook([{ name: 'OriginTemplate', rows: [[notes.en], names, ...lines] }]);
    await files.put(principal.subject.tenantId, name, workbook);
  }

  async #properties(principal: Principal): Promise<readonly Property[]> {
    const lists = await Promise.all([category, label].map((type) => this.#deps.templates.properties(principal, type)));
    return lists.flat();
  }

  async #row(principal: Principal, cells: readonly string[], properties: readonly Property[]): Promise<BatchOutcome> {
    const input = inputOf(cells, properties);
    if (typeof input === 'string') return { result: 'FAILED', details: input };
    try {
      await this.#deps.templates.create(principal, input);
      return { result: 'SUCCESSED', details: '' };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const exists = error instanceof SdpsError && error.number === 1403;
      return { result: exists ? 'WARNING' : 'FAILED', details: error.message };
    }
  }
}

const lengths = [255, 1024, 1024, 4096, 4096, 10, 10, 255, 255];

/** What a row says, or what is wrong with it. */
function inputOf(cells: readonly string[], properties: readonly Property[]): IdentifierInput | string {
  const tooLong = cells.findIndex((cell, index) => cell.length > (lengths[index] ?? 0));
  if (tooLong >= 0) return `${identifierColumnsOfBatch.names[tooLong]} is too long.`;
  const [name = '', description = '', rule = '', header = '', exclude = '', distance = '', occurrence = ''] = cells;
  if (name === '') return 'Name is missing.';
  if (rule === '' && header === '') return 'Rule and Header Keywords are both missing.';
  const words = (text: string): string[] | null => {
    const list = text
      .split(/[,，\n]/)
      .map((word) => word.trim())
      .filter((word) => word !== '');
    return list.length === 0 ? null : list;
  };
  if (![distance, occurrence].every((text) => text === '' || /^\d{1,9}$/.test(text))) {
    return 'Max Distance or Min Occurrence is no number.';
  }
  const props: number[] = [];
  for (const [type, wanted] of [
    [category, cells[7] ?? ''],
    [label, cells[8] ?? ''],
  ] as const) {
    if (wanted === '') continue;
    const found = properties.find(
      (one) => one.prop_type === type && one.prop_name.toLowerCase() === wanted.toLowerCase(),
    );
    if (found === undefined) return `There is no ${type === category ? 'category' : 'label'} ${wanted}.`;
    props.push(found.id);
  }
  return {
    name,
    description: description === '' ? null : description,
    classification: 1,
    privacy: 1,
    rule: rule === '' ? null : rule,
    header_keywords: words(header),
    exclude_keywords: words(exclude),
    max_distance: distance === '' ? null : Number(distance),
    min_occurrence: occurrence === '' ? null : Number(occurrence),
    props,
  };
}
