/** Adding a source: choose the engine or paste a URL, fill the form, test, save. */
import { ProblemError, type TestReport } from '@headgate/client';
import { Anchor, Box, Breadcrumbs, Button, Grid, Group, Stack, TextInput, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { enginesQuery } from '../../api/sources.ts';
import { Loaded } from '../../components/loaded.tsx';
import { Problem } from '../../components/problem.tsx';
import { Screen } from '../../components/screen.tsx';
import { ConnectionFields } from './connection-fields.tsx';
import { ConnectionTest } from './connection-test.tsx';
import { bodyOf, type ConnectionDraft, emptyDraft, formField, withUrl } from './draft.ts';
import { EngineTiles } from './engine-tiles.tsx';
import { UrlField } from './url-field.tsx';

const nameRule = /^[A-Za-z0-9_-]{1,128}$/;

/** A name that fits, made from the database or the host. */
function suggestedName({ database, host }: ConnectionDraft): string {
  return (database || host.split('.')[0] || '')
    .replace(/[^A-Za-z0-9_-]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 128);
}

/** The form of a new source. Told where to go when it is saved. */
export function NewSourceForm({ onSaved }: { onSaved: (name: string) => void }) {
  const engines = useQuery(enginesQuery);
  const queries = useQueryClient();
  const [name, setName] = useState('');
  const [title, setTitle] = useState('');
  const [nameError, setNameError] = useState<string>();
  const form = useForm<ConnectionDraft>({
    initialValues: { ...emptyDraft, engine: 'postgresql' },
    validate: { host: (value) => (value.trim() === '' ? 'The host is missing' : null) },
  });
  const engine = engines.data?.find(({ id }) => id === form.values.engine);

  const save = useMutation({
    mutationFn: (draft: ConnectionDraft) =>
      headgate.call('createSource', { body: { name, ...(title === '' ? {} : { title }), ...bodyOf(draft) } }),
    onSuccess: async (source) => {
      // Its health is known from the start; how the test goes is shown where the source is.
      headgate.call('testSource', { params: { name: source.name }, body: {} }).then(
        () => queries.invalidateQueries({ queryKey: ['sources'] }),
        () => undefined,
      );
      await queries.invalidateQueries({ queryKey: ['sources'] });
      notifications.show({
        color: 'teal',
        title: `${source.name} is registered`,
        message: 'Share it with others next.',
      });
      onSaved(source.name);
    },
    onError: (error) => {
      if (!(error instanceof ProblemError) || error.field === undefined) return;
      if (error.field === 'name') setNameError(error.message);
      else form.setFieldError(formField(error.field), error.message);
    },
  });
  const markFields = (report: TestReport): void => {
    form.clearErrors();
    for (const { ok, field, message, remedy } of report.stages) {
      if (!ok && field !== undefined) form.setFieldError(formField(field), message ?? remedy ?? 'This does not work');
    }
  };
  const chooseEngine = (id: string): void => {
    // A URL belongs to its engine, and so do the options.
    form.setValues({ engine: id, url: '', options: {}, port: '' });
    form.clearErrors();
  };
  const submit = (draft: ConnectionDraft): void => {
    if (!nameRule.test(name)) setNameError('Letters, digits, - and _, at most 128');
    else save.mutate(draft);
  };

  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <Stack gap="lg">
          <Box className="surface" p="md">
            <UrlField
              onParts={(url, parts) => {
                const draft = withUrl(form.values, url, parts);
                form.setValues(draft);
                form.clearErrors();
                if (name === '') setName(suggestedName(draft));
              }}
            />
          </Box>
          <form onSubmit={form.onSubmit(submit)}>
            <Stack gap="md" className="surface" p="md">
              <Loaded query={engines} lines={2}>
                {(known) => <EngineTiles engines={known} value={form.values.engine} onChange={chooseEngine} />}
              </Loaded>
              <Group align="flex-start" grow gap="sm">
                <TextInput
                  label="Name"
                  description="Its address everywhere: letters, digits, - and _"
                  required
                  value={name}
                  error={nameError}
                  autoComplete="off"
                  onChange={(event) => {
                    setName(event.currentTarget.value);
                    setNameError(undefined);
                  }}
                />
                <TextInput
                  label="Title"
                  description="For people; free text"
                  value={title}
                  onChange={(event) => setTitle(event.currentTarget.value)}
                />
              </Group>
              <ConnectionFields form={form} engine={engine} />
              {save.error && <Problem error={save.error} />}
              <Group justify="flex-end">
                <Button type="submit" loading={save.isPending}>
                  Save the source
                </Button>
              </Group>
            </Stack>
          </form>
        </Stack>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Stack gap="sm" className="surface" p="md" style={{ position: 'sticky', top: 76 }}>
          <Title order={2} size="h5">
            Test before saving
          </Title>
          <ConnectionTest
            run={(signal) => headgate.call('testConnection', { body: bodyOf(form.values), signal })}
            onReport={markFields}
            disabled={form.values.host.trim() === ''}
          />
        </Stack>
      </Grid.Col>
    </Grid>
  );
}

export function NewSource() {
  const navigate = useNavigate();
  return (
    <Screen
      title="Add a source"
      description="The password is encrypted as soon as it arrives, and nobody can read it again, not even an administrator."
      breadcrumb={
        <Breadcrumbs>
          <Anchor component={Link} to="/sources" size="sm">
            Sources
          </Anchor>
        </Breadcrumbs>
      }
    >
      <NewSourceForm
        onSaved={(name) => void navigate({ to: '/sources/$name', params: { name }, search: { tab: 'shares' } })}
      />
    </Screen>
  );
}
