/** What the door shows of datasets and rules, as far as the commands use it. */
export interface DatasetView {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly source: { readonly id: string; readonly name: string };
  readonly tables: readonly {
    readonly id: string;
    readonly schema: string | null;
    readonly name: string | null;
    readonly sql: string | null;
  }[];
  readonly fields: readonly { readonly name: string }[];
  readonly policy: SwitchesView;
  readonly version: number;
}

export interface SwitchesView {
  readonly rowsOn: boolean;
  readonly byConditionOn: boolean;
  readonly byTagOn: boolean;
  readonly othersSeeRows: boolean;
  readonly columnsOn: boolean;
}

export interface RuleView {
  readonly id: string;
  readonly name: string;
  readonly enabled: boolean;
  readonly kind: string;
  readonly scope: string;
  readonly users: readonly string[];
  readonly groups: readonly string[];
}

export function datasetFields(dataset: DatasetView): [string, string | number | null][] {
  const tables = dataset.tables.map(({ id, schema, name, sql }) =>
    sql === null ? `${id}: ${schema === null ? '' : `${schema}.`}${name}` : `${id}: a query`,
  );
  return [
    ['id', dataset.id],
    ['name', dataset.name],
    ['description', dataset.description],
    ['source', dataset.source.name],
    ['tables', tables.join(', ')],
    ['fields', dataset.fields.map(({ name }) => name).join(', ')],
    ['rules', switchesText(dataset.policy)],
  ];
}

/** `rows (by condition; others see none), columns`; `off`. */
export function switchesText(policy: SwitchesView): string {
  const kinds = [policy.byConditionOn ? 'by condition' : '', policy.byTagOn ? 'by tag' : ''].filter(Boolean).join(', ');
  const rows = policy.rowsOn ? `rows (${kinds || 'no kind'}; others see ${policy.othersSeeRows ? 'all' : 'none'})` : '';
  return [rows, policy.columnsOn ? 'columns' : ''].filter(Boolean).join(', ') || 'off';
}
