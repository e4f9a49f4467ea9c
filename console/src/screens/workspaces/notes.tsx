/** Notes of a workspace: a note may become an insight, and an insight be published. */
import type { Note } from '@headgate/client';
import { Badge, Button, Group, Paper, Stack, Text, Textarea } from '@mantine/core';
import { IconNote } from '@tabler/icons-react';
import { useInfiniteQuery, useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { useMe } from '../../api/session.ts';
import { Confirm } from '../../components/confirm.tsx';
import { EmptyState } from '../../components/empty-state.tsx';
import { Problem } from '../../components/problem.tsx';
import { RelativeTime } from '../../components/relative-time.tsx';
import { ScreenLoading } from '../../components/screen-loading.tsx';
import { mayOwn, mayWork } from './rights.ts';
import type { TabProps } from './workspace.tsx';

const stateColors: Readonly<Record<Note['state'], string>> = { note: 'gray', insight: 'water', published: 'teal' };
/** What a note may become next, and the verb for it. */
const steps: Readonly<Record<Note['state'], { readonly to: Note['state']; readonly verb: string }>> = {
  note: { to: 'insight', verb: 'Make it an insight' },
  insight: { to: 'published', verb: 'Publish' },
  published: { to: 'insight', verb: 'Take it back' },
};

function Write({ label, verb, onWrite }: { label: string; verb: string; onWrite: (body: string) => Promise<unknown> }) {
  const [body, setBody] = useState('');
  const write = useMutation({ mutationFn: () => onWrite(body), onSuccess: () => setBody('') });
  return (
    <Stack gap={6}>
      <Textarea
        aria-label={label}
        placeholder={label}
        autosize
        minRows={2}
        value={body}
        onChange={(event) => setBody(event.currentTarget.value)}
      />
      {write.error && <Problem error={write.error} />}
      {body !== '' && (
        <Group justify="flex-end">
          <Button size="xs" loading={write.isPending} onClick={() => write.mutate()}>
            {verb}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

function NoteCard({ workspace, note }: TabProps & { note: Note }) {
  const me = useMe().user.username;
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState(false);
  const [commenting, setCommenting] = useState(false);
  const params = { workspace: workspace.id, note: note.id };
  const changed = () => queries.invalidateQueries({ queryKey: ['workspaces', 'one', workspace.id, 'notes'] });
  const works = mayWork(workspace);
  const { to, verb } = steps[note.state];
  const promote = useMutation({
    mutationFn: () => headgate.call('updateNote', { params, body: { state: to } }),
    onSuccess: changed,
  });
  return (
    <Paper component="article" className="surface" p="md" aria-label={`Note by ${note.author ?? 'somebody'}`}>
      <Group justify="space-between" gap="xs" mb={6}>
        <Group gap={6}>
          <Text size="sm" fw={600}>
            {note.author ?? 'somebody who is gone'}
          </Text>
          <Text size="xs" c="dimmed">
            <RelativeTime at={note.createdAt} />
            {note.about === null ? '' : ` about ${note.about.name}`}
          </Text>
        </Group>
        <Badge size="sm" variant="light" color={stateColors[note.state]}>
          {note.state}
        </Badge>
      </Group>
      <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
        {note.body}
      </Text>
      {note.comments.length > 0 && (
        <Stack gap={6} mt="sm" pl="md" style={{ borderLeft: '2px solid var(--headgate-line)' }}>
          {note.comments.map((comment) => (
            <div key={comment.id}>
              <Text size="xs" c="dimmed">
                {comment.author ?? 'somebody'}, <RelativeTime at={comment.createdAt} />
              </Text>
              <Text size="sm" style={{ whiteSpace: 'pre-wrap', overflowWrap: 'anywhere' }}>
                {comment.body}
              </Text>
            </div>
          ))}
        </Stack>
      )}
      {promote.error && <Problem error={promote.error} />}
      {works && (
        <Group gap="xs" mt="sm">
          <Button size="compact-sm" variant="default" loading={promote.isPending} onClick={() => promote.mutate()}>
            {verb}
          </Button>
          <Button
            size="compact-sm"
            variant="subtle"
            aria-expanded={commenting}
            onClick={() => setCommenting(!commenting)}
          >
            Comment
          </Button>
          {(note.author === me || mayOwn(workspace)) && (
            <Button size="compact-sm" variant="subtle" color="red" onClick={() => setDeleting(true)}>
              Delete
            </Button>
          )}
        </Group>
      )}
      {commenting && (
        <Write
          label="Your comment"
          verb="Comment"
          onWrite={async (body) => {
            await headgate.call('createComment', { params, body: { body } });
            setCommenting(false);
            await changed();
          }}
        />
      )}
      <Confirm
        opened={deleting}
        onClose={() => setDeleting(false)}
        title="Delete this note"
        confirm="Delete"
        danger
        onConfirm={async () => {
          await headgate.call('deleteNote', { params });
          await changed();
        }}
      >
        <Text size="sm">Its comments go with it.</Text>
      </Confirm>
    </Paper>
  );
}

export default function Notes({ workspace }: TabProps) {
  const queries = useQueryClient();
  const params = { workspace: workspace.id };
  const key = ['workspaces', 'one', workspace.id, 'notes'];
  const notes = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam, signal }) =>
      headgate.call('listNotes', {
        params,
        query: { limit: 20, ...(pageParam === null ? {} : { cursor: pageParam }) },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ nextCursor }) => nextCursor,
  });
  const all = notes.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <Stack maw={860}>
      {mayWork(workspace) && (
        <Write
          label="Write a note"
          verb="Add the note"
          onWrite={async (body) => {
            await headgate.call('createNote', { params, body: { body } });
            await queries.invalidateQueries({ queryKey: key });
          }}
        />
      )}
      {notes.error && <Problem error={notes.error} onRetry={() => void notes.refetch()} />}
      {notes.isPending && <ScreenLoading />}
      {notes.data && all.length === 0 && (
        <EmptyState title="No note yet" icon={IconNote}>
          Write down what you learned. A note may become an insight, and an insight be published to everybody who may
          read this workspace.
        </EmptyState>
      )}
      {all.map((note) => (
        <NoteCard key={note.id} workspace={workspace} note={note} />
      ))}
      {notes.hasNextPage && (
        <Group justify="center">
          <Button variant="default" loading={notes.isFetchingNextPage} onClick={() => void notes.fetchNextPage()}>
            Older notes
          </Button>
        </Group>
      )}
    </Stack>
  );
}
