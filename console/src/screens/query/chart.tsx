/** A quick look at a result: one column over another. Loaded when it is opened. */
import '@mantine/charts/styles.css';
import type { Column, Row } from '@headgate/client';
import { BarChart, LineChart } from '@mantine/charts';
import { Box, Group, SegmentedControl, Select, Stack, Text } from '@mantine/core';
import { useMemo, useState } from 'react';
import { EmptyState } from '../../components/empty-state.tsx';
import { cellText, isNumeric } from './cells.ts';

/** More points than this nobody can tell apart. */
const mostPoints = 200;

const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 2 });

export default function Chart({ columns, rows }: { columns: readonly Column[]; rows: readonly Row[] }) {
  const numbers = columns.filter(isNumeric);
  const [kind, setKind] = useState('bars');
  const [across, setAcross] = useState(columns.find((column) => !isNumeric(column))?.name ?? columns[0]?.name ?? '');
  const [value, setValue] = useState(numbers.at(-1)?.name ?? '');
  const data = useMemo(
    () =>
      rows.slice(0, mostPoints).map((row) => ({ [across]: cellText(row[across]), [value]: Number(row[value] ?? 0) })),
    [rows, across, value],
  );
  if (numbers.length === 0) {
    return <EmptyState title="No column of numbers">A chart needs one: count, sum or measure something.</EmptyState>;
  }
  const shared = {
    h: 320,
    data,
    dataKey: across,
    series: [{ name: value, color: 'water.6' }],
    withLegend: true,
    yAxisProps: { width: 64 },
    valueFormatter: (number: number) => short.format(number),
    'aria-label': `${value} by ${across}`,
  };
  return (
    <Stack p="md" gap="sm">
      <Group align="flex-end" gap="sm">
        <SegmentedControl
          aria-label="Kind of chart"
          data={[
            { value: 'bars', label: 'Bars' },
            { value: 'lines', label: 'Lines' },
          ]}
          value={kind}
          onChange={setKind}
        />
        <Select
          label="Across"
          data={columns.map(({ name }) => name)}
          value={across}
          allowDeselect={false}
          onChange={(next) => setAcross(next ?? across)}
        />
        <Select
          label="Value"
          data={numbers.map(({ name }) => name)}
          value={value}
          allowDeselect={false}
          onChange={(next) => setValue(next ?? value)}
        />
      </Group>
      <Box role="img" aria-label={`${kind} of ${value} by ${across}`}>
        {kind === 'bars' ? <BarChart {...shared} /> : <LineChart {...shared} curveType="linear" />}
      </Box>
      {rows.length > mostPoints && (
        <Text size="xs" c="dimmed">
          The first {mostPoints} rows. Group or limit the statement to chart all of it.
        </Text>
      )}
    </Stack>
  );
}
