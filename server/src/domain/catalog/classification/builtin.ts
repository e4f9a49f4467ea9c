/** All built-in identifiers: what each is called, where it comes from, how it is told (sdps.md §7.6, Appendix A). */
import { keywordsOf } from './keywords.ts';
import { managedRows } from './managed.ts';
import { americas } from './rules/americas.ts';
import { asia } from './rules/asia.ts';
import { europeNorth } from './rules/europe-north.ts';
import { europeSouth } from './rules/europe-south.ts';
import type { Rules } from './rules/form.ts';
import { specials } from './special.ts';

/** 0 the product's own rules, 1 written by users, 2 numbers of the world, 3 images. */
export type IdentifierType = 0 | 1 | 2 | 3;

/** How values of a built-in identifier are told. */
export type RuleKind = 'checksum' | 'shape' | 'words' | 'recogniser' | 'none';

export interface BuiltinIdentifier {
  readonly id: number;
  readonly name: string;
  readonly type: IdentifierType;
  readonly region: string;
  readonly label: 'S2' | 'S3' | 'S4' | null;
  readonly headerKeywords: readonly string[];
  /** A value alone tells nothing: the column's name must hold a keyword. */
  readonly needsKeyword: boolean;
  readonly rule: RuleKind;
}

/** Rules by shape, of all regions. */
export const shapeRules: Rules = { ...americas, ...asia, ...europeNorth, ...europeSouth };

const ownRules: readonly (readonly [id: number, name: string, label: 'S2' | 'S4', rule: RuleKind, keywords: string])[] =
  [
    [1, 'CHINA_CHINESE_NAME', 'S2', 'recogniser', ''],
    [2, 'CHINA_ADDRESS', 'S4', 'recogniser', ''],
    [7, 'CHINA_NATIONALITY', 'S2', 'words', 'nationality,nation,国籍,国家,guoji,guojia'],
    [
      8,
      'CHINA_BANK_CARD',
      'S4',
      'shape',
      'account,bank,debit,账号,账户,卡号,银行卡,储蓄卡,借记卡,zhanghao,zhanghu,kahao,yinhangka,chuxuka,jiejika',
    ],
    [
      269,
      'CHINA_MARITAL_STATUS',
      'S4',
      'words',
      'marital,marriage,relationship,spouse,hunyin,jiehun,hunpei,peiou,婚姻,结婚,婚配,配偶',
    ],
    [270, 'CHINA_POLITICAL_PARTY', 'S4', 'words', 'party,dang,党'],
    [271, 'CHINA_PROVINCE', 'S2', 'words', 'province,provincial,area,location,省,地区,sheng,diqu'],
    [272, 'CHINA_GENDER', 'S2', 'words', 'sex,gender,xingbie,性别'],
    [
      273,
      'CHINA_ID_TYPE',
      'S2',
      'words',
      'id type,id card type,id card,id_type,id_card_type,id_card,identification,identity,document,license,certificate,registration,card,证明,证件,zhengming,zhengjian',
    ],
  ];

/** One list for all without: lists are told apart by identity. */
const none: readonly string[] = [];
const images = ['FACE_IMAGE', 'BUSINESS_LICENSE_IMAGE', 'CAR_LICENSE_IMAGE', 'CHINESE_ID_IMAGE'];

function managedRule(id: number): RuleKind {
  if (id === 10) return 'recogniser';
  const forms = shapeRules[id];
  if (forms?.some(({ check }) => check !== undefined) === true) return 'checksum';
  return forms !== undefined || specials.some((special) => special.id === id) ? 'shape' : 'none';
}

/** In the order of their numbers. */
export const builtinIdentifiers: readonly BuiltinIdentifier[] = [
  ...ownRules.map(
    ([id, name, label, rule, keywords]): BuiltinIdentifier => ({
      id,
      name,
      type: 0,
      region: 'China',
      label,
      headerKeywords: keywords === '' ? none : keywords.split(','),
      needsKeyword: keywords !== '',
      rule,
    }),
  ),
  ...managedRows.map(
    ([id, name, region, label, kind]): BuiltinIdentifier => ({
      id,
      name,
      type: 2,
      region,
      label,
      headerKeywords:
        kind === 'K' || shapeRules[id]?.some(({ counts }) => counts === 'below a keyword') === true
          ? keywordsOf(name)
          : [],
      needsKeyword: kind === 'K',
      rule: managedRule(id),
    }),
  ),
  ...images.map(
    (name, index): BuiltinIdentifier => ({
      id: 274 + index,
      name,
      type: 3,
      region: '–',
      label: null,
      headerKeywords: none,
      needsKeyword: false,
      rule: 'none',
    }),
  ),
].sort((a, b) => a.id - b.id);
