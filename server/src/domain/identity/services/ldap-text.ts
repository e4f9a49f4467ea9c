/**
 * What a person types, put into the two grammars of LDAP. Filters (RFC 4515) are parsed as templates first and filled as
 * trees, so that no text can change their shape; names (RFC 4514 §2.4) are escaped.
 */
import {
  AndFilter,
  ApproximateFilter,
  EqualityFilter,
  ExtensibleFilter,
  type Filter,
  FilterParser,
  GreaterThanEqualsFilter,
  LessThanEqualsFilter,
  NotFilter,
  OrFilter,
  SubstringFilter,
} from 'ldapts';

/** What may stand in a template, as `{login}` and `{dn}`. */
export interface TemplateValues {
  readonly login?: string;
  readonly dn?: string;
}

/** A template with its values in place. Throws what the parser throws for a template that is no filter. */
export function fillFilter(template: string, values: TemplateValues): Filter {
  return filled(FilterParser.parseString(template), (text) =>
    text.replace(/\{(login|dn)\}/g, (_, name: 'login' | 'dn') => values[name] ?? ''),
  );
}

function filled(filter: Filter, fill: (text: string) => string): Filter {
  if (filter instanceof AndFilter || filter instanceof OrFilter) {
    filter.filters = filter.filters.map((one) => filled(one, fill));
  } else if (filter instanceof NotFilter) {
    filter.filter = filled(filter.filter, fill);
  } else if (filter instanceof SubstringFilter) {
    filter.initial = fill(filter.initial);
    filter.any = filter.any.map(fill);
    filter.final = fill(filter.final);
  } else if (
    filter instanceof EqualityFilter ||
    filter instanceof ApproximateFilter ||
    filter instanceof GreaterThanEqualsFilter ||
    filter instanceof LessThanEqualsFilter ||
    filter instanceof ExtensibleFilter
  ) {
    if (typeof filter.value === 'string') filter.value = fill(filter.value);
  }
  return filter;
}

/** A value inside a distinguished name. */
export function escapeDnValue(text: string): string {
  const escaped = text
    .toWellFormed()
    .replace(/[\\,+"<>;=#]/g, (character) => `\\${character}`)
    .replace(/\p{Cc}/gu, (character) =>
      [...Buffer.from(character)].map((byte) => `\\${byte.toString(16).padStart(2, '0')}`).join(''),
    );
  return escaped.replace(/^ | $/g, '\\ ');
}

/** A bind name for a login: of a DN template the value is escaped; others are such as `{login}@corp.example`. */
export function fillBindName(template: string, login: string): string {
  const value = template.includes('=') ? escapeDnValue(login) : login;
  return template.replaceAll('{login}', () => value);
}

/** The form in which DNs are compared here: case and spaces around separators do not matter. */
export function foldDn(dn: string): string {
  return dn
    .normalize('NFC')
    .toLowerCase()
    .replace(/(?<!\\)\s*(?<!\\)([,=+])\s*/g, '$1')
    .trim();
}

/** The value of the first part of a DN: `cn=Data Team,ou=groups` → `Data Team`. */
export function firstValue(dn: string): string {
  const match = /^[^=]+=((?:\\.|[^,+\\])*)/s.exec(dn);
  return (match?.[1] ?? '').trim().replace(/\\([\\,+"<>;=# ])/g, '$1');
}

/** Whether a DN lies below another, or is it. */
export function isBelow(dn: string, base: string): boolean {
  const one = foldDn(dn);
  const other = foldDn(base);
  return other === '' || one === other || one.endsWith(`,${other}`);
}
