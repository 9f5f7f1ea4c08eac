/**
 * Colours, as CSS custom properties, light and dark. Text has a contrast of 4.5 or more on what it stands on, shapes of
 * 3 or more; outcomes stay apart for people who see red, green or blue less (palette.spec.ts computes all of it).
 */
import { OUTCOMES, type Outcome } from '#sim';

export interface Palette {
  page: string;
  paper: string;
  ink: string;
  soft: string;
  line: string;
  link: string;
  good: string;
  bad: string;
  /** Behind a cell: nothing … all of it. */
  heat: [string, string, string, string, string];
  outcomes: Record<Outcome, string>;
}

export const LIGHT: Palette = {
  page: '#f5f6f8',
  paper: '#ffffff',
  ink: '#1b1f24',
  soft: '#57606a',
  line: '#d8dde3',
  link: '#1f5fa8',
  good: '#1a6b34',
  bad: '#b42318',
  heat: ['#eef4fa', '#dbe8f5', '#c3daf0', '#a9cbea', '#8fbce4'],
  outcomes: {
    ok: '#3f83c4',
    dropped: '#c8401b',
    rejected: '#c577a3',
    refused: '#4e2900',
    reset: '#00352a',
    timeout: '#6a1995',
    unreachable: '#505266',
    'lb-unavailable': '#0b0b28',
    'http-error': '#914d3d',
  },
};

export const DARK: Palette = {
  page: '#0d1117',
  paper: '#161b22',
  ink: '#e6edf3',
  soft: '#9ba4ae',
  line: '#343c46',
  link: '#79b8ff',
  good: '#56d37a',
  bad: '#ff8f85',
  heat: ['#1a2633', '#1d3145', '#203d59', '#244a6d', '#285882'],
  outcomes: {
    ok: '#5aa2e0',
    dropped: '#ff7a45',
    rejected: '#ff4184',
    refused: '#eff156',
    reset: '#69edbb',
    timeout: '#6a68e5',
    unreachable: '#9caab1',
    'lb-unavailable': '#d7e1f6',
    'http-error': '#c92628',
  },
};

/** The declarations for `:root`, or for a picture's own root. */
export function customProperties({ heat, outcomes, ...named }: Palette): string {
  const plain = Object.entries(named).map(([name, value]) => `--${name}:${value}`);
  const shades = heat.map((value, n) => `--heat${n}:${value}`);
  const endings = OUTCOMES.map((name, n) => `--o${n}:${outcomes[name]}`);
  return [...plain, ...shades, ...endings].join(';');
}

/** The class of an outcome's shapes; `s` in front: of its swatch in text. */
export const outcomeClass = (outcome: Outcome) => `o${OUTCOMES.indexOf(outcome)}`;

/** Shapes of charts. */
export const CHART_STYLE = [
  ...OUTCOMES.map((_, n) => `.o${n}{fill:var(--o${n})}`),
  '.chart text{font-family:system-ui,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;font-size:12px;fill:var(--soft);paint-order:stroke;stroke:var(--paper);stroke-width:6px;stroke-linejoin:round}',
  '.chart .t{fill:var(--ink);font-weight:600}.chart .n{fill:var(--soft);font-weight:400}.chart .k{fill:var(--ink)}.chart .e{text-anchor:end}.chart .m{text-anchor:middle}',
  '.grid{stroke:var(--line);stroke-width:1;fill:none;shape-rendering:crispEdges}.base{stroke:var(--soft);stroke-width:1;fill:none;shape-rendering:crispEdges}',
  '.mark{stroke:var(--ink);stroke-width:1;stroke-dasharray:3 3;fill:none}.badge{fill:var(--ink)}.chart .badgetext{fill:var(--paper);stroke:none;font-size:11px;font-weight:700;text-anchor:middle}',
  '.band{fill:var(--soft);opacity:.12}.paper{fill:var(--paper)}',
  '.up{fill:var(--o0)}.down{fill:var(--o1)}.gone{fill:var(--soft)}.hatch{stroke:var(--paper);stroke-width:1.6;fill:none}',
  '.q0,.q1,.q2,.q3{fill:none;stroke:var(--o0);stroke-width:2.4;stroke-linejoin:round;stroke-linecap:round}.q1{stroke:var(--o5);stroke-width:1.8}.q2{stroke:var(--o1);stroke-width:1.8;stroke-dasharray:7 3}.q3{stroke:var(--soft);stroke-width:1.6;stroke-dasharray:1 4}',
].join('\n');
