import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sharedPostgresql } from '../../../test/servers/shared.ts';
import { silentLogger } from '../telemetry/index.ts';
import { temporaryFolder } from '../testing/stores.ts';
import { json, notify, openStore, type Store, StoreUnavailableError } from './index.ts';

/** A TCP relay in front of the shared PostgreSQL: closing it is the server going away, for this test alone. */
class Relay {
  readonly #target: { host: string; port: number };
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  port = 0;

  constructor(target: { host: string; port: number }) {
    this.#target = target;
  }

  async open(): Promise<void> {
    this.#server = createServer((socket) => {
      const other = connect(this.#target);
      for (const one of [socket, other]) {
        this.#sockets.add(one);
        one.on('error', () => {});
        one.on('close', () => this.#sockets.delete(one));
      }
      socket.pipe(other).pipe(socket);
    });
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address) this.port = address.port;
  }

  async close(): Promise<void> {
    this.#server?.close();
    for (const socket of this.#sockets) socket.resetAndDestroy();
    if (this.#server?.listening) await once(this.#server, 'close');
  }
}

describe('a store whose PostgreSQL goes away', () => {
  const folder = temporaryFolder();
  let relay: Relay;
  let store: Store;
  let url: URL;

  beforeAll(async () => {
    const server = await sharedPostgresql();
    url = new URL(server.url(await server.createDatabase()));
    relay = new Relay({ host: server.host, port: server.port });
    await relay.open();
    url.port = String(relay.port);
    store = await openStore({ dataDir: folder.path, databaseUrl: url.href }, silentLogger());
  });
  afterAll(async () => {
    await store.close();
    await relay.close();
    folder.remove();
  });

  it('says so at once, loses nothing acknowledged, hears nothing, and is back when the server is', async () => {
    const heard: string[] = [];
    await store.listen('news', (payload) => heard.push(payload));
    await store.db
      .insertInto('setting')
      .values({ name: 'before', value: json(1) })
      .execute();

    const { promise: inside, resolve: reached } = Promise.withResolvers<void>();
    const { promise: gone, resolve: continueWork } = Promise.withResolvers<void>();
    const interrupted = store.transaction(async (trx) => {
      await trx
        .insertInto('setting')
        .values({ name: 'during', value: json(1) })
        .execute();
      reached();
      await gone;
      await trx
        .insertInto('setting')
        .values({ name: 'during 2', value: json(1) })
        .execute();
    });
    const refused = expect(interrupted).rejects.toBeInstanceOf(StoreUnavailableError);
    await inside;
    await relay.close();
    continueWork();
    await refused;
    const calls = Array.from({ length: 30 }, () => store.ping());
    for (const one of await Promise.allSettled(calls)) {
      expect(one).toMatchObject({ status: 'rejected', reason: { code: 'store_unavailable' } });
    }
    expect(store.listening).toBe(false);

    const back = new Promise<void>((resolve) => void store.onReconnect(resolve));
    await relay.open();
    await store.ping();
    await back;
    expect(store.listening).toBe(true);
    await notify(store.db, 'news', 'again');
    await expect.poll(() => heard).toEqual(['again']);
    const rows = await store.db.selectFrom('setting').select('name').orderBy('name').execute();
    expect(rows).toEqual([{ name: 'before' }]);
  });

  it('cannot be opened while the server is away, and the refusal holds no password', async () => {
    const error = await openStore(
      { dataDir: folder.path, databaseUrl: 'postgresql://u:canary@127.0.0.1:1/x' },
      silentLogger(),
    ).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(StoreUnavailableError);
    expect(JSON.stringify(error) + String(error)).not.toContain('canary');
  });
});
