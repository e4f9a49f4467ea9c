/**
 * Encoders generated for one column list: key bytes become constants and the common forms are inlined.
 *
 * No text of users or servers ever enters the code: keys go in as numbers, everything else is chosen from the fixed
 * texts of this file by form.
 */
import * as cells from './cells.ts';
import type { EncodeFrames } from './interpret.ts';
import { Form, type Layout } from './layout.ts';
import { rowBound } from './state.ts';

/**
 * Wider results are interpreted: V8 does not optimise functions beyond some 60 kB of bytecode, and an unoptimised
 * generated function is slower than the interpreter.
 */
export const MAX_GENERATED_COLUMNS = 64;

/** Keys are written byte by byte up to this length; longer ones are copied in a loop from a constant. */
const INLINE_KEY_BYTES = 24;

/** The generated encoder, or null when the platform forbids code generation or the result is too wide. */
export function generateEncoder(layout: Layout): EncodeFrames | null {
  if (layout.framing === null || layout.forms.length > MAX_GENERATED_COLUMNS) return null;
  try {
    // The only use of code generation in the product; see the head of this file.
    const make = new Function('c', 'rowBound', 'keys', source(layout));
    return make(cells, rowBound, layout.keys) as EncodeFrames;
  } catch {
    return null;
  }
}

function source(layout: Layout): string {
  const csv = layout.format === 'csv';
  const mysql = layout.framing === 'mysql';
  const open = csv ? '' : layout.format === 'json' ? 'w[p++]=n===0?91:44;w[p++]=123;' : 'w[p++]=123;';
  const close = csv ? 'w[p]=13;w[p+1]=10;p+=2;' : 'w[p]=125;w[p+1]=10;p+=2;';
  const head = mysql
    ? `if(end-o<5)break;
const size=b[o]|b[o+1]<<8|b[o+2]<<16,next=size===16777215?end:o+4+size;
if(next>end||size===0)break;
r=o+4;if(b[r]===255||(b[r]===254&&size<16777215))break;`
    : `if(end-o<7||b[o]!==68)break;
const next=o+1+(b[o+1]<<24|b[o+2]<<16|b[o+3]<<8|b[o+4]);
if(next<o+7)s.malformed();
if(next>end)break;r=o+7;`;
  const count = mysql ? '' : `if((b[o+5]<<8|b[o+6])!==${layout.forms.length})s.malformed();`;
  const guesses = csv ? layout.forms.map((_, index) => `let z${index}=false;`).join('') : '';
  const body = layout.forms.map((form, index) => value(layout, form, index, csv, mysql)).join('\n');
  return `'use strict';
const {ESCAPE,HEX,NOT_NUMERIC,CSV_SPECIAL}=c;
return function encode(s,b,o,end){
if(s.limited)return o;
const max=s.maxRows;
let w=s.bytes,p=s.position,cap=w.length,n=s.rows,stop=s.byteEnd;
let r=0,l=0,e=0,k=0,x=0,h=0,v=0,q=0;
${guesses}
for(;;){
${head}
if(n>=max){s.limited=true;break;}
let at=p;
const size6=(next-o)*6+${layout.slack};
if(p+size6>cap){
s.position=p;s.rows=n;s.room(rowBound(b,o,next,${layout.slack}));w=s.bytes;p=s.position;cap=w.length;stop=s.byteEnd;at=p;}
${count}${open}
${body}
if(r!==next)s.malformed();
${close}
if(p>stop){s.limited=true;p=at;break;}
n++;o=next;}
s.position=p;s.rows=n;return o;}`;
}

function value(layout: Layout, form: Form, index: number, csv: boolean, mysql: boolean): string {
  const length = mysql
    ? `if(r>=next)s.malformed();
l=b[r++];if(l===251){${csv ? '' : NULL}}else{
if(l>251){if(l===252){l=b[r]|b[r+1]<<8;r+=2;}else if(l===253){l=b[r]|b[r+1]<<8|b[r+2]<<16;r+=3;}
else{l=b.readUInt32LE(r)+b.readUInt32LE(r+4)*4294967296;r+=8;}}`
    : `if(r+4>next)s.malformed();
l=b[r]<<24|b[r+1]<<16|b[r+2]<<8|b[r+3];r+=4;
if(l<0){${csv ? '' : NULL}}else{`;
  return `${key(layout, index)}${length}e=r+l;if(e>next)s.malformed();${csv ? csvForm(form, index) : jsonForm(form)}r=e;}`;
}

