/** What must exist before anybody can sign in. */
import { randomBytes } from 'node:crypto';
import { sql } from 'kysely';
import { uuidv7 } from '../../platform/ids.ts';
import type { IdentityDeps } from './deps.ts';
import { checkName, foldName } from './names.ts';
import { checkPassword, Passwords } from './passwords.ts';
import { systemPrincipal } from './principal.ts';
import { insertSystemTenant } from './tenant-setup.ts';

const lockKey = 4_843_002;
const administratorRole = 1;

/**
 * Makes the system tenant, its roles 1–3, its built-in users and default workspace, and the first administrator, as
 * far as they do not exist. Safe on several nodes at once. A generated password is given back once.
 * Throws InvalidError for a name or password that breaks the rules.
 */
export async function ensureInstallation(
  deps: IdentityDeps,
  options: { readonly adminUsername: string; readonly adminPassword?: string | undefined },
): Promise<{ createdAdmin?: { username: string; password?: string } }> {
  const username = checkName(options.adminUsername, 'adminUsername');
  if (options.adminPassword !== undefined) checkPassword(options.adminPassword, 'adminPassword');
  if (await isInstalled(deps)) return {};
  const password = options.adminPassword ?? randomBytes(15).toString('base64url');
  const passwords = new Passwords(deps);
  const [hash, verifier] = await Promise.all([
    passwords.hash(password),
    passwords.scramVerifier(foldName(username), password),
  ]);
  return deps.store.transaction(async (trx) => {
    await sql`select pg_advisory_xact_lock(${lockKey})`.execute(trx);
    const tenant = await trx.selectFrom('tenant').select('id').where('id', '=', 1).executeTakeFirst();
    if (tenant === undefined) await insertSystemTenant(trx);
    const existing = await trx
      .selectFrom('user_role')
      .select('user_id')
      .where('role_id', '=', administratorRole)
      .executeTakeFirst();
    if (existing !== undefined) return {};
    const uid = uuidv7();
    const now = deps.clock.now();
    const { id } = await trx
      .insertInto('user_account')
      .values({
        uid,
        tenant_id: 1,
        username,
        username_folded: foldName(username),
        password_hash: hash,
        password_changed_at: now,
        scram_sealed: deps.vault.seal(
          { tenantId: 1, table: 'user_account', rowUid: uid, field: 'scram_sealed' },
          verifier,
        ),
      })
      .returning('id')
      .executeTakeFirstOrThrow();
    await trx.insertInto('user_role').values({ user_id: id, role_id: administratorRole }).execute();
    await trx.insertInto('tenant_admin').values({ tenant_id: 1, user_id: id }).execute();
    await deps.audit.record(trx, systemPrincipal(), {
      action: 'user.create',
      outcome: 'allowed',
      resource: { type: 'user', uid, name: username },
      tenantId: 1,
      detail: { roles: ['Administrator'], first: true },
    });
    return { createdAdmin: { username, ...(options.adminPassword === undefined ? { password } : {}) } };
  });
}

async function isInstalled(deps: IdentityDeps): Promise<boolean> {
  const row = await deps.store.db
    .selectFrom('user_role')
    .select('user_id')
    .where('role_id', '=', administratorRole)
    .executeTakeFirst();
  return row !== undefined;
}
