/** Checks 1–7 of a submission in their order, and the canonical hash (fetcher.md §6.1, §6.4). */
import { describe, expect, it } from 'vitest';
import { DomainError } from '../errors.ts';
import { canonicalJson, readJobRequest, requestHash } from './job-request.ts';

function refusalOf(body: unknown): Record<string, unknown> {
  try {
    readJobRequest(body);
  } catch (error) {
    if (error instanceof DomainError) return { code: error.code, message: error.message, ...error.extra };
    throw error;
  }
  return {};
}

const metadata = { source: 'my-product' };
const mapped = { db: { t: ['a'] } };
const job = (more: object = {}, dataRequest: object = {}): object => ({
  dataRequest: { mappedFields: mapped, ...dataRequest },
  metadata,
  ...more,
});
const many = (count: number, value: unknown) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, value]));
const unparsable = { code: 'FET-0001', title: 'Invalid payload', message: 'unable to parse request body' };
const invalid = { code: 'FET-0401', title: 'Invalid Data Request' };
const noFields = { code: 'FET-0402', fields: { mappedFields: 'dataRequest.mappedFields is a required field' } };

describe('a submission', () => {
  it.each<[string, unknown, object]>([
    ['a list', [], unparsable],
    ['a text', 'x', unparsable],
    ['a data request as text', { dataRequest: 'x' }, unparsable],
    ['fields as text', job({}, { mappedFields: { db: { t: 'a' } } }), unparsable],
    ['a number as field', job({}, { mappedFields: { db: { t: [1] } } }), unparsable],
    ['metadata as list', job({ metadata: [] }), unparsable],
    ['a condition that is no list', job({}, { filters: { db: { t: { a: { eq: 1 } } } } }), unparsable],
    ['a condition as text', job({}, { filters: { db: { t: { a: 'x' } } } }), unparsable],
    ['an object as value', job({}, { filters: { db: { t: { a: { eq: [{}] } } } } }), unparsable],
    ['null', null, noFields],
    ['nothing', {}, noFields],
    ['no fields', { dataRequest: { mappedFields: null }, metadata }, noFields],
    ['empty fields', job({}, { mappedFields: {} }), { ...invalid, message: 'mappedFields cannot be empty' }],
    [
      'a source without tables',
      job({}, { mappedFields: { db: {} } }),
      { ...invalid, message: 'datasource must have at least one table with fields' },
    ],
    [
      'a source with empty tables alone',
      job({}, { mappedFields: { db: { t: [], u: null } } }),
      { ...invalid, message: 'datasource must have at least one table with fields' },
    ],
    [
      'eleven sources',
      job({}, { mappedFields: many(11, { t: ['a'] }) }),
      { ...invalid, message: 'Maximum 10 datasources allowed per job, got 11' },
    ],
    ['21 tables', job({}, { mappedFields: { db: many(21, ['a']) } }), invalid],
    ['51 fields', job({}, { mappedFields: { db: { t: Array(51).fill('a') } } }), invalid],
    [
      'no metadata',
      job({ metadata: null }),
      {
        code: 'FET-0402',
        title: 'Missing Required Field',
        message: "metadata is required and must contain 'source' field",
      },
    ],
    [
      'no source',
      job({ metadata: {} }),
      {
        code: 'FET-0402',
        title: 'Missing Required Field',
        message: 'metadata.source is required for job notification routing',
      },
    ],
    [
      'a source that is null',
      job({ metadata: { source: null } }),
      { code: 'FET-0402', message: 'metadata.source is required for job notification routing' },
    ],
    ...[1, ' ', '', {}].map((source): [string, unknown, object] => [
      `the source ${JSON.stringify(source)}`,
      job({ metadata: { source } }),
      {
        code: 'FET-0402',
        title: 'Invalid Field Value',
        message: 'metadata.source must be a non-empty string',
      },
    ]),
    [
      'strange filters',
      job({}, { filters: { z: {}, db: {}, b: {} } }),
      {
        code: 'FET-0401',
        title: 'Invalid Filter References',
        message:
          "filter references unknown datasource 'b' not found in mappedFields; filter references unknown datasource 'z' not found in mappedFields",
      },
    ],
  ])('refuses %s', (_what, body, expected) => {
    expect(refusalOf(body)).toMatchObject(expected);
  });

  it('checks in order', () => {
    expect(refusalOf({ dataRequest: { mappedFields: {}, filters: { z: {} } } }).message).toBe(
      'mappedFields cannot be empty',
    );
    expect(refusalOf({ dataRequest: { mappedFields: mapped, filters: { z: {} } } }).title).toBe(
      'Missing Required Field',
    );
  });

  it('takes what is in order, up to the limits', () => {
    const filters = {
      db: { 'public.t': { a: { gte: [1], like: ['x%'], strange: 5 }, b: {}, c: { eq: [null, true, 'x'] } } },
    };
    const request = readJobRequest(job({ metadata: { source: ' Mine ', nested: { a: [1] } }, other: 1 }, { filters }));
    expect(request).toMatchObject({ mappedFields: mapped, source: ' Mine ', metadata: { nested: { a: [1] } } });
    expect(request.filters).toEqual({
      db: { 'public.t': { a: { gte: [1], like: ['x%'] }, b: {}, c: { eq: [null, true, 'x'] } } },
    });
    expect(readJobRequest(job({}, { filters: {} })).filters).toBeUndefined();
    expect(refusalOf(job({}, { mappedFields: many(10, many(20, Array(50).fill('a'))) }))).toEqual({});
  });
});

describe('the request hash', () => {
  it('does not depend on the order of members, but on that of lists and on metadata', () => {
    const hash = (body: object): string => readJobRequest(body).hash;
    const a = {
      dataRequest: { mappedFields: { x: { t: ['a', 'b'] }, y: { u: ['c'] } } },
      metadata: { source: 's', n: 1 },
    };
    const b = {
      metadata: { n: 1, source: 's' },
      dataRequest: { mappedFields: { y: { u: ['c'] }, x: { t: ['a', 'b'] } } },
    };
    expect(hash(a)).toMatch(/^[0-9a-f]{64}$/);
    expect(hash(b)).toBe(hash(a));
    expect(hash({ ...a, metadata: { source: 's', n: 2 } })).not.toBe(hash(a));
    expect(hash({ ...a, dataRequest: { mappedFields: { x: { t: ['b', 'a'] }, y: { u: ['c'] } } } })).not.toBe(hash(a));
    expect(hash({ ...a, dataRequest: { ...a.dataRequest, filters: {} } })).toBe(hash(a));
  });

  it('is SHA-256 of canonical JSON', () => {
    expect(canonicalJson({ b: [2, { z: 'é', a: null }], a: true })).toBe('{"a":true,"b":[2,{"a":null,"z":"é"}]}');
    // printf '{"dataRequest":{"mappedFields":{"db":{"t":["a"]}}},"metadata":{"source":"s"}}' | sha256sum
    expect(requestHash({ mappedFields: mapped, filters: undefined, metadata: { source: 's' } })).toBe(
      'c3d066839ae52187463ac87e570c58de556ce360c94fdf1f82f287db1eb0a0de',
    );
  });
});