function key(layout: Layout, index: number): string {
  const bytes = layout.keys[index] as Uint8Array; // index comes from forms, which has the same length
  if (bytes.length > INLINE_KEY_BYTES) {
    return `{const K=keys[${index}];for(k=0;k<${bytes.length};k++)w[p++]=K[k];}`;
  }
  let code = '';
  bytes.forEach((byte, at) => {
    code += `w[p${at > 0 ? `+${at}` : ''}]=${byte};`;
  });
  return bytes.length > 0 ? `${code}p+=${bytes.length};` : '';
}

const NULL = 'w[p]=110;w[p+1]=117;w[p+2]=108;w[p+3]=108;p+=4;';

const JSON_TEXT = `q=p;v=r;h=0;w[p++]=34;
while(r<e){k=b[r++];x=ESCAPE[k];h|=k;if(x===0)w[p++]=k;
else if(x===1){w[p]=92;w[p+1]=117;w[p+2]=48;w[p+3]=48;w[p+4]=HEX[k>>4];w[p+5]=HEX[k&15];p+=6;}
else{w[p]=92;w[p+1]=x;p+=2;}}
if(h>127&&!c.isUtf8(b,v,e))p=c.jsonRepaired(b,v,e,w,q);else w[p++]=34;`;

const JSON_NUMBER = `q=p;v=r;h=0;
while(r<e){k=b[r++];h|=NOT_NUMERIC[k];w[p++]=k;}
if(h!==0||l===0)p=c.jsonText(b,v,e,w,q);
else{k=b[v];if(k===48||k===45){if(l>1)p=c.jsonPadded(b,v,e,w,q);}}`;

function jsonForm(form: Form): string {
  switch (form) {
    case Form.number:
      return JSON_NUMBER;
    case Form.text:
      return JSON_TEXT;
    case Form.inline:
      return 'p=c.jsonInline(b,r,e,w,p);';
    case Form.textBoolean:
      return 'p=c.textBoolean(b,r,e,w,p);';
    case Form.rawBoolean:
      return 'p=c.rawBoolean(b,r,e,w,p);';
    case Form.digits:
      return 'p=c.rawDigits(b,r,e,w,p);';
    case Form.quotedDigits:
      return 'w[p]=34;p=c.rawDigits(b,r,e,w,p+1);w[p++]=34;';
    case Form.rawBase64:
      return 'w[p]=34;p=c.rawBase64(b,r,e,w,p+1);w[p++]=34;';
    case Form.hexBase64:
      return 'w[p]=34;p=c.hexBase64(b,r,e,w,p+1);w[p++]=34;';
    case Form.timestamp:
      return 'p=c.jsonTimestamp(b,r,e,w,p,false);';
    case Form.timestamptz:
      return 'p=c.jsonTimestamp(b,r,e,w,p,true);';
  }
}

/**
 * A column whose last value needed quotes (`z<index>`) gets them while it is copied; one whose last value did not is
 * copied plainly first. A wrong guess costs a second pass.
 */
const csvText = (index: number): string => `q=p;v=r;h=0;x=l===0?1:0;
if(z${index}){w[p++]=34;while(r<e){k=b[r++];w[p++]=k;x|=CSV_SPECIAL[k];h|=k;if(k===34)w[p++]=34;}w[p++]=34;
if(h>127&&!c.isUtf8(b,v,e))p=c.csvText(b,v,e,w,q);else if(x===0){z${index}=false;p=c.csvText(b,v,e,w,q);}}
else{while(r<e){k=b[r++];w[p++]=k;x|=CSV_SPECIAL[k];h|=k;}
if(h>127&&!c.isUtf8(b,v,e))p=c.csvText(b,v,e,w,q);else if(x!==0){z${index}=true;p=c.csvQuoted(b,v,e,w,q);}}`;

function csvForm(form: Form, index: number): string {
  switch (form) {
    case Form.textBoolean:
      return 'p=c.textBoolean(b,r,e,w,p);';
    case Form.rawBoolean:
      return 'p=c.rawBoolean(b,r,e,w,p);';
    case Form.digits:
    case Form.quotedDigits:
      return 'p=c.rawDigits(b,r,e,w,p);';
    case Form.rawBase64:
      return 'if(l===0){w[p]=34;w[p+1]=34;p+=2;}else p=c.rawBase64(b,r,e,w,p);';
    case Form.hexBase64:
      return 'q=p;p=c.hexBase64(b,r,e,w,p);if(p===q){w[p]=34;w[p+1]=34;p+=2;}';
    case Form.timestamp:
      return 'p=c.csvTimestamp(b,r,e,w,p,false);';
    case Form.timestamptz:
      return 'p=c.csvTimestamp(b,r,e,w,p,true);';
    default:
      return csvText(index);
  }
}
