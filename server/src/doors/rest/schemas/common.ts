/** Words that the schemas of several resources share. Every string and array is bounded. */
import Type, { type TSchema } from 'typebox';

/** An object that knows its members: any other is refused. */
export function strict<Members extends Record<string, TSchema>>(
  members: Members,
  options: { description?: string } = {},
) {
  return Type.Object(members, { additionalProperties: false, ...options });
}

export function text(maxLength: number, description?: string) {
  return Type.String({ minLength: 1, maxLength, ...(description === undefined ? {} : { description }) });
}

export function optionalText(maxLength: number, description?: string) {
  return Type.Optional(Type.String({ maxLength, ...(description === undefined ? {} : { description }) }));
}

/** A member of a merge patch: null puts the default back. */
export function clearable<Schema extends TSchema>(schema: Schema) {
  return Type.Optional(Type.Union([schema, Type.Null()]));
}

export function nullable<Schema extends TSchema>(schema: Schema) {
  return Type.Union([schema, Type.Null()]);
}

export function oneOf<const Words extends readonly string[]>(words: Words, description?: string) {
  return Type.Unsafe<Words[number]>({
    type: 'string',
    enum: [...words],
    ...(description === undefined ? {} : { description }),
  });
}

export const timestamp = Type.String({ format: 'date-time', description: 'RFC 3339, UTC.' });

/** What a caller writes for a time. The offset is demanded: a local time would mean something else elsewhere. */
export const timestampInput = Type.String({
  minLength: 20,
  maxLength: 35,
  pattern: '^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\\.[0-9]{1,9})?(Z|[+-][0-9]{2}:[0-9]{2})$',
  description: 'RFC 3339 with an offset, e.g. `2027-01-31T12:00:00Z`.',
});

export const sourceParams = strict({ name: text(256, "The source's name, or its id.") });
export const idParams = strict({ id: text(64) });
export const namedParams = strict({ name: text(256) });
export const usernameParams = strict({ username: text(256) });

/** The words of permissions that may stand on a source or a share. */
export const permissionWords = Type.Array(text(32, 'A permission word, see `GET /api/v1/permissions`.'), {
  maxItems: 64,
});

/** Answers hold what they hold: members may be added to them at any time, so they stay open. */
export const noContent = Type.Null({ description: 'Done.' });

/** Any JSON, as deep as a body may be. */
export const anyJson = Type.Unknown();

/** A JSON object of a caller's own. */
export function freeObject(maxProperties: number) {
  return Type.Record(Type.String({ minLength: 1, maxLength: 128 }), anyJson, { maxProperties });
}
