/** Points of sharing and the permissions that they stand for (dataarts.md §4.9; decisions.md 7). Pure. */
import { invalidParameter } from './refusals.ts';

const points = ['read', 'use', 'export', 'edit'] as const;
export type Point = (typeof points)[number];

const use = [2, 5, 6, 7, 100];
/** On a data source; `edit` and `export` each bring `use` and `read`, and not each other. */
const permissionsOfPoint: Readonly<Record<Point, readonly number[]>> = {
  read: [2],
  use,
  export: [...use, 101],
  edit: [...use, 3],
};

/** How far up a point stands, as clients sort by it; the owner stands at 4. */
const rank: Readonly<Record<string, number>> = { read: 0, use: 1, export: 2, edit: 3, 'edit,export': 3 };

/** The points of an `authority`; null for none, which takes the rule away. Throws InvalidError. */
export function pointsOf(authority: string | undefined): readonly Point[] | null {
  if (authority === undefined || authority.trim() === '') return null;
  const words = authority.split(',').map((word) => word.trim().toLowerCase());
  const known = words.filter((word): word is Point => points.includes(word as Point));
  const together = known.length === 1 || (known.length === 2 && known.includes('edit') && known.includes('export'));
  if (known.length !== words.length || !together) throw invalidParameter('authority');
  return known;
}

/** The permissions of points, ascending. */
export function permissionsOfPoints(of: readonly Point[]): number[] {
  return [...new Set(of.flatMap((point) => permissionsOfPoint[point]))].sort((a, b) => a - b);
}

/** The highest that a set of permissions contains, wherever it was made; null for less than reading. */
export function authorityOf(permissions: readonly number[]): string | null {
  const holds = (point: Point): boolean => permissionsOfPoint[point].every((id) => permissions.includes(id));
  if (holds('edit')) return holds('export') ? 'edit,export' : 'edit';
  return (['export', 'use', 'read'] as const).find(holds) ?? null;
}

export function rankOf(authority: string): number {
  return rank[authority] ?? 0;
}

/** Switches as they are kept: points of the kind are there, and `edit` brings what it needs (§4.9, reading (a)). */
export function completeSwitches(given: Readonly<Record<string, boolean>>): Record<string, boolean> {
  for (const name of Object.keys(given)) {
    if (!points.includes(name as Point)) throw invalidParameter('auth_switch_config');
  }
  const switches: Record<string, boolean> = { edit: false, use: false, ...given };
  return switches.edit === true ? { ...switches, use: true } : switches;
}
