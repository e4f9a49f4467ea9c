/** Workbooks in and out, of data sources and of identifiers (sdps.md §3.1, §3.4, §5.6). */
import type { FastifyRequest } from 'fastify';
import { refusal } from '../../domain/sdps/index.ts';
import { parseMultipart, type Upload } from '../../platform/http/index.ts';
import { required, sure } from './fields.ts';
import type { Routes } from './routes.ts';
import type { SdpsServices } from './services.ts';

/** The first file that was sent. Throws SdpsError 1259 when there is none. */
function uploadOf(request: FastifyRequest): Upload {
  const { body, sdpsContentType: type = '' } = request;
  if (!Buffer.isBuffer(body) || !/^multipart\/form-data/i.test(type)) throw refusal(1259);
  let parts: ReturnType<typeof parseMultipart>;
  try {
    parts = parseMultipart(body, type);
  } catch {
    throw refusal(1259);
  }
  const file = parts.find(([name, value]) => name === 'files' && typeof value !== 'string')?.[1];
  if (file === undefined || typeof file === 'string') throw refusal(1259);
  return file;
}

const key = { key: required.text(200) };

/** Of the files that are kept only reports and templates go by this way; any other name is of a file that is not there. */
function reportFile(name: string): string {
  return /^(report_|template-|identifier-template-)/.test(name) ? name : `absent_${name}`;
}

export function registerBatches(routes: Routes, services: SdpsServices): void {
  const { batches, sourceExports, identifierBatches, links } = services;
  routes.add(
    {
      method: 'POST',
      path: '/data-source/batch-create',
      id: 'batchCreate',
      writes: true,
      body: {},
      rawBody: true,
      consumes: 'multipart/form-data',
    },
    ({ principal, request, signal }) => {
      const { fileName, content } = uploadOf(request);
      return batches.create(principal, fileName, content, signal);
    },
  );
  routes.add(
    {
      method: 'POST',
      path: '/template/batch-create',
      id: 'batchCreateIdentifiers',
      writes: true,
      body: {},
      rawBody: true,
      consumes: 'multipart/form-data',
    },
    ({ principal, request }) => {
      const { fileName, content } = uploadOf(request);
      return identifierBatches.create(principal, fileName, content);
    },
  );
  routes.add(
    { method: 'POST', path: '/data-source/export-datasource', id: 'exportSources', query: key },
    async ({ principal, query, request }) => {
      const name = `datasource_${principal.subject.id}_${sure(query.key)}.xlsx`;
      await sourceExports.create(principal, name);
      return links.make(request, principal, { what: 'file', name });
    },
  );
  routes.add(
    { method: 'POST', path: '/template/export-identify', id: 'exportIdentifiers', query: key },
    async ({ principal, query, request }) => {
      const name = `identifier_${principal.subject.id}_${sure(query.key)}.xlsx`;
      await identifierBatches.export(principal, name);
      return links.make(request, principal, { what: 'file', name });
    },
  );
  registerReports(routes, services, '/data-source', '');
  registerReports(routes, services, '/template', 'OfIdentifiers');
}

/** Reports of batches and the templates to fill in: the same of both kinds. */
function registerReports(routes: Routes, { files, links }: SdpsServices, root: string, suffix: string): void {
  routes.add(
    {
      method: 'POST',
      path: `${root}/query-batch-status`,
      id: `batchStatus${suffix}`,
      query: { batch: required.text(200) },
    },
    async ({ principal, query }) => (await files.counts(principal.subject.tenantId, sure(query.batch))) ?? 0,
  );
  routes.add(
    {
      method: 'POST',
      path: `${root}/download-batch-file`,
      id: `downloadBatch${suffix}`,
      query: { filename: required.text(200) },
    },
    ({ principal, query, request }) =>
      links.make(request, principal, { what: 'file', name: reportFile(sure(query.filename)) }),
  );
  routes.add(
    { method: 'POST', path: `${root}/delete-report`, id: `deleteReport${suffix}`, writes: true, query: key },
    ({ principal, query }) => files.remove(principal.subject.tenantId, reportFile(sure(query.key))),
  );
}
