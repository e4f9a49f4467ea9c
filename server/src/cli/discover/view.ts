/** Discovery as the native door shows it. */
import type { Found } from '../catalog/view.ts';
import { time } from '../text.ts';

export interface IdentifierView {
  readonly name: string;
  readonly description: string | null;
  readonly builtin: boolean;
  readonly pattern: string | null;
  readonly headerKeywords: readonly string[];
  readonly excludeKeywords: readonly string[];
  readonly properties: readonly string[];
  readonly inTemplate: boolean;
  readonly version: number;
}

export interface TemplateView {
  readonly snapshot: string;
  readonly identifiers: number;
}

export interface DiscoveryJobView {
  readonly id: number;
  readonly name: string;
  readonly description: string | null;
  readonly state: string;
  readonly sources: readonly { readonly source: string | null; readonly instance: string | null }[];
  readonly provider: string | null;
  readonly cron: string | null;
  readonly depth: number;
  readonly threshold: number;
  readonly changedOnly: boolean;
  readonly overwrite: boolean;
  readonly nextRunAt: string | null;
  readonly lastStartedAt: string | null;
  readonly lastFinishedAt: string | null;
  readonly version: number;
}

export interface RunView {
  readonly id: number;
  readonly job: number;
  readonly state: string;
  readonly sources: { readonly total: number; readonly done: number; readonly failed: number };
  readonly tables: { readonly total: number; readonly done: number };
  readonly columnsFound: number;
  readonly workJob: string | null;
  readonly startedAt: string;
  readonly finishedAt: string | null;
}

export interface RunSourceView {
  readonly source: string | null;
  readonly instance: string;
  readonly state: string;
  readonly tables: { readonly total: number | null; readonly done: number };
  readonly columnsFound: number;
  readonly error: string | null;
}

export interface FindingView {
  readonly id: number;
  readonly source: string;
  readonly table: string;
  readonly column: string;
  readonly identifiers: readonly Found[];
  readonly samples: readonly string[];
  readonly state: string;
  readonly reviewedBy: string | null;
}

/** The sources of a job in a line. */
export function sourcesOf(job: DiscoveryJobView): string {
  const named = job.sources.map(({ source, instance }) => source ?? instance ?? 'all of an account');
  return [...named, ...(job.provider === null ? [] : [`all of ${job.provider}`])].join(', ');
}

/** The lines of `discover show`. */
export function jobFields(job: DiscoveryJobView): (readonly [string, unknown])[] {
  return [
    ['id', job.id],
    ['name', job.name],
    ['description', job.description],
    ['state', job.state],
    ['sources', sourcesOf(job)],
    ['cron', job.cron],
    ['depth', job.depth],
    ['threshold', job.threshold],
    ['changed only', job.changedOnly ? 'yes' : 'no'],
    ['overwrite', job.overwrite ? 'yes' : 'no'],
    ['next run', job.nextRunAt && time(job.nextRunAt)],
    ['last start', job.lastStartedAt && time(job.lastStartedAt)],
    ['last end', job.lastFinishedAt && time(job.lastFinishedAt)],
    ['version', job.version],
  ];
}
