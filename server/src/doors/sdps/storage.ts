/**
 * Kinds of storage that Headgate does not have: buckets, RDS instances, Glue databases (sdps.md §3.1). Their lists are
 * true and empty, and whatever names one of them is told that it is not there, after the checks that come before.
 */
import { emptyPage, refusal, unforeseen } from '../../domain/sdps/index.ts';
import { optional, required, sure } from './fields.ts';
import { type Routes, readBody } from './routes.ts';
import type { SdpsServices } from './services.ts';
import { queryBody, queryCondition } from './shapes.ts';

const root = '/data-source';
const bucket = { account_id: required.text(), region: required.text(), bucket: required.text() };
const database = { account_id: required.text(), region: required.text(), instance: required.text() };
const glue = { account_id: optional.text(), region: optional.text(), glue_database_name: optional.text() };

export function registerStorage(routes: Routes, { rules }: SdpsServices): void {
  for (const [path, id] of [
    ['list-s3', 'listS3'],
    ['list-rds', 'listRds'],
    ['list-glue-database', 'listGlueDatabases'],
  ] as const) {
    routes.add({ method: 'POST', path: `${root}/${path}`, id, body: queryBody }, ({ body, request }) =>
      emptyPage(queryCondition(body, readBody(request))),
    );
  }
  routes.add({ method: 'POST', path: `${root}/sync-s3`, id: 'syncS3', writes: true, body: bucket }, ({ body }) => {
    if (body.region !== rules.sdpsAdminRegion) throw refusal(1218);
    if (body.bucket !== '*') throw refusal(1208, 'S3 bucket does not exist');
  });
  for (const [path, id] of [
    ['delete-s3', 'deleteS3'],
    ['disconnect-delete-catalog-s3', 'disconnectS3'],
    ['delete-catalog-s3', 'deleteCatalogS3'],
    ['hide-s3', 'hideS3'],
  ] as const) {
    routes.add({ method: 'POST', path: `${root}/${path}`, id, writes: true, body: bucket }, () => {
      throw refusal(1204);
    });
  }
  registerRds(routes, rules.sdpsAdminRegion);
  registerGlue(routes);
}

function registerRds(routes: Routes, adminRegion: string): void {
  const body = { ...database, rds_user: optional.text(), rds_password: optional.text(), rds_secret: optional.text() };
  routes.add({ method: 'POST', path: `${root}/sync-rds`, id: 'syncRds', writes: true, body }, (call) => {
    const pair = (call.body.rds_user ?? '') !== '';
    const secret = (call.body.rds_secret ?? '') !== '';
    if (!pair && !secret) throw refusal(1212);
    if (pair && secret) throw refusal(1213);
    if (sure(call.body.region) !== adminRegion) throw refusal(1218);
    throw refusal(1208, 'Database instance does not exist');
  });
  for (const [path, id] of [
    ['delete-rds', 'deleteRds'],
    ['delete-catalog-rds', 'deleteCatalogRds'],
    ['disconnect-delete-catalog-rds', 'disconnectRds'],
    ['hide-rds', 'hideRds'],
  ] as const) {
    routes.add({ method: 'POST', path: `${root}/${path}`, id, writes: true, body: database }, () => {
      throw refusal(1229);
    });
  }
}

function registerGlue(routes: Routes): void {
  routes.add(
    { method: 'POST', path: `${root}/sync-glue-database`, id: 'syncGlue', writes: true, body: glue },
    () => null,
  );
  const named = {
    account_provider: required.integer,
    account_id: required.text(),
    region: required.text(),
    name: required.text(),
  };
  for (const [path, id, body] of [
    ['import-glue-database', 'importGlue', glue],
    ['delete-glue-database', 'deleteGlue', named],
    ['hide-glue-database', 'hideGlue', named],
  ] as const) {
    routes.add({ method: 'POST', path: `${root}/${path}`, id, writes: true, body }, () => {
      throw unforeseen();
    });
  }
  routes.add(
    {
      method: 'POST',
      path: `${root}/query-glue-databases`,
      id: 'glueDatabases',
      body: { account_id: required.text(), region: required.text() },
    },
    () => [],
  );
  routes.add(
    {
      method: 'POST',
      path: `${root}/test-glue-conn`,
      id: 'testGlue',
      query: { account: required.text(), connection: required.text() },
    },
    () => {
      throw unforeseen();
    },
  );
  routes.add(
    {
      method: 'POST',
      path: `${root}/batch-delete`,
      id: 'batchDelete',
      query: { account: required.text(), datasource_list: required.text() },
    },
    () => null,
  );
}
