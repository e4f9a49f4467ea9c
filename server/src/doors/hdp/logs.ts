/** Log archives: the audit events of a data source, or of days, as NDJSON in a gzipped tar (hdp.md §4.1, §4.11). */
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { AuditFilter } from '../../domain/audit/index.ts';
import { Permission } from '../../domain/identity/permissions.ts';
import { invalidProperty, notThere } from './errors.ts';
import type { HdpCall, Routes } from './routes.ts';
import type { HdpServices } from './services.ts';

const block = 512;
/** Newest events of an archive at most. */
const mostEvents = 5_000;

/** One file in a tar archive (POSIX ustar). */
export function tarOf(name: string, content: Buffer, at: Date): Buffer {
  const header = Buffer.alloc(block);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, '0')}\0`;
  header.write(name, 0, 100);
  header.write(octal(0o644, 8), 100);
  header.write(octal(0, 8), 108);
  header.write(octal(0, 8), 116);
  header.write(octal(content.length, 12), 124);
  header.write(octal(Math.floor(at.getTime() / 1000), 12), 136);
  header.write('        ', 148);
  header.write('0', 156);
  header.write('ustar\x0000', 257);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  const padding = Buffer.alloc((block - (content.length % block)) % block);
  return Buffer.concat([header, content, padding, Buffer.alloc(2 * block)]);
}

async function archive(services: HdpServices, call: HdpCall, filter: AuditFilter): Promise<unknown> {
  const lines: string[] = [];
  for (let cursor: string | undefined; lines.length < mostEvents; ) {
    const page = await services.audit.list(call.principal, filter, { limit: 500, cursor });
    lines.push(...page.items.map((event) => `${JSON.stringify(event)}\n`));
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  const now = services.now();
  const packed = await promisify(gzip)(tarOf('audit.ndjson', Buffer.from(lines.join('')), now));
  const stamp = now.toISOString().replace(/\D/g, '').slice(0, 14);
  return call.reply
    .type('application/gzip')
    .header('content-disposition', `attachment; filename="d2c_logs.${stamp}.tar.gz"`)
    .send(packed);
}

const day = /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$/;

function dayOf(call: HdpCall, name: string): Date {
  const text = call.query.get(name) ?? '';
  const time = new Date(`${text}T00:00:00Z`);
  if (!day.test(text) || Number.isNaN(time.getTime()) || !time.toISOString().startsWith(text))
    throw invalidProperty(name);
  return time;
}

export function registerLogs(routes: Routes, services: HdpServices): void {
  routes.add(
    {
      method: 'GET',
      path: '/api/mgmt/datasources/:datasource/logs',
      id: 'getDataSourceLogs',
      tag: 'logs',
      summary: 'What happened with a data source, as far as the caller may know.',
      behalf: [Permission.viewSource],
    },
    async (call) => {
      const facts = await services.doorSources.admit(call.principal, { id: call.id('datasource') }, 'source.view');
      return archive(services, call, { resource: facts.source.uid });
    },
  );
  routes.add(
    {
      method: 'GET',
      path: '/api/admin/system/nodes/:node/logs',
      id: 'getNodeLogs',
      tag: 'logs',
      summary: 'What happened from `start_date` to `end_date`; node 1 stands for all.',
      needs: [Permission.administrator],
    },
    async (call) => {
      if (call.id('node') !== 1) throw notThere('node', call.text('node'));
      const since = dayOf(call, 'start_date');
      const end = dayOf(call, 'end_date');
      if (since > end) throw invalidProperty('start_date');
      if (end > services.now()) throw invalidProperty('end_date');
      return archive(services, call, { since, until: new Date(end.getTime() + 86_400_000) });
    },
  );
}
