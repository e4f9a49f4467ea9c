/**
 * Identifiers that are more than a shape of letters and digits: addresses, dates, numbers that are told by their hyphens,
 * names and words. Each takes the raw value, and says by which characters one sees that it need not look. Expressions
 * here have no repetition inside a repetition, and every repetition is bounded or followed by what it cannot take:
 * a test runs them on hostile values.
 */
import { isDay } from './checks.ts';
import { isChineseName, isLatinName } from './names.ts';

/** Kinds of character that a value holds, as bits. */
export const Has = { digit: 1, letter: 2, at: 4, colon: 8, dot: 16, hyphen: 32, slash: 64, wide: 128 } as const;

export interface Special {
  readonly id: number;
  /** One of these sets of bits must be in the value. */
  readonly needs: readonly number[];
  /** How often the value holds it. */
  readonly count: (value: string) => number;
}

const yes = (found: boolean): number => (found ? 1 : 0);
const whole =
  (expression: RegExp) =>
  (value: string): number =>
    yes(expression.test(value));

const isLocal = (code: number): boolean =>
  (code >= 48 && code <= 57) ||
  (code >= 65 && code <= 90) ||
  (code >= 97 && code <= 122) ||
  '._%+-'.includes(String.fromCharCode(code));
const domain = /^[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){0,8}/;

/** E-mail addresses in a text. */
export function countEmails(value: string): number {
  let count = 0;
  for (let at = value.indexOf('@'); at !== -1; at = value.indexOf('@', at + 1)) {
    if (at === 0 || !isLocal(value.charCodeAt(at - 1))) continue;
    const name = domain.exec(value.slice(at + 1, at + 255))?.[0] ?? '';
    const top = name.slice(name.lastIndexOf('.') + 1);
    if (name.includes('.') && /^[A-Za-z]{2,63}$/.test(top)) count += 1;
  }
  return count;
}

const octet = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const ipv4 = new RegExp(`(?<![0-9.])${octet}(?:\\.${octet}){3}(?![0-9.])`, 'g');
const ipv6Characters = /^[0-9a-fA-F:.]{2,45}$/;
function isIpv6(value: string): boolean {
  let colons = 0;
  for (let at = value.indexOf(':'); at !== -1; at = value.indexOf(':', at + 1)) colons += 1;
  if (colons < 2 || (colons !== 7 && !value.includes('::')) || !ipv6Characters.test(value)) return false;
  const halves = value.split('::');
  if (halves.length > 2) return false;
  const groups = halves.flatMap((half) => (half === '' ? [] : half.split(':')));
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return false;
  return halves.length === 2 ? groups.length <= 7 : groups.length === 8;
}

function countAddresses(value: string): number {
  const second = value.indexOf('.', value.indexOf('.') + 1);
  const dotted = second > 0 && value.indexOf('.', second + 1) > 0 ? (value.match(ipv4)?.length ?? 0) : 0;
  return dotted > 0 ? dotted : yes(isIpv6(value.trim()));
}

const months = 'jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec';
const iso = /^(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:[T ]|$)/;
const numeric = /^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?: |$)/;
const named = new RegExp(`^(?:(\\d{1,2})[ -])?(?:${months})[a-z]{0,6}\\.?[ -,](\\d{1,4})(?:,? ?(\\d{4}))?$`, 'i');

/** A day of the calendar in one of the usual forms. */
export function isDate(value: string): boolean {
  if (value.length < 6 || value.length > 40) return false;
  const text = value.trim();
  const ordered = iso.exec(text);
  if (ordered !== null) return isDay(Number(ordered[2]), Number(ordered[3]));
  const short = numeric.exec(text);
  if (short !== null) {
    const [first, second] = [Number(short[1]), Number(short[2])];
    return isDay(first, second) || isDay(second, first);
  }
  const written = named.exec(text);
  if (written === null) return false;
  const day = Number(written[1] ?? written[2]);
  return day >= 1 && day <= 31 && (written[1] !== undefined || written[3] !== undefined);
}

const ssn = /^(?!000|666|9)(\d{3})-(?!00)(\d{2})-(?!0000)(\d{4})$/;
const advertised = new Set(['078-05-1120', '219-09-9999', '457-55-5462']);
const countries =
  '中国 美国 英国 法国 德国 日本 韩国 朝鲜 俄罗斯 加拿大 澳大利亚 新西兰 意大利 西班牙 葡萄牙 荷兰 比利时 瑞士 瑞典 挪威 丹麦 芬兰 冰岛 爱尔兰 奥地利 波兰 捷克 匈牙利 希腊 土耳其 以色列 埃及 南非 印度 巴基斯坦 孟加拉国 斯里兰卡 尼泊尔 泰国 越南 老挝 柬埔寨 缅甸 马来西亚 新加坡 印度尼西亚 菲律宾 文莱 蒙古 哈萨克斯坦 乌克兰 白俄罗斯 罗马尼亚 保加利亚 塞尔维亚 克罗地亚 斯洛文尼亚 斯洛伐克 立陶宛 拉脱维亚 爱沙尼亚 墨西哥 巴西 阿根廷 智利 秘鲁 哥伦比亚 委内瑞拉 古巴 沙特阿拉伯 阿联酋 卡塔尔 科威特 伊朗 伊拉克 叙利亚 约旦 黎巴嫩 也门 阿曼 巴林 尼日利亚 肯尼亚 埃塞俄比亚 摩洛哥 阿尔及利亚 突尼斯 利比亚 苏丹 加纳'.split(
    ' ',
  );
