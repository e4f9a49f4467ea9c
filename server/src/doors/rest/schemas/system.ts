/** The installation as its administrators see it. */
import Type from 'typebox';
import { nullable, oneOf, timestamp } from './common.ts';

export const node = Type.Object(
  {
    id: Type.String(),
    host: Type.String(),
    processId: Type.Integer(),
    version: Type.String(),
    runtime: Type.String(),
    address: nullable(Type.String({ description: 'Where it serves; null for a worker.' })),
    startedAt: timestamp,
    seenAt: timestamp,
    alive: Type.Boolean(),
    current: Type.Boolean({ description: 'The node that answers.' }),
  },
  { title: 'Node' },
);

export const system = Type.Object(
  {
    version: Type.String(),
    healthy: Type.Boolean(),
    checks: Type.Array(
      Type.Object({ name: Type.String(), up: Type.Boolean(), milliseconds: nullable(Type.Integer()) }),
      { description: 'As of the node that answers.' },
    ),
    store: Type.Object({
      kind: oneOf(['pglite', 'postgresql']),
      version: Type.String(),
      bytes: Type.Integer(),
    }),
    keys: Type.Object({
      currentKeyId: Type.String({ description: 'Of the key-encryption key that wraps now.' }),
      dataKeys: Type.Array(
        Type.Object({
          id: Type.String(),
          state: Type.String(),
          keyId: Type.String(),
          provider: Type.String(),
          createdAt: timestamp,
          rewrappedAt: nullable(timestamp),
        }),
        { description: 'Ids and ages; the keys themselves never leave the vault.' },
      ),
      signingKeyId: Type.String({ description: 'Signs checkpoints of the audit trail.' }),
    }),
    work: Type.Object({
      jobsQueued: Type.Integer(),
      jobsRunning: Type.Integer(),
      auditUnsealed: Type.Integer(),
    }),
  },
  { title: 'System' },
);
