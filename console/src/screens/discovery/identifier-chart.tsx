/** What was found in how many columns. The same numbers stand below as a table, for those who do not see the bars. */
import '@mantine/charts/styles.css';
import type { DiscoverySummary } from '@headgate/client';
import { BarChart } from '@mantine/charts';
import { VisuallyHidden } from '@mantine/core';

/** As much of a name as the axis has room for; the table has all of it. */
function shortened(name: string): string {
  return name.length > 24 ? `${name.slice(0, 23)}…` : name;
}

export default function IdentifierChart({ identifiers }: Pick<DiscoverySummary, 'identifiers'>) {
  const shown = identifiers.slice(0, 8);
  return (
    <>
      <BarChart
        aria-hidden
        h={Math.max(140, shown.length * 34 + 40)}
        data={shown.map(({ name, columns }) => ({ name, Columns: columns }))}
        dataKey="name"
        orientation="vertical"
        series={[{ name: 'Columns', color: 'water.6' }]}
        yAxisProps={{ width: 190, tickFormatter: shortened }}
        barChartProps={{ accessibilityLayer: false }}
        xAxisProps={{ allowDecimals: false }}
        barProps={{ radius: 3, maxBarSize: 20, isAnimationActive: false }}
      />
      <VisuallyHidden>
        <table>
          <caption>Found most</caption>
          <thead>
            <tr>
              <th scope="col">What</th>
              <th scope="col">Columns</th>
            </tr>
          </thead>
          <tbody>
            {identifiers.map(({ name, columns }) => (
              <tr key={name}>
                <td>{name}</td>
                <td>{columns}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </VisuallyHidden>
    </>
  );
}
