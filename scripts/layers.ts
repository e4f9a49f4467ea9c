/** The layer rule of docs/architecture.md §2 as data: which part of the server may import which. */
import { dirname, join, normalize } from 'node:path';

/** A broken arrow. */
export interface LayerViolation {
  readonly file: string;
  readonly line: number;
  readonly imported: string;
  readonly because: string;
}

/** Parts under server/src; what is not listed (app.ts, main.ts, cli, demo …) composes and may import anything. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  platform: ['platform'],
  domain: ['domain', 'platform'],
  engines: ['engines', 'platform'],
  gateway: ['gateway', 'domain', 'engines', 'platform'],
  doors: ['doors', 'gateway', 'domain', 'platform'],
  'config.ts': ['platform', 'domain'],
};

/** Imports of types only that go against an arrow without binding code to code. */
const mayImportTypes: Readonly<Record<string, readonly string[]>> = {
  platform: ['config.ts'],
  doors: ['engines'],
  domain: ['engines'],
};

/** Packages that belong to one layer: [package, where it may be imported]. */
const packages: readonly (readonly [string, readonly string[]])[] = [
  ['fastify', ['platform', 'doors']],
  ['@electric-sql/pglite', ['platform']],
  ['@aws-sdk/client-s3', ['platform']],
  ['rabbitmq-client', ['platform']],
];

const importPattern =
  /^\s*(?:import|export)\s+(type\s+)?(?:[\w$*{}\s,]*?from\s+)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;

/** `server/src/doors/rest/x.ts` → ['doors', 'rest']; `server/src/engines/engine.ts` → ['engines']. */
function partOf(path: string): readonly string[] | undefined {
  const [root, src, part, sub] = path.split('/');
  if (root !== 'server' || src !== 'src' || part === undefined) return undefined;
  if (part === 'engines') return sub === undefined || sub.endsWith('.ts') ? [part] : [part, sub];
  return part === 'doors' && sub !== undefined ? [part, sub] : [part];
}

function isTypeOnly(statement: string): boolean {
  if (/^\s*(?:import|export)\s+type\b/.test(statement)) return true;
  const named = /\{([^}]*)\}/.exec(statement)?.[1];
  if (named === undefined || !/^\s*(?:import|export)\s*\{/.test(statement)) return false;
  const names = named.split(',').filter((one) => one.trim() !== '');
  return names.length > 0 && names.every((one) => one.trim().startsWith('type '));
}

/** The folder of engines/ that is no engine: what the dialects of SQL share. Every engine may import it. */
const sharedEngineFolder = 'sql';

/** Tests and what helps them: free to import anything, and imported by nothing else. */
const testFile = /\.(test|soak)\.ts$|\/test-?(kit|support)[\w-]*\.ts$|\/testing\//;

/** The layer rule's verdict on one file. `file` is relative to the repository, with slashes. Tests are free. */
export function layerViolations(file: string, text: string): LayerViolation[] {
  const from = partOf(file);
  if (!from || testFile.test(file)) return [];
  const found: LayerViolation[] = [];
  for (const match of text.matchAll(importPattern)) {
    const imported = match[2] ?? match[3];
    if (imported === undefined) continue;
    const because = imported.startsWith('.')
      ? brokenArrow(file, from, imported, isTypeOnly(match[0]))
      : brokenPackage(from, imported);
    if (because === undefined) continue;
    const line = text.slice(0, match.index + match[0].search(/\S/)).split('\n').length;
    found.push({ file, line, imported, because });
  }
  return found;
}

function brokenArrow(file: string, from: readonly string[], imported: string, typeOnly: boolean): string | undefined {
  const target = normalize(join(dirname(file), imported));
  if (testFile.test(target)) return 'what helps tests is for tests only';
  const to = partOf(target);
  const [part = '', door] = from;
  const [toPart = '', toDoor] = to ?? [];
  const allowed = mayImport[part];
  if (allowed === undefined) return undefined;
  if (to === undefined) return `${part} may import only what is under server/src`;
  if (part === 'doors' && toPart === 'doors' && door !== toDoor) return 'a door never imports another door';
  const betweenEngines = part === 'engines' && toPart === 'engines' && door !== undefined && toDoor !== undefined;
  if (betweenEngines && door !== toDoor && toDoor !== sharedEngineFolder)
    return 'an engine never imports another engine';
  if (allowed.includes(toPart)) return undefined;
  if (typeOnly && mayImportTypes[part]?.includes(toPart)) return undefined;
  return `${part} may import ${allowed.join(', ')}, not ${toPart}`;
}

function brokenPackage(from: readonly string[], imported: string): string | undefined {
  const rule = packages.find(([name]) => imported === name || imported.startsWith(`${name}/`));
  const part = from[0] ?? '';
  if (!rule || !(part in mayImport) || rule[1].includes(part)) return undefined;
  return `${rule[0]} is for ${rule[1].join(' and ')} only`;
}