const marital = new Set('未婚 已婚 离异 离婚 丧偶 unmarried married divorced widowed'.split(' '));
const gender = new Set('男 女 男生 女生 男性 女性 transgender male female man woman men women'.split(' '));
const parties = new Set(
  '中国共产党 中共 中国国民党革命委员会 民革 中国民主同盟 民盟 中国民主建国会 民建 中国民主促进会 民进 中国农工民主党 农工党 中国致公党 致公党 九三学社 台湾民主自治同盟 台盟 无 无党派 群众 党员 中共党员'.split(
    ' ',
  ),
);
const provinces = new Set(
  '北京 天津 上海 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门'.split(
    ' ',
  ),
);
const romanised = new Set(
  'beijing tianjin shanghai chongqing hebei shanxi liaoning jilin heilongjiang jiangsu zhejiang anhui fujian jiangxi shandong henan hubei hunan guangdong hainan sichuan guizhou yunnan shaanxi gansu qinghai taiwan innermongolia neimenggu guangxi tibet xizang ningxia xinjiang hongkong xianggang macau aomen'.split(
    ' ',
  ),
);
function isProvince(value: string): boolean {
  const text = value.trim();
  const bare = text.replace(/^中国/, '').replace(/(?:省|市|(?:壮族|回族|维吾尔)?自治区|特别行政区)$/, '');
  return provinces.has(bare) || romanised.has(text.toLowerCase().replace(/ /g, ''));
}
const bankPrefixes = new Set(
  '103 185 303 402 405 410 412 415 421 422 427 433 434 436 438 442 456 468 472 504 512 524 526 548 552 566 589 601 602 603 609 620 621 622 623 624 625 627 629 664 666 683 685 688 690 694 695 843 870 888 900 905 909 911 940 955 966 968 984 985 989 990 998 999'.split(
    ' ',
  ),
);
const bankCard = /(?<![0-9A-Za-z_])\d{12,19}(?![0-9A-Za-z_])/g;
function countBankCards(value: string): number {
  const found = value.match(bankCard) ?? [];
  return found.filter((one) => [12, 16, 17, 19].includes(one.length) && bankPrefixes.has(one.slice(0, 3))).length;
}
const address = /(?:省|自治区|市|县|区|镇|乡).{0,40}(?:路|街|道|巷|弄|号|村|室|楼)/;
const plate = /^[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼][A-HJ-NP-Z][·.-]?[A-HJ-NP-Z0-9]{5,6}$/;
const idType = /(?:证|证明|证明书|证书|一卡通|户口簿|户口本|护照)$/;

/** By number; those of sdps.md §7.6 and Appendix A that no shape can tell. */
export const specials: readonly Special[] = [
  { id: 1, needs: [Has.wide], count: (value) => yes(isChineseName(value)) },
  { id: 2, needs: [Has.wide], count: whole(address) },
  { id: 7, needs: [Has.wide], count: (value) => yes(countries.some((country) => value.includes(country))) },
  { id: 8, needs: [Has.digit], count: countBankCards },
  { id: 10, needs: [Has.letter, Has.wide], count: (value) => yes(isLatinName(value) || isChineseName(value)) },
  { id: 11, needs: [Has.at], count: countEmails },
  { id: 13, needs: [Has.digit | Has.dot, Has.colon], count: countAddresses },
  {
    id: 14,
    needs: [Has.colon, Has.hyphen, Has.dot],
    count: whole(
      /^(?:[0-9A-Fa-f]{2}([:-])(?:[0-9A-Fa-f]{2}\1){4}[0-9A-Fa-f]{2}|[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4}\.[0-9A-Fa-f]{4})$/,
    ),
  },
  { id: 17, needs: [Has.digit | Has.hyphen], count: (value) => yes(ssn.test(value) && !advertised.has(value)) },
  {
    id: 18,
    needs: [Has.digit | Has.hyphen],
    count: whole(/^9\d{2}-(?:5[0-9]|6[0-5]|7[0-9]|8[0-8]|9[0-24-9])-\d{4}$/),
  },
  {
    id: 22,
    needs: [Has.digit | Has.hyphen],
    count: whole(/^(?:\d{4}-\d{4}-\d{2}|\d{5}-\d{3}-\d{2}|\d{5}-\d{4}-\d{1,2})$/),
  },
  {
    id: 41,
    needs: [Has.digit | Has.hyphen, Has.digit | Has.slash, Has.digit | Has.dot, Has.digit | Has.letter],
    count: (value) => yes(isDate(value)),
  },
  { id: 42, needs: [Has.digit | Has.hyphen], count: whole(/^9\d{2}-93-\d{4}$/) },
  { id: 80, needs: [Has.wide], count: whole(plate) },
  { id: 263, needs: [Has.wide], count: whole(/^\p{Script=Cyrillic}{2}\s?\d{6}$/u) },
  { id: 269, needs: [Has.letter, Has.wide], count: (value) => yes(marital.has(value)) },
  { id: 270, needs: [Has.wide], count: (value) => yes(parties.has(value)) },
  { id: 271, needs: [Has.letter, Has.wide], count: (value) => yes(isProvince(value)) },
  { id: 272, needs: [Has.letter, Has.wide], count: (value) => yes(gender.has(value)) },
  { id: 273, needs: [Has.wide], count: whole(idType) },
];
