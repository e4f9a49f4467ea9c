/** Users (chorus.md §3.12). */
import type { PersonInput } from '../../domain/workspaces/index.ts';
import { listed, pageOf } from './paging.ts';
import { attributesOf, booleanOf, type Fields, listOf, plainText, textOf, type Value } from './params.ts';
import { presentPerson } from './present.ts';
import { enveloped, type Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';

const tag = 'users';

/** `roles` as a word or as the list that a GET shows; else the older `admin` flag. */
function roleOf(fields: Fields): PersonInput['role'] {
  const sent: Value | undefined = fields.roles;
  if (sent !== undefined && sent !== null) {
    const words = listOf(sent).map((word) => textOf(word));
    if (words.includes('admin')) return 'admin';
    return words.includes('data_admin') ? 'data_admin' : 'none';
  }
  const admin = booleanOf(fields.admin);
  return admin === undefined ? undefined : admin ? 'admin' : 'none';
}

function readPerson(params: Fields): PersonInput {
  const fields = attributesOf(params, 'user');
  return {
    username: plainText(fields.username),
    password: plainText(fields.password),
    firstName: plainText(fields.first_name),
    lastName: plainText(fields.last_name),
    email: plainText(fields.email),
    title: textOf(fields.title),
    dept: textOf(fields.dept),
    notes: textOf(fields.notes),
    userType: plainText(fields.user_type),
    role: roleOf(fields),
    subscribedToEmails: booleanOf(fields.subscribed_to_emails),
  };
}

export function registerUsers(routes: Routes, { people }: ChorusServices): void {
  routes.add(
    { method: 'GET', path: '/users', id: 'listUsers', tag, summary: 'Everybody.' },
    async ({ principal, params }) => {
      const page = pageOf(params);
      const order = textOf(params.order) === 'last_name' ? 'last_name' : 'first_name';
      return listed(page, await people.list(principal, order, page), presentPerson);
    },
  );
  routes.add(
    { method: 'GET', path: '/users/:id', id: 'getUser', tag, summary: 'One user.' },
    async ({ principal, id }) => enveloped(presentPerson(await people.get(principal, id('id')))),
  );
  routes.add(
    { method: 'POST', path: '/users', id: 'createUser', tag, summary: 'Make a user.', status: 201, work: 'admin' },
    async ({ principal, params }) => enveloped(presentPerson(await people.create(principal, readPerson(params)))),
  );
  routes.add(
    { method: 'PUT', path: '/users/:id', id: 'updateUser', tag, summary: 'Change a user.', work: 'admin' },
    async ({ principal, params, id }) =>
      enveloped(presentPerson(await people.update(principal, id('id'), readPerson(params)))),
  );
  routes.add(
    { method: 'DELETE', path: '/users/:id', id: 'deleteUser', tag, summary: 'Delete a user.', work: 'admin' },
    async ({ principal, id }) => {
      await people.remove(principal, id('id'));
      return {};
    },
  );
}
