/** Names and media types of the files of an extraction. */
import type { Compression, ExtractFormat } from '../../domain/jobs/index.ts';
import { compressedMediaTypes } from '../formats/compress.ts';

const mediaTypes: Readonly<Record<ExtractFormat, string>> = {
  ndjson: 'application/x-ndjson',
  csv: 'text/csv',
  parquet: 'application/vnd.apache.parquet',
  json: 'application/json',
};
const suffixes: Readonly<Record<Compression, string>> = { gzip: '.gz', zstd: '.zst' };

/** Characters before the suffixes; file names have at most 200. */
const longest = 180;

/** Gives every table a file name of its own: `<source>.<table>.<format>`, plain, with `-2`, `-3` … where two meet. */
export class OutputNames {
  readonly mediaType: string;
  readonly #ending: string;
  readonly #taken = new Set<string>();

  constructor(format: ExtractFormat, compression: Compression | undefined) {
    this.mediaType = compression === undefined ? mediaTypes[format] : compressedMediaTypes[compression];
    this.#ending = `.${format}${compression === undefined ? '' : suffixes[compression]}`;
  }

  /** The one file of a whole result. */
  get whole(): string {
    return `result${this.#ending}`;
  }

  take(source: string, table: string): string {
    const plain = `${source}.${table}`.replace(/[^A-Za-z0-9._-]/g, '_').replace(/^[^A-Za-z0-9]+/, '');
    const base = (plain === '' ? 'table' : plain).slice(0, longest);
    // Names are told apart ignoring case: they are unpacked on systems that do so too.
    let name = base;
    for (let count = 2; this.#taken.has(name.toLowerCase()); count += 1) name = `${base}-${count}`;
    this.#taken.add(name.toLowerCase());
    return name + this.#ending;
  }
}
