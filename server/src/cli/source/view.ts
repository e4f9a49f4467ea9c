/** A data source as the native door shows it, and as people read it. */
import { cell, time } from '../text.ts';

export interface SourceView {
  readonly id: string;
  readonly name: string;
  readonly title?: string | null;
  readonly description?: string | null;
  readonly engine: string;
  readonly host?: string | null;
  readonly port?: number | null;
  readonly database?: string | null;
  readonly schema?: string | null;
  readonly tls?: { readonly mode: string } | null;
  readonly options?: Record<string, unknown>;
  readonly metadata?: Record<string, unknown>;
  readonly labels?: Record<string, unknown>;
  readonly owner: string;
  readonly tenant?: string;
  readonly visibility?: string;
  readonly enabled?: boolean;
  readonly health?: { readonly state: string; readonly code?: string | null; readonly checkedAt?: string | null };
  readonly credential?: {
    readonly state: string;
    readonly kind?: string | null;
    readonly username?: string | null;
    readonly since?: string | null;
    readonly by?: string | null;
  };
  readonly permissions?: readonly string[];
  readonly inUse?: number;
  readonly version: number;
  readonly createdAt?: string;
  readonly updatedAt?: string;
}

/** `host:port`, with brackets around an IPv6 address. */
export function address(source: SourceView): string {
  if (!source.host) return '';
  const host = source.host.includes(':') ? `[${source.host}]` : source.host;
  return source.port ? `${host}:${source.port}` : host;
}

/** The lines of `source show`. */
export function sourceFields(source: SourceView): (readonly [string, unknown])[] {
  const { credential, health } = source;
  return [
    ['name', source.name],
    ['title', source.title || null],
    ['description', source.description || null],
    ['engine', source.engine],
    ['address', address(source)],
    ['database', source.database],
    ['schema', source.schema],
    ['tls', source.tls?.mode],
    ['options', pairs(source.options)],
    ['labels', pairs(source.labels)],
    ['metadata', pairs(source.metadata)],
    ['owner', source.owner],
    ['tenant', source.tenant],
    ['visibility', source.visibility],
    ['enabled', source.enabled === false ? 'no' : 'yes'],
    [
      'health',
      health && [health.state, health.code, health.checkedAt && time(health.checkedAt)].filter(Boolean).join(' · '),
    ],
    ['credential', credential && describeCredential(credential)],
    ['your rights', source.permissions],
    ['in use by', source.inUse],
    ['version', source.version],
    ['created', time(source.createdAt)],
    ['changed', time(source.updatedAt)],
    ['id', source.id],
  ];
}

function describeCredential(credential: NonNullable<SourceView['credential']>): string {
  const parts = [credential.state, credential.kind, credential.username && `user ${credential.username}`];
  return parts.filter(Boolean).join(' · ');
}

function pairs(value: Record<string, unknown> | undefined): string | null {
  const entries = Object.entries(value ?? {});
  return entries.length === 0 ? null : entries.map(([key, entry]) => `${key}=${cell(entry)}`).join(' ');
}
