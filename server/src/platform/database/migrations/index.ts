/** All migrations in order. A landed one never changes; a new one gets the next number and a line here. */
import type { Migration } from 'kysely/migration';
import * as core from './0001_core.ts';
import * as jobs from './0002_jobs.ts';
import * as events from './0003_events.ts';
import * as administration from './0004_administration.ts';
import * as signInServices from './0005_sign_in_services.ts';
import * as fetcher from './0006_fetcher.ts';
import * as workspaces from './0008_workspaces.ts';
import * as discovery from './0009_discovery.ts';
import * as sharesSeen from './0010_shares_seen.ts';
import * as workspaceLife from './0011_workspace_life.ts';
import * as discoveryReviews from './0012_discovery_reviews.ts';
import * as insight from './0013_insight.ts';
import * as datasetModels from './0014_dataset_models.ts';
import * as consoleLife from './0016_console.ts';

export const migrations: Readonly<Record<string, Migration>> = {
  '0001_core': core,
  '0002_jobs': jobs,
  '0003_events': events,
  '0004_administration': administration,
  '0005_sign_in_services': signInServices,
  '0006_fetcher': fetcher,
  '0008_workspaces': workspaces,
  '0009_discovery': discovery,
  '0010_shares_seen': sharesSeen,
  '0011_workspace_life': workspaceLife,
  '0012_discovery_reviews': discoveryReviews,
  '0013_insight': insight,
  '0014_dataset_models': datasetModels,
  '0016_console': consoleLife,
};
