/** What people write in a workspace, and what happened there. */
import { NotFoundError } from '../../domain/errors.ts';
import { type Activity, type Comment, noteStateOf } from '../../domain/workspaces/index.ts';
import { pageOf, pageQuery } from '../../platform/http/index.ts';
import { paged } from './numbered.ts';
import type { Operations } from './operation.ts';
import * as schemas from './schemas/index.ts';
import type { RestServices } from './services.ts';

const tag = 'workspaces';
const all = '/workspaces/:workspace/notes';
const one = `${all}/:note`;

const presentComment = ({ uid, author, body, at }: Comment): Record<string, unknown> => ({
  id: uid,
  author: author?.username ?? null,
  body,
  createdAt: at,
});

function aboutOf({ target }: Activity): Record<string, unknown> | null {
  if (target === null) return null;
  return { type: target.type, name: target.type === 'data_source' ? target.source.name : target.name };
}

function presentNote(note: Activity): Record<string, unknown> {
  return {
    id: note.uid,
    author: note.actor?.username ?? null,
    body: note.body ?? '',
    state: noteStateOf(note),
    promotedBy: note.promotedBy?.username ?? null,
    about: aboutOf(note),
    comments: note.comments.map(presentComment),
    createdAt: note.at,
  };
}

function presentActivity(activity: Activity): Record<string, unknown> {
  return {
    id: activity.uid,
    action: activity.action,
    actor: activity.actor?.username ?? null,
    about: aboutOf(activity),
    detail: activity.detail,
    createdAt: activity.at,
  };
}

export function registerWorkspaceNotes(operations: Operations, services: RestServices): void {
  const { notes } = services;
  operations.add(
    {
      method: 'GET',
      path: all,
      id: 'listNotes',
      tag,
      summary: 'Notes, the newest first.',
      params: schemas.workspaceNameParams,
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.note) },
      problems: [404],
    },
    ({ principal, params, query }) =>
      paged(
        'notes',
        query,
        (page) => notes.listIn(principal, params.workspace, { notesOnly: true }, page),
        presentNote,
      ),
  );
  operations.add(
    {
      method: 'POST',
      path: all,
      id: 'createNote',
      tag,
      summary: 'Write a note.',
      params: schemas.workspaceNameParams,
      body: schemas.noteBody,
      answers: { 201: schemas.note },
      problems: [404],
    },
    async ({ principal, params, body, reply }) => {
      const note = await notes.createIn(principal, params.workspace, body);
      reply.code(201);
      return presentNote(note);
    },
  );
  const at = { tag, params: schemas.noteParams, path: one, problems: [404] } as const;
  operations.add(
    {
      ...at,
      method: 'PATCH',
      id: 'updateNote',
      summary: 'Change what a note says, or make it an insight, publish it, and take that back.',
      body: schemas.notePatch,
      answers: { 200: schemas.note },
    },
    async ({ principal, params, body }) => {
      let note = await notes.getIn(principal, params.workspace, params.note);
      if (body.body !== undefined) note = await notes.update(principal, note.id, body.body);
      if (body.state !== undefined) note = await notes.bring(principal, note.id, body.state);
      return presentNote(note);
    },
  );
  operations.add(
    { ...at, method: 'DELETE', id: 'deleteNote', summary: 'Delete a note.', answers: { 204: schemas.noContent } },
    async ({ principal, params, reply }) => {
      const { id } = await notes.getIn(principal, params.workspace, params.note);
      await notes.remove(principal, id);
      reply.code(204);
    },
  );
  registerComments(operations, services);
  operations.add(
    {
      method: 'GET',
      path: '/workspaces/:workspace/activities',
      id: 'listWorkspaceActivities',
      tag,
      summary: 'What happened in it, the newest first.',
      params: schemas.workspaceNameParams,
      query: schemas.strict(pageQuery),
      answers: { 200: pageOf(schemas.activity) },
      problems: [404],
    },
    ({ principal, params, query }) =>
      paged('activities', query, (page) => notes.listIn(principal, params.workspace, {}, page), presentActivity),
  );
}

function registerComments(operations: Operations, { notes, comments }: RestServices): void {
  operations.add(
    {
      method: 'POST',
      path: `${one}/comments`,
      id: 'createComment',
      tag,
      summary: 'Comment on a note.',
      params: schemas.noteParams,
      body: schemas.commentBody,
      answers: { 201: schemas.comment },
      problems: [404],
    },
    async ({ principal, params, body, reply }) => {
      const { id } = await notes.getIn(principal, params.workspace, params.note);
      const comment = await comments.create(principal, id, body.body);
      reply.code(201);
      return presentComment(comment);
    },
  );
  operations.add(
    {
      method: 'DELETE',
      path: `${one}/comments/:comment`,
      id: 'deleteComment',
      tag,
      summary: 'Delete a comment.',
      params: schemas.commentParams,
      answers: { 204: schemas.noContent },
      problems: [404],
    },
    async ({ principal, params, reply }) => {
      const note = await notes.getIn(principal, params.workspace, params.note);
      const comment = note.comments.find(({ uid }) => uid === params.comment.toLowerCase());
      if (comment === undefined) throw new NotFoundError('comment_not_found', 'There is no such comment.');
      await comments.remove(principal, comment.id);
      reply.code(204);
    },
  );
}
