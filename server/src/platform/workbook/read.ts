/**
 * Reads the cells of a workbook as texts. Of the format (ECMA-376, SpreadsheetML) it knows sheets, rows, cells with numbers,
 * shared and inline texts; formulas count with the value that was stored with them. Everything is bounded, and time is
 * linear in the size of the file.
 */
import { strFromU8, unzipSync } from 'fflate';

const mostPartBytes = 32 * 1024 * 1024;
const mostBytes = 64 * 1024 * 1024;
const mostRows = 20_000;
const mostColumns = 100;
const mostSharedTexts = 200_000;

interface Tag {
  /** Without its namespace. */
  readonly name: string;
  readonly attributes: string;
  readonly kind: 'open' | 'close' | 'empty';
  /** Text between the tag before and this one. */
  readonly before: string;
}

const quote = 34;
const apostrophe = 39;
const greater = 62;

/** Where a tag ends: quotes may hold what ends one. −1 = nowhere. */
function endOfTag(xml: string, from: number): number {
  let open = 0;
  for (let at = from; at < xml.length; at += 1) {
    const code = xml.charCodeAt(at);
    if (open !== 0) {
      if (code === open) open = 0;
    } else if (code === quote || code === apostrophe) open = code;
    else if (code === greater) return at;
  }
  return -1;
}

function* tagsOf(xml: string): Generator<Tag> {
  let textFrom = 0;
  for (let at = xml.indexOf('<'); at !== -1; at = xml.indexOf('<', textFrom)) {
    const end = endOfTag(xml, at + 1);
    if (end === -1) return;
    const inner = xml.slice(at + 1, end);
    const before = xml.slice(textFrom, at);
    textFrom = end + 1;
    const found = /^(\/?)(?:[\w.-]{1,40}:)?([\w.-]{1,40})/.exec(inner);
    if (found === null) continue; // a declaration or comment
    const kind = found[1] === '/' ? 'close' : inner.endsWith('/') ? 'empty' : 'open';
    yield { name: found[2]!, attributes: inner.slice(found[0].length), kind, before };
  }
}

function attribute(tag: Tag, name: string): string | undefined {
  const found = new RegExp(`(?:^|[\\s:])${name}\\s*=\\s*(?:"([^"]*)"|'([^']*)')`).exec(tag.attributes);
  const value = found?.[1] ?? found?.[2];
  return value === undefined ? undefined : decode(value);
}

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&(#x?)?([\dA-Za-z]{1,8});/g, (all, numeric: string | undefined, word: string) => {
    if (numeric === undefined) return entities[word] ?? all;
    const code = Number.parseInt(word, numeric === '#x' ? 16 : 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : '';
  });
}

/** `C` of `C7` as 2; −1 for what is no address. */
function columnOf(address: string | undefined): number {
  const letters = /^[A-Z]{1,3}/.exec(address ?? '')?.[0];
  if (letters === undefined) return -1;
  return [...letters].reduce((sum, letter) => sum * 26 + letter.charCodeAt(0) - 64, 0) - 1;
}

function sharedTexts(xml: string): string[] {
  const texts: string[] = [];
  let parts = '';
  let phonetic = false;
  for (const tag of tagsOf(xml)) {
    if (tag.name === 'si') {
      if (tag.kind === 'open') parts = '';
      else texts.push(tag.kind === 'empty' ? '' : parts);
      if (texts.length >= mostSharedTexts) return texts;
    } else if (tag.name === 'rPh') phonetic = tag.kind === 'open';
    else if (tag.name === 't' && tag.kind === 'close' && !phonetic) parts += decode(tag.before);
  }
  return texts;
}

function rowsOf(xml: string, shared: readonly string[]): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let column = -1;
  let type: string | undefined;
  let text = '';
  for (const tag of tagsOf(xml)) {
    if (tag.name === 'row' && tag.kind !== 'close') {
      // Rows without cells may be left out of the file.
      const number = Number(attribute(tag, 'r') ?? rows.length + 1);
      if (!Number.isInteger(number) || number <= rows.length || number > mostRows) return rows;
      while (rows.length < number - 1) rows.push([]);
      row = [];
      rows.push(row);
      column = -1;
    } else if (tag.name === 'c' && tag.kind !== 'close') {
      const place = columnOf(attribute(tag, 'r'));
      column = place === -1 ? column + 1 : place;
      type = attribute(tag, 't');
      text = '';
    } else if ((tag.name === 'v' || tag.name === 't') && tag.kind === 'close') text += decode(tag.before);
    else if (tag.name === 'c' && tag.kind === 'close' && column >= 0 && column < mostColumns) {
      while (row.length < column) row.push('');
      row[column] = type === 's' ? (shared[Number(text)] ?? '') : text;
    }
  }
  return rows;
}

/** The rows of every sheet by its name; null for what is no workbook, or too large a one. */
export function readWorkbook(file: Uint8Array): ReadonlyMap<string, readonly (readonly string[])[]> | null {
  let total = 0;
  let parts: Record<string, Uint8Array>;
  try {
    parts = unzipSync(file, {
      filter: ({ name, originalSize }) => {
        if (!/^xl\/(workbook\.xml|_rels\/workbook\.xml\.rels|sharedStrings\.xml|worksheets\/[^/]+\.xml)$/.test(name)) {
          return false;
        }
        total += originalSize;
        if (originalSize > mostPartBytes || total > mostBytes) throw new RangeError('too large');
        return true;
      },
    });
  } catch {
    return null;
  }
  const part = (name: string): string => {
    const bytes = parts[name];
    return bytes === undefined ? '' : strFromU8(bytes);
  };
  const targets = new Map<string, string>();
  for (const tag of tagsOf(part('xl/_rels/workbook.xml.rels'))) {
    if (tag.name !== 'Relationship') continue;
    const target = attribute(tag, 'Target') ?? '';
    targets.set(attribute(tag, 'Id') ?? '', target.startsWith('/') ? target.slice(1) : `xl/${target}`);
  }
  const shared = sharedTexts(part('xl/sharedStrings.xml'));
  const sheets = new Map<string, string[][]>();
  for (const tag of tagsOf(part('xl/workbook.xml'))) {
    if (tag.name !== 'sheet' || tag.kind === 'close') continue;
    sheets.set(attribute(tag, 'name') ?? '', rowsOf(part(targets.get(attribute(tag, 'id') ?? '') ?? ''), shared));
  }
  return sheets.size === 0 ? null : sheets;
}
