import { strToU8, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { readWorkbook, writeWorkbook } from './index.ts';

/** A workbook of one sheet, as other programs write it. */
function workbookOf(sheet: string, shared = '', name = 'One'): Uint8Array {
  return zipSync({
    'xl/workbook.xml': strToU8(
      `<?xml version="1.0"?><x:workbook xmlns:x="a" xmlns:r="b"><x:sheets><x:sheet name="${name}" sheetId="1" r:id="rId7"/></x:sheets></x:workbook>`,
    ),
    'xl/_rels/workbook.xml.rels': strToU8(
      '<Relationships><Relationship Id="rId7" Type="t" Target="/xl/worksheets/sheet1.xml"/></Relationships>',
    ),
    'xl/sharedStrings.xml': strToU8(shared),
    'xl/worksheets/sheet1.xml': strToU8(`<worksheet><sheetData>${sheet}</sheetData></worksheet>`),
  });
}

describe('a workbook', () => {
  it('is read as it was written, and no cell acts as a formula', async () => {
    const rows = [['name', 'größe & <co>'], [], ['=1+1', null, 'c']];
    const file = await writeWorkbook([
      { name: 'First', rows },
      { name: 'Second & last', rows: [['x']] },
    ]);
    const read = readWorkbook(file);
    expect([...(read?.keys() ?? [])]).toEqual(['First', 'Second & last']);
    expect(read?.get('First')?.map((row) => row.filter((cell) => cell !== ''))).toEqual([
      ['name', 'größe & <co>'],
      [],
      ["'=1+1", 'c'],
    ]);
  });

  it('may leave rows and cells out, share texts, style parts of them, and name things with a prefix', () => {
    const shared = `<sst><si><t>plain</t></si><si><r><t>two </t></r><r><t xml:space="preserve">parts</t></r><rPh><t>no</t></rPh></si></sst>`;
    const sheet = `<!-- <row> --><row r="2"><c r="B2" t="s"><v>1</v></c><c r="D2"><v>4.5</v></c></row>
      <row r="4"><c t="inlineStr"><is><t>in &#x41;&amp;&#66; "line"</t></is></c><c t="s"><v>0</v></c><c r="C4" s='a>b'/></row>`;
    expect(readWorkbook(workbookOf(sheet, shared))?.get('One')).toEqual([
      [],
      ['', 'two parts', '', '4.5'],
      [],
      ['in A&B "line"', 'plain'],
    ]);
  });

  it('is nothing when it is no archive, holds no sheet, or is larger than it may be', () => {
    expect(readWorkbook(Buffer.from('PK no archive'))).toBeNull();
    expect(readWorkbook(zipSync({ 'a.txt': strToU8('x') }))).toBeNull();
    expect(readWorkbook(workbookOf('x'.repeat(33 * 1024 * 1024)))).toBeNull();
  });

  it('is read in linear time, whatever it holds', () => {
    for (const piece of ['<c r="', '<row r="1">', '<c r="A1" t="', '&#', "<t '"]) {
      const started = process.cpuUsage();
      readWorkbook(workbookOf(piece.repeat(400_000)));
      const { user } = process.cpuUsage(started);
      expect([piece, user < 5_000_000]).toEqual([piece, true]);
    }
    // Rows and columns far out cost nothing.
    expect(readWorkbook(workbookOf('<row r="999999999"><c r="ZZZ1"><v>1</v></c></row>'))?.get('One')).toEqual([]);
  });
});
