import { expect, it } from 'vitest';
import { BusyError } from '../domain/errors.ts';
import { Turns } from './turns.ts';

const never = new AbortController().signal;

it('lets as many run as may, as many wait, and refuses the rest', async () => {
  const turns = new Turns();
  const limit = { running: 2, waiting: 3 };
  const taken = await Promise.all([turns.take('u', limit, never), turns.take('u', limit, never)]);
  const order: number[] = [];
  const waiting = [0, 1, 2].map((index) =>
    turns.take('u', limit, never).then((give) => {
      order.push(index);
      return give;
    }),
  );
  await expect(turns.take('u', limit, never)).rejects.toThrow(BusyError);
  await expect(turns.take('other', limit, never)).resolves.toBeTypeOf('function');
  expect(order).toEqual([]);
  taken[0]!();
  taken[0]!(); // giving back twice gives one place
  (await waiting[0]!)();
  (await waiting[1]!)();
  (await waiting[2]!)();
  taken[1]!();
  expect(order).toEqual([0, 1, 2]);
  await expect(turns.take('u', { running: 1, waiting: 0 }, never)).resolves.toBeTypeOf('function');
});

it('forgets who has gone while waiting', async () => {
  const turns = new Turns();
  const limit = { running: 1, waiting: 1 };
  const give = await turns.take('u', limit, never);
  const leaving = new AbortController();
  const left = turns.take('u', limit, leaving.signal);
  leaving.abort(new Error('gone'));
  await expect(left).rejects.toThrow('gone');
  const stays = turns.take('u', limit, never);
  give();
  (await stays)();
});
