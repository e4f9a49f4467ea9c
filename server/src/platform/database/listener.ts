/**
 * LISTEN on one connection for all channels of a store. The connection is remade when it is lost; while it is down
 * `listening` is false and notifications are missed: who caches by notification must look afresh meanwhile.
 */
import type { Client, Notification } from 'pg';
import type { Logger } from 'pino';
import { quoteIdentifier } from './driver.ts';

type OnPayload = (payload: string) => void;

/** How long the polite end of the connection may take. */
const goodbyeMs = 1_000;

/** Milliseconds between attempts to come back. */
const reconnectDelays = [50, 100, 250, 500, 1_000, 2_000];

export class Listener {
  readonly #channels = new Map<string, Set<OnPayload>>();
  readonly #reconnected = new Set<() => void>();
  readonly #connect: () => Promise<Client>;
  readonly #log: Logger;
  #client: Client | undefined;
  #opening: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #attempt = 0;
  #closed = false;

  /** @param connect makes and connects a client that is this listener's own. */
  constructor(connect: () => Promise<Client>, log: Logger) {
    this.#connect = connect;
    this.#log = log;
  }

  get listening(): boolean {
    return this.#client !== undefined;
  }

  /** Opens the connection; rejects when the first attempt fails. */
  async open(): Promise<void> {
    this.#opening ??= this.#openOnce().finally(() => {
      this.#opening = undefined;
    });
    await this.#opening;
  }

  async #openOnce(): Promise<void> {
    if (this.#client || this.#closed) return;
    const client = await this.#connect();
    client.on('notification', (message: Notification) => this.#deliver(message));
    const lost = (error?: Error): void => this.#lost(client, error);
    client.on('error', lost);
    client.on('end', () => lost());
    for (const channel of this.#channels.keys()) await client.query(`listen ${quoteIdentifier(channel)}`);
    if (this.#closed) return void client.end();
    this.#client = client;
    this.#attempt = 0;
  }

  #lost(client: Client, error?: Error): void {
    if (this.#client !== client) return;
    this.#client = undefined;
    client.end().catch(() => {});
    if (this.#closed) return;
    this.#log.warn({ err: error }, 'The connection for notifications is lost; caches are bypassed until it is back.');
    this.#retry();
  }

  #retry(): void {
    const delay = reconnectDelays[Math.min(this.#attempt, reconnectDelays.length - 1)] ?? 1_000;
    this.#attempt += 1;
    this.#timer = setTimeout(() => {
      this.open().then(
        () => {
          if (this.#closed) return;
          this.#log.info('The connection for notifications is back.');
          for (const tell of this.#reconnected) tell();
        },
        () => this.#closed || this.#retry(),
      );
    }, delay);
    this.#timer.unref();
  }

  #deliver(message: Notification): void {
    for (const onPayload of this.#channels.get(message.channel) ?? []) {
      try {
        onPayload(message.payload ?? '');
      } catch (error) {
        this.#log.error({ err: error, channel: message.channel }, 'A receiver of notifications failed.');
      }
    }
  }

  /** Calls `tell` each time the connection is back after a loss. */
  onReconnect(tell: () => void): () => void {
    this.#reconnected.add(tell);
    return () => this.#reconnected.delete(tell);
  }

  async listen(channel: string, onPayload: OnPayload): Promise<() => Promise<void>> {
    const receivers = this.#channels.get(channel) ?? new Set();
    const isNew = receivers.size === 0;
    receivers.add(onPayload);
    this.#channels.set(channel, receivers);
    if (isNew) {
      await this.#opening;
      await this.#client?.query(`listen ${quoteIdentifier(channel)}`);
    }
    return async () => {
      receivers.delete(onPayload);
      if (receivers.size > 0 || this.#channels.get(channel) !== receivers) return;
      this.#channels.delete(channel);
      await this.#client?.query(`unlisten ${quoteIdentifier(channel)}`).catch(() => {});
    };
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    const client = this.#client;
    this.#client = undefined;
    if (client === undefined) return;
    // A server that went silent never answers the goodbye: stopping must not wait for it.
    const patience = setTimeout(() => client.connection.stream.destroy(), goodbyeMs);
    await client.end().catch(() => {});
    clearTimeout(patience);
  }
}
