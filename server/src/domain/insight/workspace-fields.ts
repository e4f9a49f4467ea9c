/** What a write of a workspace may say (dataarts.md §5.1, §5.2). Pure. */
import { invalidParameter, workspaceNameInvalid } from './refusals.ts';
import type { WorkspaceSettings } from './rooms.ts';

/** Code points of a name at most. The vendor's console takes 50. */
const nameLimit = 32;
/** Characters of a name: letters and digits of any script, `_`, `-`, inner spaces. The console also takes `()[]/\|`. */
const nameAlphabet = /^[\p{L}\p{Nd}_\- ]+$/u;
const descriptionLimit = 10_240;
const epsIdLimit = 128;
const settingsLimits = { keys: 64, key: 128, value: 8192 } as const;
/** Settings that take `"0"` and `"1"` alone. */
const switches: ReadonlySet<string> = new Set(['default_dataset_permission']);

/** A write as it came, texts already texts. Absent members are undefined. */
export interface WorkspaceWrite {
  readonly name?: string | undefined;
  readonly epsId?: string | undefined;
  /** Undefined leaves it as it is, `""` clears. */
  readonly description?: string | undefined;
  /** Merged key by key; null removes a key. */
  readonly settings?: Readonly<Record<string, string | null>> | undefined;
}

/** A write that keeps the rules. */
export interface WorkspaceFields {
  readonly name: string;
  readonly epsId: string;
  readonly description: string | undefined;
  readonly settings: Readonly<Record<string, string | null>>;
}

const longerThan = (text: string, most: number): boolean => text.length > most && [...text].length > most;

function checkName(given: string | undefined): string {
  const name = (given ?? '').trim();
  if (name === '' || longerThan(name, nameLimit) || !nameAlphabet.test(name)) throw workspaceNameInvalid();
  return name;
}

/** `known`: enterprise projects that may be named beside `0`; none = any. */
function checkEpsId(epsId: string | undefined, known: readonly string[]): string {
  const fits = epsId !== undefined && epsId !== '' && !longerThan(epsId, epsIdLimit);
  if (!fits || (known.length > 0 && epsId !== '0' && !known.includes(epsId))) throw invalidParameter('eps_id');
  return epsId;
}

function checkSetting(key: string, value: string | null): void {
  const name = `configs.${[...key].slice(0, settingsLimits.key).join('')}`;
  if (longerThan(key, settingsLimits.key)) throw invalidParameter(name);
  if (value === null) return;
  if (longerThan(value, settingsLimits.value)) throw invalidParameter(name);
  if (switches.has(key) && value !== '0' && value !== '1') throw invalidParameter(name);
}

/** The write with its rules kept, in the order of the contract's table. Throws InvalidError. */
export function checkFields(write: WorkspaceWrite, knownEpsIds: readonly string[]): WorkspaceFields {
  const name = checkName(write.name);
  const epsId = checkEpsId(write.epsId, knownEpsIds);
  const { description, settings = {} } = write;
  if (description !== undefined && longerThan(description, descriptionLimit)) throw invalidParameter('description');
  for (const [key, value] of Object.entries(settings)) checkSetting(key, value);
  return { name, epsId, description, settings };
}

/** Settings after a write: given keys overwrite, null removes, others stay. Throws InvalidError when they are too many. */
export function mergeSettings(
  before: WorkspaceSettings,
  given: Readonly<Record<string, string | null>>,
): WorkspaceSettings {
  const merged = new Map(Object.entries(before));
  for (const [key, value] of Object.entries(given)) {
    if (value === null) merged.delete(key);
    else merged.set(key, value);
  }
  if (merged.size > settingsLimits.keys) throw invalidParameter('configs');
  return Object.fromEntries(merged);
}
