/**
 * RabbitMQ behind the two calls that we need: publish with a confirmation, and close. The client is loaded only when it is
 * used; it reconnects by itself, and while it is away `publish` rejects after a few seconds.
 *
 * May be imported by app; imports telemetry.
 */
import type { Publisher } from 'rabbitmq-client';
import type { Logger } from '../telemetry/index.ts';

export interface AmqpSettings {
  /** With user and password: never logged. */
  readonly url: string;
  /** The durable topic exchange that everything goes to. */
  readonly exchange: string;
  /** Durable queues that are there from the start, with the routing key that each takes. */
  readonly queues: readonly { readonly queue: string; readonly routingKey: string }[];
}

export interface AmqpMessage {
  readonly routingKey: string;
  readonly messageId: string;
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

/** How long a message waits for a connection. */
const acquireTimeoutMs = 3_000;
const connectTimeoutMs = 5_000;
/** The longest pause between attempts to come back. */
const longestPauseMs = 10_000;
/** How long closing may take: the broker may be away. */
const closeTimeoutMs = 3_000;

/** Returns at once: the broker may be away, now or later. */
export async function openAmqp(settings: AmqpSettings, log: Logger): Promise<Amqp> {
  const { Connection } = await import('rabbitmq-client');
  const connection = new Connection({
    url: settings.url,
    connectionName: 'headgate',
    acquireTimeout: acquireTimeoutMs,
    connectionTimeout: connectTimeoutMs,
    retryHigh: longestPauseMs,
  });
  connection.on('error', (error: unknown) =>
    log.warn({ reason: reasonOf(error) }, 'the connection to RabbitMQ failed'),
  );
  connection.on('connection', () => log.info('connected to RabbitMQ'));
  const { exchange } = settings;
  const publisher = connection.createPublisher({
    confirm: true,
    maxAttempts: 1,
    exchanges: [{ exchange, type: 'topic', durable: true }],
    queues: settings.queues.map(({ queue }) => ({ queue, durable: true })),
    queueBindings: settings.queues.map(({ queue, routingKey }) => ({ exchange, queue, routingKey })),
  });
  return new Amqp(exchange, publisher, async () => {
    await publisher.close();
    await connection.close();
  });
}

export class Amqp {
  readonly #exchange: string;
  readonly #publisher: Publisher;
  readonly #end: () => Promise<void>;

  constructor(exchange: string, publisher: Publisher, end: () => Promise<void>) {
    this.#exchange = exchange;
    this.#publisher = publisher;
    this.#end = end;
  }

  /** Resolves when the broker has confirmed the message, which is persistent. */
  async publish(message: AmqpMessage): Promise<void> {
    const envelope = {
      exchange: this.#exchange,
      routingKey: message.routingKey,
      messageId: message.messageId,
      contentType: 'application/json',
      durable: true,
      headers: { ...message.headers },
    };
    await this.#publisher.send(envelope, Buffer.from(message.body));
  }

  async close(): Promise<void> {
    const { promise: late, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, closeTimeoutMs);
    await Promise.race([this.#end().catch(() => {}), late]);
    clearTimeout(timer);
  }
}

/** A code or a name: the client's messages may quote the address. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
