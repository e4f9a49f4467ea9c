/** A source's definition and its row. */
import { isUniqueViolation } from '../../platform/database/index.ts';
import { ConflictError } from '../errors.ts';
import { foldName } from '../identity/names.ts';
import type { SourceMember } from './blocking.ts';
import type { Definition } from './definition.ts';

/** A definition as columns of `data_source`. */
export function columnsOf(definition: Definition) {
  return {
    name: definition.name,
    name_folded: foldName(definition.name),
    title: definition.title,
    description: definition.description,
    engine: definition.engine,
    host: definition.host,
    port: definition.port,
    database: definition.database,
    schema: definition.schema,
    tls: JSON.stringify(definition.tls),
    options: JSON.stringify(definition.options),
    metadata: JSON.stringify(definition.metadata),
    labels: JSON.stringify(definition.labels),
    permissions: definition.permissions === null ? null : [...definition.permissions],
    visibility: definition.visibility,
    shares_credential: definition.sharesCredential,
    enabled: definition.enabled,
    complete: definition.engine !== null && definition.host !== null && definition.port !== null,
  };
}

type Columns = ReturnType<typeof columnsOf>;

/** Where a member is kept. The pair is kept in rows of its own. */
const columnOf: Readonly<Partial<Record<SourceMember, readonly (keyof Columns)[]>>> = {
  name: ['name', 'name_folded'],
  sharesCredential: ['shares_credential'],
  username: [],
  password: [],
};

/** The columns of the changed members only: two changes at a time of different members touch no more than they say. */
export function pick(columns: Columns, changed: readonly SourceMember[]): Partial<Columns> {
  const names = changed.flatMap((member) => columnOf[member] ?? [member as keyof Columns]); // named alike but for those above
  return Object.fromEntries(names.map((name) => [name, columns[name]])) as Partial<Columns>; // keys of Columns
}

/** For the `catch` of a write: turns the store's refusal of a name into ConflictError `name_taken`. */
export function nameTaken(name: string): (error: unknown) => never {
  return (error) => {
    if (isUniqueViolation(error, 'data_source_name') || isUniqueViolation(error, 'source_name_taken')) {
      throw new ConflictError('name_taken', `There is a data source with the name "${name}" already.`, {
        field: 'name',
        remedy: 'Use another name.',
      });
    }
    throw error;
  };
}
