/**
 * Row and column rules in PostgreSQL: `rewrite.ts` changes a SELECT and shows that the rules hold in it, `catalog.ts`
 * reads what it must know, `shape.ts` and `functions.ts` are the allow-lists.
 */
import type { PolicyEngine } from '../../policy.ts';
import { describe } from './catalog.ts';
import { namesIn, rewrite } from './rewrite.ts';

export const policy: PolicyEngine = {
  namesIn,
  rewrite,
  describe,
  fence: (options) => ({ ...options, schema: 'pg_catalog, pg_temp' }),
};
