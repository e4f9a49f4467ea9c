/** Querying a source: the statement, what holds for it, its rows. */
import type { Source } from '@headgate/client';
import { Badge, Box, Button, Group, Select, Stack, Switch, Text } from '@mantine/core';
import { IconLock, IconLockOpen, IconPlayerPlay, IconPlayerStop, IconTerminal2 } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { lazy, Suspense, useState } from 'react';
import { headgate } from '../../api/client.ts';
import { sourceQuery } from '../../api/sources.ts';
import { EmptyState } from '../../components/empty-state.tsx';
import { Problem } from '../../components/problem.tsx';
import { Screen } from '../../components/screen.tsx';
import { ScreenLoading } from '../../components/screen-loading.tsx';
import { Results } from './results.tsx';
import { isRunning, useRun } from './run.ts';
import { SaveStatement } from './save-statement.tsx';
import { completionQuery, noTables } from './schema-completion.ts';
import { keepText, type PastRun, remember, textOf } from './statements.ts';
import { workspacesToQuery } from './workspaces.ts';

const Editor = lazy(() => import('./editor.tsx'));

const rowLimits = ['100', '1000', '10000', '100000'].map((value) => ({
  value,
  label: `${Number(value).toLocaleString('en')} rows`,
}));
const timeLimits = [
  { value: '10000', label: '10 s' },
  { value: '60000', label: '1 min' },
  { value: '600000', label: '10 min' },
];
/** The login that the source's own rules choose. */
const byRule = '';

interface Settings {
  readonly maxRows: string;
  readonly timeoutMs: string;
  readonly write: boolean;
  readonly workspace: string;
}

/** Sources that the caller may query. */
function SourceSelect({ value, onChange }: { value: string; onChange: (name: string) => void }) {
  const sources = useQuery({
    queryKey: ['sources', 'list', 'to-query'],
    queryFn: ({ signal }) => headgate.call('listSources', { query: { limit: 100 }, signal }),
  });
  const names = (sources.data?.items ?? [])
    .filter(({ permissions }) => permissions.includes('sql'))
    .map(({ name }) => name);
  return (
    <Select
      label="Source"
      placeholder="Choose a source"
      searchable
      allowDeselect={false}
      data={value === '' || names.includes(value) ? names : [value, ...names]}
      value={value === '' ? null : value}
      onChange={(name) => onChange(name ?? '')}
      nothingFoundMessage="No source that you may query"
      w={230}
    />
  );
}

function WorkspaceSelect({ value, onChange }: { value: string; onChange: (id: string) => void }) {
  const workspaces = useQuery(workspacesToQuery);
  const items = workspaces.data?.items ?? [];
  if (items.length === 0) return null;
  return (
    <Select
      label="With the login of"
      allowDeselect={false}
      data={[
        { value: byRule, label: 'the source, or my own' },
        ...items.map(({ id, name }) => ({ value: id, label: `workspace ${name}` })),
      ]}
      value={value}
      onChange={(id) => onChange(id ?? byRule)}
      w={200}
    />
  );
}

interface ToolbarProps {
  readonly source: Source | undefined;
  readonly settings: Settings;
  readonly onSettings: (settings: Settings) => void;
}

function Limits({ source, settings, onSettings }: ToolbarProps) {
  const mayWrite = source?.permissions.includes('write') === true;
  return (
    <>
      <WorkspaceSelect value={settings.workspace} onChange={(workspace) => onSettings({ ...settings, workspace })} />
      <Select
        label="At most"
        data={rowLimits}
        allowDeselect={false}
        value={settings.maxRows}
        onChange={(maxRows) => onSettings({ ...settings, maxRows: maxRows ?? '1000' })}
        w={140}
      />
      <Select
        label="For"
        data={timeLimits}
        allowDeselect={false}
        value={settings.timeoutMs}
        onChange={(timeoutMs) => onSettings({ ...settings, timeoutMs: timeoutMs ?? '60000' })}
        w={100}
      />
      <Switch
        mb={8}
        checked={settings.write}
        disabled={!mayWrite}
        color="orange"
        thumbIcon={settings.write ? <IconLockOpen size={11} color="#8a4b08" /> : <IconLock size={11} color="#495057" />}
        label={settings.write ? 'May write' : 'Read only'}
        onChange={(event) => onSettings({ ...settings, write: event.currentTarget.checked })}
      />
    </>
  );
}

