/** Signatures against the convention's own example, and against the code that docs/events.md gives to receivers. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { newWebhookSecret, signedHeaders } from './signature.ts';

const page = readFileSync(new URL('../../../../docs/events.md', import.meta.url), 'utf8');
const sample = (language: string): string => page.split(`\`\`\`${language}\n`)[1]!.split('```')[0]!;
const body = '{"who":"Ådne"}';

describe('signatures of webhooks', () => {
  it('are those of the convention', () => {
    const message = {
      id: 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      sentAt: new Date(1_614_265_330_999),
      body: '{"test": 2432232314}',
    };
    expect(signedHeaders(message, ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'])).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('satisfy the documented check in JavaScript', async () => {
    const [old, current] = [newWebhookSecret(), newWebhookSecret()];
    const { verify } = await import(`data:text/javascript,${encodeURIComponent(sample('js'))}`);
    const headers = signedHeaders({ id: 'e1', sentAt: new Date(), body }, [current, old]);
    expect([verify(old, headers, body), verify(current, headers, Buffer.from(body))]).toEqual([true, true]);
    expect(verify(current, headers, `${body} `)).toBe(false);
    expect(verify(newWebhookSecret(), headers, body)).toBe(false);
    const stale = signedHeaders({ id: 'e1', sentAt: new Date(Date.now() - 600_000), body }, [current]);
    expect(verify(current, stale, body)).toBe(false);
  });

  it.skipIf(spawnSync('python3', ['--version']).error !== undefined)('satisfy the documented check in Python', () => {
    const secret = newWebhookSecret();
    const headers = signedHeaders({ id: 'e1', sentAt: new Date(), body }, [newWebhookSecret(), secret]);
    const program = `${sample('python')}
import json, sys
headers, secret, body = json.loads(sys.argv[1]), sys.argv[2], sys.argv[3].encode()
print(verify(secret, headers, body), verify(secret, headers, body + b" "), verify("whsec_AAAA", headers, body))`;
    const run = spawnSync('python3', ['-c', program, JSON.stringify(headers), secret, body], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONUTF8: '1' },
    });
    expect([run.stderr, run.stdout.trim()]).toEqual(['', 'True False False']);
  });
});
