/** Names of users, groups, tenants and roles: what they may look like, and how two are compared. */
import { InvalidError } from '../errors.ts';

/** The form in which names are compared: case does not matter. */
export function foldName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

// Control and format characters, and `:`, which ends the name in Basic authentication.
const forbidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}:]/u;

/** A name as stored. Throws InvalidError `invalid_name`. */
export function checkName(name: string, field: string): string {
  const text = name.normalize('NFC');
  if (text.length < 1 || text.length > 128 || text.trim() !== text || forbidden.test(text)) {
    throw new InvalidError(
      'invalid_name',
      'A name has 1 to 128 characters, no colon, no control characters and no space around it.',
      {
        field,
      },
    );
  }
  return text;
}

/** A tenant's slug. Throws InvalidError `invalid_slug`. */
export function checkSlug(slug: string): string {
  if (!/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(slug)) {
    throw new InvalidError('invalid_slug', 'A slug has 1 to 63 lower-case letters, digits and inner hyphens.', {
      field: 'slug',
    });
  }
  return slug;
}

/** A slug made from a free name. */
export function slugOf(name: string): string {
  return name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 63)
    .replace(/^-+|-+$/g, '');
}

/** A free text of the profile: null or at most `max` characters. Throws InvalidError `invalid_text`. */
export function checkText(text: string | null | undefined, field: string, max = 256): string | null {
  if (text === null || text === undefined || text === '') return null;
  if (text.length > max || text.includes('\0')) {
    throw new InvalidError('invalid_text', `At most ${max} characters, and no NUL.`, { field });
  }
  return text;
}
