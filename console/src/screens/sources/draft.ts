/** What a form about a connection holds, and what of it the server is told. */
import type { Body, Source, UrlParts } from '@headgate/client';
import type { UseFormReturnType } from '@mantine/form';

export type OptionValue = string | number | boolean;
export type TlsMode = Source['tls']['mode'];

export interface ConnectionDraft {
  readonly engine: string;
  readonly host: string;
  readonly port: number | '';
  readonly database: string;
  readonly schema: string;
  readonly username: string;
  readonly password: string;
  /** Empty: the server's own choice. */
  readonly tlsMode: TlsMode | '';
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Pasted; kept as long as its password is the one to use. */
  readonly url: string;
}

export const emptyDraft: ConnectionDraft = {
  engine: '',
  host: '',
  port: '',
  database: '',
  schema: '',
  username: '',
  password: '',
  tlsMode: '',
  ca: '',
  cert: '',
  key: '',
  options: {},
  url: '',
};

export type DraftForm = UseFormReturnType<ConnectionDraft>;

/** A draft of what is saved; the password is not known here and stays empty. */
export function draftOf(source: Source): ConnectionDraft {
  return {
    ...emptyDraft,
    engine: source.engine ?? '',
    host: source.host ?? '',
    port: source.port ?? '',
    database: source.database ?? '',
    schema: source.schema ?? '',
    username: source.credential.kind === 'source' ? (source.credential.username ?? '') : '',
    tlsMode: source.tls.mode,
    ca: source.tls.ca ?? '',
    cert: source.tls.cert ?? '',
    options: source.options as Record<string, OptionValue>,
  };
}

/** What a pasted URL says, put into the draft. Its password stays in the URL, which goes along to the server. */
export function withUrl(draft: ConnectionDraft, url: string, parts: UrlParts): ConnectionDraft {
  return {
    ...draft,
    engine: parts.engine,
    host: parts.host ?? '',
    port: parts.port ?? '',
    database: parts.database ?? '',
    schema: parts.schema ?? '',
    username: parts.username ?? '',
    password: '',
    tlsMode: parts.tls?.mode ?? '',
    options: parts.options as Record<string, OptionValue>,
    url: parts.hasPassword ? url : '',
  };
}

function tlsBody({ tlsMode, ca, cert, key }: ConnectionDraft): Body<'testConnection'>['tls'] {
  return {
    ...(tlsMode === '' ? {} : { mode: tlsMode }),
    ...(ca === '' ? {} : { ca }),
    ...(cert === '' ? {} : { cert }),
    ...(key === '' ? {} : { key }),
  };
}

/** The draft as tests and creations take it: what is empty is left to the server. */
export function bodyOf(draft: ConnectionDraft): Body<'testConnection'> & { engine: string; host: string } {
  const { engine, host, port, database, schema, username, password, options, url } = draft;
  return {
    engine,
    host: host.trim(),
    ...(port === '' ? {} : { port }),
    ...(database === '' ? {} : { database }),
    ...(schema === '' ? {} : { schema }),
    ...(username === '' ? {} : { username }),
    ...(password === '' ? {} : { password }),
    ...(url !== '' && password === '' ? { url } : {}),
    tls: tlsBody(draft),
    ...(Object.keys(options).length === 0 ? {} : { options }),
  };
}

/** The members that differ from what is saved, as a merge patch: what was emptied becomes null. */
export function patchOf(draft: ConnectionDraft, saved: ConnectionDraft): Body<'updateSource'> {
  const patch: Record<string, unknown> = {};
  for (const member of ['engine', 'host', 'port', 'database', 'schema', 'username'] as const) {
    if (draft[member] !== saved[member]) patch[member] = draft[member] === '' ? null : draft[member];
  }
  if (draft.password !== '') patch.password = draft.password;
  const tls: Record<string, unknown> = {};
  if (draft.tlsMode !== saved.tlsMode) tls.mode = draft.tlsMode === '' ? null : draft.tlsMode;
  for (const member of ['ca', 'cert', 'key'] as const) {
    if (draft[member] !== saved[member]) tls[member] = draft[member] === '' ? null : draft[member];
  }
  if (Object.keys(tls).length > 0) patch.tls = tls;
  const options: Record<string, unknown> = {};
  for (const name of new Set([...Object.keys(saved.options), ...Object.keys(draft.options)])) {
    if (draft.options[name] !== saved.options[name]) options[name] = draft.options[name] ?? null;
  }
  if (Object.keys(options).length > 0) patch.options = options;
  return patch as Body<'updateSource'>; // built member by member of that very type
}

/** The form's name of a member that the server names. */
export function formField(field: string): string {
  return (
    { 'tls/mode': 'tlsMode', tls: 'tlsMode', 'tls/ca': 'ca', 'tls/cert': 'cert', 'tls/key': 'key' }[field] ?? field
  );
}
