/** All migrations in order. A landed one never changes; a new one gets the next number and a line here. */
import type { Migration } from 'kysely/migration';
import * as core from './0001_core.ts';
import * as administration from './0004_administration.ts';

export const migrations: Readonly<Record<string, Migration>> = {
  '0001_core': core,
  '0004_administration': administration,
};
