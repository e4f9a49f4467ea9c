/** Statistics of interleaved rounds: what is reported is the median of per-round ratios (decisions.md 37). */

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}

export function quantile(values: readonly number[], at: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * at))] ?? Number.NaN;
}

/** One measured line of the report. `target` is what `ratio` (or `value` where there is no reference) is held against. */
export interface Line {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** The reference's value in the same unit, when there is one. */
  readonly reference?: number;
  /** Median of the per-round ratios, ours ÷ reference. */
  readonly ratio?: number;
  /** Lowest and highest per-round ratio. */
  readonly spread?: readonly [number, number];
  readonly target?: { readonly kind: 'at least' | 'at most'; readonly value: number };
  readonly note?: string;
}

/** Did the line meet its target? Undefined when it has none. */
export function met(line: Line): boolean | undefined {
  if (line.target === undefined) return undefined;
  const measured = line.ratio ?? line.value;
  return line.target.kind === 'at least' ? measured >= line.target.value : measured <= line.target.value;
}

/** Per-round ratios → the members of a Line. */
export function compare(
  ours: readonly number[],
  reference: readonly number[],
): Pick<Line, 'value' | 'reference' | 'ratio' | 'spread'> {
  const ratios = ours.map((value, round) => value / (reference[round] ?? Number.NaN));
  return {
    value: median(ours),
    reference: median(reference),
    ratio: median(ratios),
    spread: [Math.min(...ratios), Math.max(...ratios)],
  };
}
