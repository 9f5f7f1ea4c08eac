import { mermaidLabel } from './mermaid-label.js';

export interface MermaidNode {
  id: string;
  label: string[];
  shape: 'box' | 'round';
  look: 'k8s' | 'plain';
}

/** `cross`: the packet ends at the arrow's head. `dotted`: it was rewritten, or is no packet of the request. */
export interface MermaidEdge {
  from: string;
  to: string;
  line: 'solid' | 'dotted';
  head: 'arrow' | 'cross';
  label: string | null;
}

const LOOKS = [
  'classDef plain fill:#ddd,stroke:#fff,stroke-width:4px,color:#000',
  'classDef k8s fill:#326ce5,stroke:#fff,stroke-width:4px,color:#fff',
];

/**
 * A left-to-right graph, one statement a line. Mermaid 11 needs the lines: on a single one it takes `#000;` of a class
 * for a character entity.
 */
export function mermaidGraph(nodes: readonly MermaidNode[], edges: readonly MermaidEdge[]): string {
  const statements = [
    'graph LR',
    ...nodes.map(
      (node) =>
        `${node.id}${node.shape === 'box' ? '[' : '('}${mermaidLabel(...node.label)}${node.shape === 'box' ? ']' : ')'}`,
    ),
    ...edges.map(edgeText),
    ...LOOKS,
    ...classText(nodes, 'k8s'),
    ...classText(nodes, 'plain'),
  ];
  return statements.map((statement) => `${statement};`).join('\n');
}

function edgeText({ from, to, line, head, label }: MermaidEdge): string {
  const end = head === 'cross' ? 'x' : '>';
  if (line === 'dotted')
    return label === null ? `${from}-.-${end}${to}` : `${from}-. ${dottedLabel(label)} .-${end}${to}`;
  const arrow = head === 'cross' ? ` --${end}` : `--${end}`;
  const gap = head === 'cross' ? ' ' : '';
  return label === null ? `${from}${arrow}${gap}${to}` : `${from}${arrow}|${mermaidLabel(label)}|${gap}${to}`;
}

/** A plain word such as SNAT needs no quotes. */
function dottedLabel(label: string): string {
  return /^[A-Z]+$/.test(label) ? label : mermaidLabel(label);
}

function classText(nodes: readonly MermaidNode[], look: MermaidNode['look']): string[] {
  const ids = nodes.filter((node) => node.look === look).map((node) => node.id);
  return ids.length === 0 ? [] : [`class ${ids.join(',')} ${look}`];
}
