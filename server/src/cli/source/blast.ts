/** What a change or a removal would touch (`--dry-run`). */
import type { Cli } from '../cli.ts';

/** The door's preview: counts or lists, by what would be touched. */
export type BlastRadius = Readonly<Record<string, unknown>>;

export function describeBlastRadius(cli: Cli, radius: BlastRadius): string {
  const lines = cli.fields(Object.entries(radius).map(([name, value]) => [`  ${name}`, summary(value)] as const));
  return `Nothing was changed. This would touch:\n${lines}`;
}

/** Names where the items have them; else the JSON. */
function summary(value: unknown): unknown {
  if (!Array.isArray(value)) return value;
  if (value.length === 0) return 'none';
  return value
    .map((item: unknown) =>
      typeof item === 'object' && item !== null && 'name' in item ? String(item.name) : JSON.stringify(item),
    )
    .join(', ');
}
