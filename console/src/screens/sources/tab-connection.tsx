/** Where a source is and how it is reached; changing that, with its blast radius first. */
import type { BlastRadius, Body, TestReport } from '@headgate/client';
import { Box, Button, Grid, Group, Stack, Text, Title } from '@mantine/core';
import { useForm } from '@mantine/form';
import { notifications } from '@mantine/notifications';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { headgate } from '../../api/client.ts';
import { enginesQuery } from '../../api/sources.ts';
import { ConnectionFields } from './connection-fields.tsx';
import { ConnectionTest } from './connection-test.tsx';
import { type ConnectionDraft, draftOf, formField, patchOf } from './draft.ts';
import { GuardedChange } from './guarded-change.tsx';
import type { TabProps } from './source.tsx';

/** What of a patch a test takes: null means the engine's default there too. */
function overridesOf(patch: Body<'updateSource'>): Body<'testSource'> {
  return Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== null)) as Body<'testSource'>;
}

export default function ConnectionTab({ source }: TabProps) {
  const { name, version } = source;
  const queries = useQueryClient();
  const engines = useQuery(enginesQuery);
  const saved = draftOf(source);
  const form = useForm<ConnectionDraft>({ initialValues: saved });
  const [asked, setAsked] = useState<Body<'updateSource'>>();
  const patch = patchOf(form.values, saved);
  const changed = Object.keys(patch).length > 0;
  const mayModify = source.permissions.includes('modify');
  const markFields = (report: TestReport): void => {
    form.clearErrors();
    for (const { ok, field, message, remedy } of report.stages) {
      if (!ok && field !== undefined) form.setFieldError(formField(field), message ?? remedy ?? 'This does not work');
    }
    void queries.invalidateQueries({ queryKey: ['sources'] });
  };
  return (
    <Grid gap="lg">
      <Grid.Col span={{ base: 12, lg: 8 }}>
        <form onSubmit={form.onSubmit(() => setAsked(patch))}>
          <Stack className="surface" p="md">
            <fieldset disabled={!mayModify} style={{ border: 0, padding: 0, margin: 0 }}>
              <ConnectionFields
                form={form}
                engine={engines.data?.find(({ id }) => id === form.values.engine)}
                storedPassword={source.credential.state === 'set'}
              />
            </fieldset>
            {mayModify ? (
              <Group justify="flex-end">
                <Button variant="default" disabled={!changed} onClick={() => form.setValues(saved)}>
                  Put it back
                </Button>
                <Button type="submit" disabled={!changed}>
                  Change …
                </Button>
              </Group>
            ) : (
              <Text size="sm" c="dimmed">
                You may see this, not change it.
              </Text>
            )}
          </Stack>
        </form>
      </Grid.Col>
      <Grid.Col span={{ base: 12, lg: 4 }}>
        <Box className="surface" p="md">
          <Stack gap="sm">
            <Title order={2} size="h5">
              {changed ? 'Test the change' : 'Test'}
            </Title>
            <ConnectionTest
              run={(signal) => headgate.call('testSource', { params: { name }, body: overridesOf(patch), signal })}
              onReport={markFields}
            />
          </Stack>
        </Box>
      </Grid.Col>
      {asked && (
        <GuardedChange
          source={name}
          title={`Change ${name}`}
          verb="Change"
          onClose={() => setAsked(undefined)}
          preview={async (signal) => {
            const answer = await headgate.call('updateSource', {
              params: { name },
              query: { dryRun: true },
              body: asked,
              signal,
            });
            return answer as BlastRadius; // what `dryRun` answers
          }}
          apply={() => headgate.call('updateSource', { params: { name }, body: asked, ifMatch: `"v${version}"` })}
          onDone={() => {
            setAsked(undefined);
            form.setFieldValue('password', '');
            notifications.show({
              color: 'teal',
              title: `${name} is changed`,
              message: 'New connections use it at once.',
            });
            void queries.invalidateQueries({ queryKey: ['sources'] });
          }}
        />
      )}
    </Grid>
  );
}
