/** Answers as this protocol sends them: compact JSON with the headers that its clients know (chorus.md §2.5). */
import { hash } from 'node:crypto';
import type { FastifyReply } from 'fastify';
import { exchangeOf } from '../../platform/http/index.ts';

export function sendJson(reply: FastifyReply, body: unknown): FastifyReply {
  const text = JSON.stringify(body);
  const exchange = exchangeOf(reply.raw);
  return reply
    .headers({
      'x-frame-options': 'SAMEORIGIN',
      'x-xss-protection': '1; mode=block',
      'cache-control': 'max-age=0, private, must-revalidate',
      etag: `W/"${hash('sha256', text, 'hex').slice(0, 32)}"`,
      'x-runtime': ((performance.now() - exchange.startedAt) / 1000).toFixed(6),
    })
    .type('application/json; charset=utf-8')
    .send(text);
}
