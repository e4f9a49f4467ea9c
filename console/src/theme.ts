/**
 * Colours and sizes. Mantine's own light variants do not reach the contrast of WCAG 2.2 AA (4.5 : 1 for text), so the
 * variables of every colour are set from darker or lighter shades here, once, for both schemes.
 */
import { type CSSVariablesResolver, createTheme, type MantineColorsTuple } from '@mantine/core';

/** The water behind the gate. */
const water: MantineColorsTuple = [
  '#e6f6f7',
  '#d2ecee',
  '#a8d9dd',
  '#79c5cb',
  '#54b4bc',
  '#3caab3',
  '#2aa0aa',
  '#198b95',
  '#0d7580',
  '#0b5f6b',
];

export const theme = createTheme({
  primaryColor: 'water',
  primaryShade: { light: 9, dark: 8 },
  colors: { water },
  defaultRadius: 'md',
  fontFamily: 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  headings: { fontWeight: '650' },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Tooltip: { defaultProps: { withArrow: true, openDelay: 300, events: { hover: true, focus: true, touch: true } } },
    Modal: { defaultProps: { centered: true, closeButtonProps: { 'aria-label': 'Close' } } },
    Drawer: { defaultProps: { closeButtonProps: { 'aria-label': 'Close' } } },
    // A badge says one word, which half of is none.
    Badge: { defaultProps: { tt: 'none', fw: 500, miw: 'max-content' } },
  },
});

/** Colours whose darkest shade is still too light for text on white. */
const pale: ReadonlySet<string> = new Set(['yellow', 'orange', 'lime', 'green', 'teal', 'cyan']);

/** Dark enough for text on its own light shade, and for white text on it. */
const deep = (name: string): string =>
  `color-mix(in srgb, var(--mantine-color-${name}-9) ${pale.has(name) ? 62 : 85}%, black)`;

export const cssVariables: CSSVariablesResolver = ({ colors }) => {
  const light: Record<string, string> = {
    '--mantine-color-dimmed': 'var(--mantine-color-gray-7)',
    '--mantine-color-placeholder': 'var(--mantine-color-gray-7)',
    '--mantine-color-error': 'var(--mantine-color-red-9)',
    '--headgate-surface': '#ffffff',
    '--headgate-canvas': '#f6f8f9',
    '--headgate-line': 'var(--mantine-color-gray-3)',
  };
  const dark: Record<string, string> = {
    '--mantine-color-dimmed': 'var(--mantine-color-dark-1)',
    '--mantine-color-placeholder': 'var(--mantine-color-dark-1)',
    '--mantine-color-error': 'var(--mantine-color-red-4)',
    '--headgate-surface': 'var(--mantine-color-dark-7)',
    '--headgate-canvas': 'var(--mantine-color-dark-8)',
    '--headgate-line': 'var(--mantine-color-dark-4)',
  };
  for (const name of Object.keys(colors)) {
    if (name === 'dark') continue;
    light[`--mantine-color-${name}-filled`] = name === 'water' ? 'var(--mantine-color-water-9)' : deep(name);
    light[`--mantine-color-${name}-filled-hover`] = name === 'water' ? 'var(--mantine-color-water-8)' : deep(name);
    light[`--mantine-color-${name}-light-color`] = deep(name);
    light[`--mantine-color-${name}-outline`] = deep(name);
    light[`--mantine-color-${name}-text`] = deep(name);
    dark[`--mantine-color-${name}-filled`] = deep(name);
    dark[`--mantine-color-${name}-filled-hover`] = deep(name);
    dark[`--mantine-color-${name}-light-color`] = `var(--mantine-color-${name}-2)`;
    dark[`--mantine-color-${name}-outline`] = `var(--mantine-color-${name}-3)`;
    dark[`--mantine-color-${name}-text`] = `var(--mantine-color-${name}-3)`;
  }
  return { variables: {}, light, dark };
};
