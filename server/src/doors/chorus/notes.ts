/** Notes, insights, comments, activities and tags (chorus.md §3.9, §3.11). */
import { listed, pageOf } from './paging.ts';
import { attributesOf, booleanOf, type Fields, idOf, isFields, listOf, plainText, textOf } from './params.ts';
import { presentTag } from './present.ts';
import { presentActivity, presentComment } from './present-content.ts';
import { enveloped, type Routes } from './routes.ts';
import type { ChorusServices } from './services.ts';

/** Numbers of a list; what is none names nothing. */
const numbersOf = (value: Fields[string] | undefined): number[] => listOf(value).map((one) => idOf(one) ?? 0);

export function registerNotes(routes: Routes, { notes, comments }: ChorusServices): void {
  const tag = 'notes';
  routes.add(
    { method: 'POST', path: '/notes', id: 'createNote', tag, summary: 'Write a note on something.', status: 201 },
    async ({ principal, params }) => {
      const fields = attributesOf(params, 'note');
      const note = await notes.create(principal, {
        entityType: plainText(fields.entity_type) ?? '',
        entityId: idOf(fields.entity_id) ?? 0,
        body: plainText(fields.body) ?? '',
        isInsight: booleanOf(fields.is_insight),
        workspaceId: idOf(fields.workspace_id),
        recipients: numbersOf(fields.recipients),
        datasetIds: numbersOf(fields.dataset_ids),
        workfileIds: numbersOf(fields.workfile_ids),
      });
      return enveloped(presentActivity(note));
    },
  );
  routes.add(
    { method: 'PUT', path: '/notes/:id', id: 'updateNote', tag, summary: 'Change what it says.' },
    async ({ principal, params, id }) => {
      const body = plainText(attributesOf(params, 'note').body) ?? '';
      return enveloped(presentActivity(await notes.update(principal, id('id'), body)));
    },
  );
  routes.add(
    { method: 'DELETE', path: '/notes/:id', id: 'deleteNote', tag, summary: 'Delete a note.' },
    async ({ principal, id }) => {
      await notes.remove(principal, id('id'));
      return {};
    },
  );
  registerInsights(routes, notes);
  registerComments(routes, comments);
}

function filterOf(params: Fields) {
  const entityType = plainText(params.entity_type);
  const entityId = idOf(params.entity_id);
  return {
    ...(entityType === undefined ? {} : { entityType }),
    ...(entityId === undefined ? {} : { entityId }),
  };
}

function registerInsights(routes: Routes, notes: ChorusServices['notes']): void {
  const tag = 'notes';
  routes.add(
    { method: 'GET', path: '/insights', id: 'listInsights', tag, summary: 'Insights.' },
    async ({ principal, params }) => {
      const page = pageOf(params);
      const found = await notes.list(principal, { ...filterOf(params), insightsOnly: true }, page);
      return listed(page, found, (activity) => presentActivity(activity));
    },
  );
  routes.add(
    { method: 'GET', path: '/activities', id: 'listActivities', tag, summary: 'What happened, the newest first.' },
    async ({ principal, params }) => {
      const page = pageOf(params);
      const mineOnly = booleanOf(params.current_user_only) === true;
      // Results come of workflows, which nothing here runs.
      if (booleanOf(params.results_only) === true) return listed(page, { items: [], records: 0 }, presentActivity);
      const found = await notes.list(principal, { ...filterOf(params), mineOnly }, page);
      return listed(page, found, (activity) => presentActivity(activity));
    },
  );
  const steps = [
    ['/insights', 'promoteNote', 'Make a note an insight.', 'promote'],
    ['/insights/publish', 'publishInsight', 'Publish an insight.', 'publish'],
    ['/insights/unpublish', 'unpublishInsight', 'Take it back.', 'unpublish'],
  ] as const;
  for (const [path, name, summary, step] of steps) {
    routes.add({ method: 'POST', path, id: name, tag, summary, status: 201 }, async ({ principal, params }) => {
      const id = idOf(attributesOf(params, 'insight').note_id) ?? 0;
      return enveloped(presentActivity(await notes.step(principal, id, step)));
    });
  }
  routes.add(
    { method: 'DELETE', path: '/insights/:id', id: 'demoteInsight', tag, summary: 'It is a plain note again.' },
    async ({ principal, id }) => enveloped(presentActivity(await notes.step(principal, id('id'), 'demote'))),
  );
}

function registerComments(routes: Routes, comments: ChorusServices['comments']): void {
  const tag = 'notes';
  routes.add(
    { method: 'POST', path: '/comments', id: 'createComment', tag, summary: 'Comment on an activity.', status: 201 },
    async ({ principal, params }) => {
      const fields = attributesOf(params, 'comment');
      const body = plainText(fields.body) ?? '';
      return enveloped(presentComment(await comments.create(principal, idOf(fields.event_id) ?? 0, body)));
    },
  );
  routes.add(
    { method: 'GET', path: '/comments/:id', id: 'getComment', tag, summary: 'One comment.' },
    async ({ principal, id }) => enveloped(presentComment(await comments.get(principal, id('id')))),
  );
  routes.add(
    { method: 'DELETE', path: '/comments/:id', id: 'deleteComment', tag, summary: 'Delete a comment.' },
    async ({ principal, id }) => {
      await comments.remove(principal, id('id'));
      return {};
    },
  );
}

export function registerTags(routes: Routes, { tags }: ChorusServices): void {
  const tag = 'tags';
  routes.add(
    { method: 'GET', path: '/tags', id: 'listTags', tag, summary: 'Tags by name.' },
    async ({ principal, params }) => {
      const page = pageOf(params);
      return listed(page, await tags.list(principal, plainText(params.q), page), presentTag);
    },
  );
  routes.add(
    { method: 'PUT', path: '/tags/:id', id: 'renameTag', tag, summary: 'Rename a tag.' },
    async ({ principal, params, id }) => {
      const name = textOf(attributesOf(params, 'tag').name) ?? '';
      return enveloped(presentTag(await tags.rename(principal, id('id'), name)));
    },
  );
  routes.add(
    { method: 'DELETE', path: '/tags/:id', id: 'deleteTag', tag, summary: 'Delete a tag.' },
    async ({ principal, id }) => {
      await tags.remove(principal, id('id'));
      return {};
    },
  );
  routes.add(
    { method: 'GET', path: '/taggings', id: 'listTaggings', tag, summary: 'Tags of one thing.' },
    async ({ principal, params }) => {
      const thing = { entityType: plainText(params.entity_type) ?? '', entityId: idOf(params.entity_id) ?? 0 };
      return enveloped((await tags.of(principal, thing)).map(presentTag));
    },
  );
  routes.add(
    {
      method: 'POST',
      path: '/taggings',
      id: 'changeTaggings',
      tag,
      summary: 'Tag things, or untag them.',
      status: 201,
    },
    async ({ principal, params }) => {
      const fields = attributesOf(params, 'tagging');
      const things = listOf(fields.taggables).map((thing) =>
        isFields(thing)
          ? { entityType: plainText(thing.entity_type) ?? '', entityId: idOf(thing.entity_id) ?? 0 }
          : { entityType: '', entityId: 0 },
      );
      await tags.tag(principal, things, { add: plainText(fields.add), remove: plainText(fields.remove) });
      return {};
    },
  );
}
