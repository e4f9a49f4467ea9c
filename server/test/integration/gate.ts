/** A way between a server and its store that a test can close. */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

interface Passage {
  readonly near: Socket;
  readonly far: Socket;
  /** The server has asked for notifications here. */
  listens: boolean;
}

export class Gate {
  readonly #target: { readonly host: string; readonly port: number };
  readonly #passages = new Set<Passage>();
  #server: Server | undefined;
  #deaf = false;
  /** Where servers connect to instead of the target; the same after `cut` and `open`. */
  port = 0;

  constructor(target: { readonly host: string; readonly port: number }) {
    this.#target = target;
  }

  async open(): Promise<void> {
    this.#server = createServer((near) => this.#pass(near));
    this.#server.listen(this.port, '127.0.0.1');
    await once(this.#server, 'listening');
    const address = this.#server.address();
    if (typeof address === 'object' && address !== null) this.port = address.port;
  }

  /** Resets every connection and refuses new ones, as a database that stops. */
  cut(): void {
    this.#server?.close();
    for (const { near, far } of this.#passages) {
      near.resetAndDestroy();
      far.resetAndDestroy();
    }
  }

  /** Lets no notification through any more, without a word; all else passes. Gives how many connections that are. */
  holdNotifications(): number {
    this.#deaf = true;
    const listening = [...this.#passages].filter((passage) => passage.listens);
    for (const { far } of listening) far.pause();
    return listening.length;
  }

  #pass(near: Socket): void {
    const far = connect(this.#target.port, this.#target.host);
    const passage: Passage = { near, far, listens: false };
    this.#passages.add(passage);
    near.on('data', (chunk) => {
      if (!/\blisten\b/i.test(chunk.toString('latin1'))) return;
      passage.listens = true;
      if (this.#deaf) far.pause();
    });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      from.on('error', () => {}); // a reset is what this is for
      from.on('close', () => {
        this.#passages.delete(passage);
        to.destroy();
      });
      from.pipe(to);
    }
  }
}
