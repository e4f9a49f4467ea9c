/** Rows of a result: only those in sight are in the page, whatever their number. */
import type { Column, Row } from '@headgate/client';
import { type ColumnDef, columnSizingFeature, tableFeatures, useTable } from '@tanstack/react-table';
import { useVirtualizer } from '@tanstack/react-virtual';
import { memo, useMemo, useRef } from 'react';
import { cellText, isNumeric, widthOf } from './cells.ts';
import classes from './grid.module.css';

const features = tableFeatures({ columnSizingFeature });
const rowHeight = 28;
/** More than ever are in sight at once. */
const places = 128;
/** The column of row numbers, px. */
const gutter = 64;
const noRows: Row[] = [];

interface GridProps {
  readonly columns: readonly Column[];
  /** Grows in place while rows come; `count` tells how far it is. */
  readonly rows: readonly Row[];
  readonly count: number;
}

interface Placed {
  readonly name: string;
  readonly start: number;
  readonly size: number;
  readonly right: boolean;
}

const GridRow = memo(function GridRow({
  row,
  index,
  top,
  cells,
  width,
}: {
  row: Row;
  index: number;
  top: number;
  cells: readonly Placed[];
  width: number;
}) {
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      className={classes.row}
      style={{ transform: `translateY(${top}px)`, height: rowHeight, width }}
    >
      <div role="rowheader" className={classes.gutter} style={{ width: gutter }}>
        {index + 1}
      </div>
      {cells.map(({ name, start, size, right }) => {
        const value = row[name];
        return (
          <div
            key={name}
            role="cell"
            className={right ? classes.number : classes.cell}
            style={{ left: gutter + start, width: size }}
          >
            {value === null ? <span className={classes.null}>null</span> : cellText(value)}
          </div>
        );
      })}
    </div>
  );
});

/** TanStack Table knows the columns and their widths; TanStack Virtual what of both directions is in sight. */
export function Grid({ columns, rows, count }: GridProps) {
  const scroller = useRef<HTMLDivElement>(null);
  // Widths come from the first rows: later ones must not move the columns under the reader.
  const sample = Math.min(count, 60);
  const definitions = useMemo<ColumnDef<typeof features, Row>[]>(
    () =>
      columns.map((column) => ({
        id: column.name,
        header: column.name,
        size: widthOf(column, rows.slice(0, sample)),
      })),
    [columns, rows, sample],
  );
  const table = useTable({ features, columns: definitions, data: noRows });
  const placed = useMemo<readonly Placed[]>(() => {
    let start = 0;
    return columns.map((column) => {
      const size = table.getColumn(column.name)?.getSize() ?? 120;
      start += size;
      return { name: column.name, start: start - size, size, right: isNumeric(column) };
    });
  }, [columns, table]);
  const width = gutter + placed.reduce((sum, { size }) => sum + size, 0);

  const rowsInSight = useVirtualizer({
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 8,
    useFlushSync: false,
  });
  const columnsInSight = useVirtualizer({
    horizontal: true,
    count: placed.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => placed[index]?.size ?? 120,
    overscan: 4,
    useFlushSync: false,
  });
  const inSight = columnsInSight.getVirtualItems();
  const first = inSight[0]?.index ?? 0;
  const last = inSight.at(-1)?.index ?? placed.length - 1;
  const cells = useMemo(() => placed.slice(first, last + 1), [placed, first, last]);

  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard.
    <div ref={scroller} className={classes.scroller} tabIndex={0} role="region" aria-label="Rows" data-rows={count}>
      <div
        role="table"
        aria-label="Result"
        aria-rowcount={count + 1}
        aria-colcount={columns.length + 1}
        style={{ width }}
      >
        <div role="rowgroup" className={classes.head}>
          <div role="row" aria-rowindex={1} className={classes.headRow} style={{ width, height: 44 }}>
            <div role="columnheader" className={classes.gutter} style={{ width: gutter }}>
              #
            </div>
            {cells.map(({ name, start, size, right }) => (
              <div
                key={name}
                role="columnheader"
                className={right ? classes.numberHeader : classes.header}
                style={{ left: gutter + start, width: size }}
                title={name}
              >
                {name}
                <span className={classes.type}>{columns.find((column) => column.name === name)?.type}</span>
              </div>
            ))}
          </div>
        </div>
        <div role="rowgroup" style={{ height: rowsInSight.getTotalSize(), position: 'relative' }}>
          {rowsInSight.getVirtualItems().map(({ index, start }) => (
            // Rows that come into sight take the places of those that leave it: nothing is made anew.
            <GridRow key={index % places} row={rows[index]!} index={index} top={start} cells={cells} width={width} />
          ))}
        </div>
      </div>
    </div>
  );
}
