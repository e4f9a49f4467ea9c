/** A valid call for every operation of this door's OpenAPI document; one that is missing here fails the tests that drive all. */
import { account, instanceAt, keyOf, type SampleDatabase, type SdpsClient } from './fixture.ts';

export interface Call {
  readonly path: string;
  readonly body?: unknown;
}

export interface SdpsOperation {
  readonly id: string;
  readonly method: string;
}

export async function operationsOf(client: SdpsClient): Promise<SdpsOperation[]> {
  const { body } = await client.send('GET', '/data-source/docs/json');
  const paths = body.paths as Record<string, Record<string, { operationId: string }>>;
  return Object.values(paths).flatMap((methods) =>
    Object.entries(methods).map(([method, { operationId }]) => ({ id: operationId, method: method.toUpperCase() })),
  );
}

const info = { account_provider_id: 2, account_id: account.account_id, region: account.region };
const lists = { page: 1, size: 5, conditions: [] };

/** Makes an account, an instance that stays and a job; gives a call for each operation, destroying ones last. */
export async function callsOf(
  client: SdpsClient,
  sample: SampleDatabase,
  secrets: { readonly password: string },
): Promise<Readonly<Record<string, Call>>> {
  await client.data('POST', '/data-source/add_account', account);
  const kept = instanceAt(sample, { instance_id: 'kept' });
  const doomed = instanceAt(sample, { instance_id: 'doomed' });
  await client.data('POST', '/data-source/add-jdbc-conn', kept);
  await client.data('POST', '/data-source/add-jdbc-conn', doomed);
  const identifier = await client.data('POST', '/template/identifiers', { name: 'mine', type: 1, rule: 'a+' });
  await client.data('POST', '/template/template-mappings', { template_id: 1, identifier_ids: [12], status: 1 });
  const { items } = await client.data('POST', '/template/list-template-mappings', {});
  const label = await client.data('POST', '/labels/create-label', { label_name: 'kept' });
  const job = await client.data('POST', '/discovery-jobs', { name: 'j', databases: [] });
  const at = `/discovery-jobs/${job.id}`;
  const ds = (path: string, body?: unknown): Call => ({
    path: `/data-source/${path}`,
    ...(body === undefined ? {} : { body }),
  });
  const key = new URLSearchParams({
    account_id: account.account_id,
    region: account.region,
    database_type: 'jdbc_tencent',
    database_name: 'kept',
  });
  const catalog = (path: string, more = ''): Call => ({ path: `/catalog/${path}?${key}${more}` });
  const bucket = { account_id: 'a', region: 'us-east-1', bucket: 'b' };
  const rds = { account_id: 'a', region: 'us-east-1', instance: 'i' };
  const glue = { ...account, name: 'g' };
  const typed = '?database_type=jdbc_tencent';
  const { password } = secrets;
  return {
    listAccounts: ds('list-account', lists),
    addAccount: ds('add_account', { ...account, account_id: 'another' }),
    reloadOrganizationAccount: ds('reload_organization_account', { organization_management_account_id: '1' }),
    adminAccountInfo: ds('admin_account_info'),
    refreshAccounts: ds('refresh', { provider_id: 2, accounts: ['tc-001'], type: 'all' }),
    listProviders: ds('list-providers'),
    providerInfos: ds('query-full-provider-infos'),
    regionsByProvider: ds('query-regions-by-provider?provider_id=2'),
    coverage: ds('coverage?provider_id=2'),
    dataLocations: ds('dashboard/agg-data-location-list'),
    listJdbc: ds('list-jdbc?provider_id=2', lists),
    addJdbc: ds('add-jdbc-conn', instanceAt(sample, { password, master_username: 'x' })),
    updateJdbc: ds('update-jdbc-conn', { ...kept, password }),
    syncJdbc: ds('sync-jdbc', keyOf('nowhere')),
    importJdbc: ds('import-jdbc-conn', keyOf('SDPS-jdbc_tencent-kept')),
    testJdbc: ds('test-jdbc-conn', keyOf('kept')),
    connectionDetail: ds('query-connection-detail', keyOf('kept')),
    jdbcDatabases: ds('jdbc-databases', { connection_url: 'jdbc:mysql://127.0.0.1:1', username: 'u', password }),
    glueConnections: ds('query-glue-connections', info),
    accountNetwork: ds('query-account-network', info),
    listBuckets: ds('list-buckets', info),
    listSecrets: ds('secrets?provider=2&account=a&region=b'),
    resourcesByType: ds(`list-resources-by-database-type${typed}`, lists),
    listS3: ds('list-s3', lists),
    listRds: ds('list-rds', lists),
    listGlueDatabases: ds('list-glue-database', lists),
    syncS3: ds('sync-s3', bucket),
    deleteS3: ds('delete-s3', bucket),
    disconnectS3: ds('disconnect-delete-catalog-s3', bucket),
    deleteCatalogS3: ds('delete-catalog-s3', bucket),
    hideS3: ds('hide-s3', bucket),
    syncRds: ds('sync-rds', { ...rds, rds_user: 'u', rds_password: password }),
    deleteRds: ds('delete-rds', rds),
    deleteCatalogRds: ds('delete-catalog-rds', rds),
    disconnectRds: ds('disconnect-delete-catalog-rds', rds),
    hideRds: ds('hide-rds', rds),
    syncGlue: ds('sync-glue-database', {}),
    importGlue: ds('import-glue-database', {}),
    deleteGlue: ds('delete-glue-database', glue),
    hideGlue: ds('hide-glue-database', glue),
    glueDatabases: ds('query-glue-databases', { account_id: 'a', region: 'b' }),
    testGlue: ds('test-glue-conn?account=a&connection=b'),
    batchDelete: ds('batch-delete?account=a&datasource_list=b'),
    listIdentifiers: { path: '/template/list-identifiers', body: lists },
    getIdentifier: { path: `/template/identifiers/${identifier.id}` },
    createIdentifier: {
      path: '/template/identifiers',
      body: { name: 'other', type: 1, rule: 'b', header_keywords: '["x"]' },
    },
    updateIdentifier: { path: `/template/identifiers/${identifier.id}`, body: { name: 'mine', type: 1, rule: 'c' } },
    getTemplate: { path: '/template/1' },
    listMappings: { path: '/template/list-template-mappings', body: lists },
    addMappings: { path: '/template/template-mappings', body: { template_id: 1, identifier_ids: [13], status: 1 } },
    setMapping: { path: `/template/template-mappings/${items[0].id}`, body: { template_id: 1, status: 0 } },
    identifiersOfTemplate: { path: '/template/list-identifiers-by-template/1' },
    templateTime: { path: '/template/template-time/1' },
    listProperties: { path: '/template/list-props-by-type/1' },
    createProperty: { path: '/template/props', body: { prop_name: 'p', prop_type: 1 } },
    updateProperty: { path: '/template/props/101', body: { prop_name: 'q', prop_type: 1 } },
    createDiscovery: {
      path: '/discovery-jobs',
      body: { name: 'n', databases: [{ ...info, database_type: 'jdbc_tencent' }] },
    },
    listDiscoveries: { path: '/discovery-jobs/list-jobs', body: lists },
    getDiscovery: { path: at },
    updateDiscovery: { path: at, body: { depth_structured: 30 } },
    enableDiscovery: { path: `${at}/enable` },
    disableDiscovery: { path: `${at}/disable` },
    startDiscovery: { path: `${at}/start` },
    stopDiscovery: { path: `${at}/stop` },
    listRuns: { path: `${at}/runs` },
    getRun: { path: `${at}/runs/1` },
    listRunDatabases: { path: `${at}/runs/1/databases`, body: lists },
    runStatus: { path: `${at}/runs/1/status` },
    runProgress: { path: `${at}/runs/1/progress` },
    reportUrl: { path: `${at}/runs/1/report_url` },
    snapshotUrl: { path: `${at}/runs/1/template_snapshot_url` },
    listCatalogDatabases: { path: '/catalog/list-databases-by-type', body: lists },
    catalogDatabases: catalog('get-databases-by-account-region-type'),
    catalogTables: catalog('get-tables-by-database', '&page=1&size=5'),
    searchTablesByDatabase: { path: '/catalog/search-tables-by-database', body: lists },
    searchTables: { path: '/catalog/search-tables', body: lists },
    tablesByIdentifier: catalog('get-tables-by-database-identifier', '&table_name=&identifier='),
    catalogColumns: catalog('get-columns-by-table', '&table_name=t'),
    columnsByType: { path: `/catalog/get-columns-by-type${typed}` },
    databaseIdentifiers: catalog('get-database-identifiers'),
    sampleRecords: catalog('get-rds-table-sample-records', '&table_name=t'),
    databaseProperty: catalog('get-database-property'),
    tableProperty: { path: '/catalog/get-table-property?table_id=1' },
    correctDatabase: { path: '/catalog/update-catalog-database', body: { id: 1, privacy: 1 } },
    correctDatabaseLabels: { path: '/catalog/update-catalog-database-labels', body: { id: 1, labels: [label.id] } },
    correctTable: { path: '/catalog/update-catalog-table', body: { id: 1, privacy: 1 } },
    correctTableLabels: { path: '/catalog/update-catalog-table-labels', body: { id: 1, labels: [label.id] } },
    correctColumn: {
      path: '/catalog/update-catalog-column',
      body: { ...Object.fromEntries(key), table_name: 't', column_name: 'c', identifier: '{"A": 1}', privacy: 1 },
    },
    setComments: { path: '/catalog/update-catalog-column-comments?id=1&comments=x' },
    sourceSummary: { path: '/catalog/dashboard/agg-data-source-summary?provider_id=2' },
    catalogSummary: { path: `/catalog/dashboard/agg-catalog-summay${typed}` },
    catalogByRegion: { path: `/catalog/dashboard/agg-catalog-summay-by-region${typed}` },
    catalogByPrivacy: { path: `/catalog/dashboard/agg-catalog-summay-by-privacy${typed}` },
    catalogByModifier: { path: `/catalog/dashboard/agg-catalog-summary-by-modifier${typed}` },
    catalogByProviderRegion: {
      path: `/catalog/dashboard/agg-catalog-summay-by-provider-region?provider_id=2&region=${account.region}`,
    },
    catalogTop: { path: `/catalog/dashboard/agg-catalog-top-n${typed}&top_n=5` },
    databasesByIdentifier: {
      path: '/catalog/dashboard/get-database-by-identifier',
      body: { ...lists, conditions: [{ column: 'identifiers', values: ['EMAIL'] }] },
    },
    s3Samples: catalog('get-s3-sample-objects'),
    unstructuredSamples: catalog('get-unstructured-sample-objects'),
    s3FolderSamples: catalog('get-s3-folder-sample-data'),
    rdsDatabaseSamples: catalog('get-rds-database-sample-data'),
    s3TableCounts: { path: '/catalog/get-s3-table-counts', body: {} },
    syncCrawlerResults: { path: '/catalog/sync-crawler-results', body: Object.fromEntries(key) },
    syncS3Results: { path: '/catalog/sync-s3-results', body: Object.fromEntries(key) },
    syncDetectionResults: {
      path: '/catalog/sync-job-detection-results',
      body: { ...Object.fromEntries(key), job_run_id: '1' },
    },
    exportCatalog: { path: '/catalog/data_catalog_export_url/csv/all/then' },
    clearCatalogExport: { path: '/catalog/clear_s3_object/then' },
    batchCreate: ds('batch-create', {}),
    batchStatus: ds('query-batch-status?batch=report_1'),
    downloadBatch: ds('download-batch-file?filename=template-en'),
    exportSources: ds('export-datasource?key=1'),
    deleteReport: ds('delete-report?key=report_1'),
    batchCreateIdentifiers: { path: '/template/batch-create', body: {} },
    batchStatusOfIdentifiers: { path: '/template/query-batch-status?batch=report_1' },
    downloadBatchOfIdentifiers: { path: '/template/download-batch-file?filename=identifier-template-zh' },
    exportIdentifiers: { path: '/template/export-identify?key=1' },
    deleteReportOfIdentifiers: { path: '/template/delete-report?key=report_1' },
    queryTables: { path: '/query/tables' },
    queryColumns: { path: '/query/columns?table=source_account' },
    queryValues: { path: '/query/property_values?table=source_account&column=region&condition=' },
    queryRows: { path: '/query/', body: { table: 'source_jdbc_instance', ...lists } },
    downloadLogs: { path: '/query/download-logs' },
    getConfiguration: { path: '/config' },
    setConfiguration: { path: '/config', body: [{ config_key: 'ConcurrentRunJobNumber', config_value: '10' }] },
    listSubnets: { path: '/config/subnets' },
    labelsOfDatabase: {
      path: `/labels/category/get-labels-by-one-database?${key}&need_table_labels=true`,
    },
    searchLabels: { path: '/labels/search-labels?label_name=' },
    createLabel: { path: '/labels/create-label', body: { label_name: 'new' } },
    updateLabel: { path: '/labels/update-label', body: { id: label.id, label_name: 'kept' } },
    latestVersion: { path: '/version/get-latest-version' },
    // What destroys comes last.
    deleteLabels: { path: '/labels/delete-labels-by-ids', body: { ids: [label.id] } },
    removeMappings: { path: '/template/template-mappings/remove', body: [items[0].id] },
    deleteIdentifier: { path: `/template/identifiers/${identifier.id}` },
    deleteProperty: { path: '/template/props/101' },
    deleteDiscovery: { path: at },
    deleteJdbc: ds('delete-jdbc', { ...account, instances: ['doomed'] }),
    deleteAccount: ds('delete_account', { ...account, account_id: 'another' }),
  };
}
