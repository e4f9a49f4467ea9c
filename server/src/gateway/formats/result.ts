/** One result while it is encoded, in any format: what a running query drives. */
import type { Column } from '../../engines/engine.ts';
import type { EncoderLimits, RowEncoder } from './index.ts';
import { EncoderState, type TakeChunk } from './state.ts';

export interface ResultHooks {
  /** Takes a filled buffer, see `TakeChunk`. */
  readonly take: TakeChunk;
  /** The encoder has more work than it should: rows should wait; and: they may come again. */
  readonly busy: (busy: boolean) => void;
}

export interface ResultEncoder {
  readonly contentType: string;
  readonly columnsHeader: string | null;
  readonly columns: readonly Column[];
  readonly rows: number;
  /** Bytes of the body so far, handed on or not. */
  readonly total: number;
  /** Bytes handed on. */
  readonly flushed: number;
  /** A limit was hit: nothing more is taken. */
  readonly limited: boolean;
  /** Consumes complete row frames of `b[o, end)`; returns the offset of the first byte not consumed. */
  frames(b: Buffer, o: number, end: number): number;
  values(row: readonly unknown[]): void;
  /** Hands on what is ready although no buffer is full. */
  flush(): void;
  /** The receiver is full, or takes again. Bytes that come meanwhile are few. */
  pause(): void;
  resume(): void;
  /** Writes what stands behind the last row. Undefined when that is done at once. */
  finish(): Promise<void> | undefined;
  /** Gives buffers back and stops; a pending `finish` rejects with the error. Not to be used afterwards. */
  dispose(error?: unknown): void;
}

/** NDJSON, JSON, CSV: a row is bytes as soon as it is there. */
export class TextResult implements ResultEncoder {
  readonly #encoder: RowEncoder;
  readonly #state: EncoderState;

  constructor(encoder: RowEncoder, limits: EncoderLimits, take: TakeChunk) {
    this.#encoder = encoder;
    this.#state = new EncoderState(limits, encoder.closingBytes, take);
    encoder.begin(this.#state);
  }

  get contentType(): string {
    return this.#encoder.contentType;
  }
  get columnsHeader(): string | null {
    return this.#encoder.columnsHeader;
  }
  get columns(): readonly Column[] {
    return this.#encoder.layout.columns;
  }
  get rows(): number {
    return this.#state.rows;
  }
  get total(): number {
    return this.#state.total;
  }
  get flushed(): number {
    return this.#state.flushed;
  }
  get limited(): boolean {
    return this.#state.limited;
  }

  frames(b: Buffer, o: number, end: number): number {
    return this.#encoder.frames(this.#state, b, o, end);
  }

  values(row: readonly unknown[]): void {
    this.#encoder.values(this.#state, row);
  }

  flush(): void {
    this.#state.flush();
  }

  pause(): void {}
  resume(): void {}

  finish(): undefined {
    this.#encoder.finish(this.#state);
  }

  dispose(): void {
    this.#state.dispose();
  }
}
