/** The engine's own options of a source: their schema (forms and validation come from it) and what they mean to a session. */
import type { ConnectTarget, OptionsSchema } from '../engine.ts';

export const DEFAULT_MAX_ROW_BYTES = 256 * 1024 * 1024;

export const optionsSchema: OptionsSchema = {
  type: 'object',
  additionalProperties: false,
  properties: {
    schema: {
      type: 'string',
      title: 'Schema',
      description: 'Schemas in which names without a schema are looked up, separated by commas (search_path).',
      maxLength: 1000,
      pattern: '^[^\\u0000]*$',
    },
    maxRowBytes: {
      type: 'integer',
      title: 'Largest row',
      description: 'Bytes; a statement whose result has a larger row ends with an error.',
      minimum: 65_536,
      maximum: 1_073_741_823,
      default: DEFAULT_MAX_ROW_BYTES,
    },
  },
};

/** The search_path that a session is to have; null = the login's own. Every name is quoted. */
export function searchPath(options: ConnectTarget['options']): string | null {
  const { schema } = options;
  if (typeof schema !== 'string' || schema.trim() === '') return null;
  return schema
    .split(',')
    .map((name) => name.trim().replace(/^"(.*)"$/, '$1'))
    .filter((name) => name !== '')
    .map((name) => `"${name.replaceAll('"', '""')}"`)
    .join(', ');
}

export function maxRowBytes(options: ConnectTarget['options']): number {
  return typeof options.maxRowBytes === 'number' ? options.maxRowBytes : DEFAULT_MAX_ROW_BYTES;
}