function CredentialBadge({ source }: { source: Source }) {
  const { state, kind, username } = source.credential;
  if (state !== 'set') {
    return (
      <Badge color="orange" variant="light">
        login {state}
      </Badge>
    );
  }
  return (
    <Badge variant="default">
      {kind} login{username ? `: ${username}` : ''}
    </Badge>
  );
}

function Workbench({ name }: { name: string }) {
  const source = useQuery(sourceQuery(name));
  const schema = useQuery(completionQuery(name));
  const navigate = useNavigate();
  const [text, setText] = useState(() => textOf(name));
  const [settings, setSettings] = useState<Settings>({
    maxRows: '1000',
    timeoutMs: '60000',
    write: false,
    workspace: byRule,
  });
  const { run, start, stop } = useRun(({ request, state, count, ms = 0 }) =>
    remember({
      source: request.source,
      sql: request.body.sql,
      at: new Date().toISOString(),
      state,
      rows: count,
      ms,
    }),
  );
  const change = (next: string): void => {
    setText(next);
    keepText(name, next);
  };
  const execute = (sql: string): void => {
    if (sql.trim() === '') return;
    const { maxRows, timeoutMs, write, workspace } = settings;
    start({
      source: name,
      body: {
        sql,
        maxRows: Number(maxRows),
        timeoutMs: Number(timeoutMs),
        ...(write ? { write: true } : {}),
        ...(workspace === byRule ? {} : { workspace }),
      },
    });
  };
  const use = (past: PastRun): void => {
    keepText(past.source, past.sql);
    if (past.source === name) setText(past.sql);
    else void navigate({ to: '/query', search: { source: past.source } });
  };
  const running = isRunning(run);
  return (
    <Stack gap="sm">
      <Group align="flex-end" gap="sm">
        <SourceSelect value={name} onChange={(next) => void navigate({ to: '/query', search: { source: next } })} />
        <Limits source={source.data} settings={settings} onSettings={setSettings} />
        {running ? (
          <Button
            color="red"
            leftSection={<IconPlayerStop size={16} aria-hidden />}
            onClick={stop}
            disabled={run?.state === 'stopping'}
          >
            Stop
          </Button>
        ) : (
          <Button
            leftSection={<IconPlayerPlay size={16} aria-hidden />}
            onClick={() => execute(text)}
            disabled={text.trim() === ''}
          >
            Run
          </Button>
        )}
        <SaveStatement sql={text} />
        {source.data && (
          <Box mb={6}>
            <CredentialBadge source={source.data} />
          </Box>
        )}
      </Group>
      {source.error && <Problem error={source.error} />}
      <Box className="surface" h={180} style={{ resize: 'vertical', overflow: 'hidden' }} py={4}>
        <Suspense fallback={<ScreenLoading />}>
          <Editor
            value={text}
            engine={source.data?.engine ?? null}
            schema={schema.data ?? noTables}
            onChange={change}
            onRun={execute}
          />
        </Suspense>
      </Box>
      <Results run={run} onStop={stop} onUse={use} />
    </Stack>
  );
}

export function Query() {
  const { source = '' } = useSearch({ from: '/app/query' });
  const navigate = useNavigate();
  return (
    <Screen title="Query">
      {source === '' ? (
        <Stack gap="sm">
          <SourceSelect value="" onChange={(next) => void navigate({ to: '/query', search: { source: next } })} />
          <Box className="surface">
            <EmptyState title="Choose a source" icon={IconTerminal2}>
              <Text size="sm">Those stand here that you may query by SQL.</Text>
            </EmptyState>
          </Box>
        </Stack>
      ) : (
        <Workbench key={source} name={source} />
      )}
    </Screen>
  );
}
