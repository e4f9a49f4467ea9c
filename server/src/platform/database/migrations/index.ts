/** All migrations in order. A landed one never changes; a new one gets the next number and a line here. */
import type { Migration } from 'kysely/migration';
import * as core from './0001_core.ts';
import * as signInServices from './0005_sign_in_services.ts';

export const migrations: Readonly<Record<string, Migration>> = {
  '0001_core': core,
  '0005_sign_in_services': signInServices,
};
