/**
 * The installation as its administrators see it: its nodes, its keys (never their material), what waits.
 *
 * May be imported: platform/, domain/identity. Must not be imported: doors, gateway.
 */
import { hostname } from 'node:os';
import { sql } from 'kysely';
import type { Store } from '../../platform/database/index.ts';
import { uuidv7 } from '../../platform/ids.ts';
import type { Logger } from '../../platform/telemetry/index.ts';
import type { KeyState, Vault } from '../../platform/vault/index.ts';
import { Permission } from '../identity/permissions.ts';
import type { Principal } from '../identity/principal.ts';
import { isAdministrator, lacksPermission } from '../identity/rules.ts';
import { requireScope } from '../identity/scopes.ts';

export interface NodeView {
  readonly id: string;
  readonly host: string;
  readonly processId: number;
  readonly version: string;
  /** Node.js and its version. */
  readonly runtime: string;
  /** Where it serves; null for a worker. */
  readonly address: string | null;
  readonly startedAt: Date;
  readonly seenAt: Date;
  /** It was heard of within the last `silentSeconds`. */
  readonly alive: boolean;
  /** The node that answers. */
  readonly current: boolean;
}

export interface SystemView {
  readonly store: { readonly kind: 'pglite' | 'postgresql'; readonly version: string; readonly bytes: number };
  readonly keys: {
    /** The key-encryption key that wraps now. */
    readonly currentKeyId: string;
    readonly dataKeys: readonly KeyState[];
    /** Of the key that signs checkpoints of the audit trail. */
    readonly signingKeyId: string;
  };
  readonly work: {
    readonly jobsQueued: number;
    readonly jobsRunning: number;
    /** Events of the audit trail that are not in a chain yet. */
    readonly auditUnsealed: number;
  };
}

export interface SystemDeps {
  readonly store: Store;
  readonly vault: Pick<Vault, 'keys' | 'signingKey'>;
  readonly log: Logger;
  readonly version: string;
}

/** How often a node says that it lives, ms. */
const beatMs = 15_000;
/** A node that said nothing for so long counts as dead, seconds. */
const silentSeconds = 45;
/** And is forgotten after so long. */
const forgottenAfter = "interval '1 day'";

/** This process in the list of nodes, and what administrators read of the installation. */
export class System {
  readonly #deps: SystemDeps;
  readonly #uid = uuidv7();
  #timer: NodeJS.Timeout | undefined;

  constructor(deps: SystemDeps) {
    this.#deps = deps;
  }

  /** Adds this process to the list, and keeps it there. */
  async start(): Promise<void> {
    const { store, version } = this.#deps;
    await store.db
      .insertInto('node')
      .values({
        uid: this.#uid,
        host: hostname(),
        process_id: process.pid,
        version,
        runtime: `Node.js ${process.versions.node}`,
      })
      .execute();
    this.#timer = setInterval(() => void this.beat(), beatMs).unref();
  }

  /** It serves at this address now. */
  async serves(address: string): Promise<void> {
    await this.#deps.store.db.updateTable('node').set({ address }).where('uid', '=', this.#uid).execute();
  }

  /** Takes this process off the list. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    await this.#deps.store.db.deleteFrom('node').where('uid', '=', this.#uid).execute();
  }

  /** Those that run, and those that fell silent within a day. ForbiddenError `permission_missing`. */
  async nodes(principal: Principal): Promise<NodeView[]> {
    requireAdministrator(principal);
    const { rows } = await sql<Omit<NodeView, 'current'>>`
      select uid as id, host, process_id as "processId", version, runtime, address, started_at as "startedAt",
        seen_at as "seenAt", seen_at > now() - make_interval(secs => ${silentSeconds}) as alive
      from node order by started_at, uid limit 1000`.execute(this.#deps.store.db);
    return rows.map((row) => ({ ...row, current: row.id === this.#uid }));
  }

  /** ForbiddenError `permission_missing` for whoever is no administrator. */
  async read(principal: Principal): Promise<SystemView> {
    requireAdministrator(principal);
    const { store, vault } = this.#deps;
    const { rows } = await sql<SystemView['work'] & { version: string; bytes: number }>`
      select current_setting('server_version') as version, pg_database_size(current_database()) as bytes,
        (select count(*) from job where status = 'queued') as "jobsQueued",
        (select count(*) from job where status = 'running') as "jobsRunning",
        (select count(*) from audit_event e where not exists (select from audit_link l where l.event_id = e.id)
          and e.id > coalesce((select max(event_id) from audit_link), 0) - 100000) as "auditUnsealed"`.execute(
      store.db,
    );
    const { version, bytes, ...work } = rows[0]!; // always one row
    const { currentKeyId, dataKeys } = await vault.keys();
    return {
      store: { kind: store.kind, version, bytes },
      keys: { currentKeyId, dataKeys, signingKeyId: vault.signingKey().keyId },
      work,
    };
  }

  /** Says that this process lives, and forgets those that long do not; `start` sees to it. Never rejects. */
  async beat(): Promise<void> {
    try {
      await sql`update node set seen_at = now() where uid = ${this.#uid}`.execute(this.#deps.store.db);
      await sql`delete from node where seen_at < now() - ${sql.raw(forgottenAfter)}`.execute(this.#deps.store.db);
    } catch (error) {
      this.#deps.log.warn({ err: error }, 'this node could not say that it lives');
    }
  }
}

function requireAdministrator(principal: Principal): void {
  requireScope(principal, 'read');
  if (!isAdministrator(principal)) throw lacksPermission(Permission.administrator, 'This is for administrators.');
}
