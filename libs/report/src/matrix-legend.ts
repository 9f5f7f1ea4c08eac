/** What a matrix says before and after its tables. */
import type { MatrixResult } from '#sim';
import { secondsText } from './human-duration.js';
import {
  BRIDGES_ADDRESS,
  ITSELF,
  LOCAL_ENDPOINTS,
  NO_PACKET,
  NODES_ADDRESS,
  OWN_ADDRESS,
  shortName,
} from './matrix-cells.js';
import type { Section } from './matrix-view.js';

const NS_PER_MS = 1e6;

export function matrixIntro({ atMs, sources, tables, variants }: MatrixResult): string[] {
  const services = new Set(tables.map(({ service }) => service)).size;
  const addresses = tables.reduce((sum, { destinations }) => sum + destinations.length, 0);
  const size = `${counted(sources.length, 'source')}, ${counted(addresses, 'address', 'addresses')} of ${counted(services, 'service')}`;
  const varied =
    variants.length > 1
      ? [`${variants.length} variants, each the cluster of that moment, settled under its settings.`]
      : [];
  return [
    `Who reaches what at ${secondsText(atMs * NS_PER_MS)}: ${size}.`,
    'A cell tells the source address that the endpoint sees and whose it is, or how the packet ends.',
    ...varied,
  ];
}

export function matrixRemarks({ tables, withoutAddress, withoutDifference }: MatrixResult): string[] {
  if (tables.length + withoutAddress.length + withoutDifference.length === 0)
    return ['There is no service at that time.'];
  const about = (words: string, names: readonly string[]) =>
    names.length === 0 ? [] : [`${words}: ${names.map(shortName).join(', ')}.`];
  return [
    ...about('The same in all variants', withoutDifference),
    ...about('Without an address to ask (headless, ExternalName, or none of those asked for)', withoutAddress),
  ];
}

const MEANINGS: readonly [word: string, meaning: string][] = [
  [OWN_ADDRESS, "each sender's own: its source is kept"],
  [
    NODES_ADDRESS,
    "that of the node that translates: at a cluster IP the sender's, at a node port the one that is asked, behind a load balancer the one that it chose",
  ],
  [BRIDGES_ADDRESS, 'that of the bridge to the pods of that node'],
  [ITSELF, 'the sender is the endpoint'],
  [LOCAL_ENDPOINTS, 'those on the node that translates'],
  ['dropped', 'no answer; the sender waits until its timeout'],
  ['rejected', 'refused at once'],
  ['passthrough', 'no rule took it'],
];

/** Of the words that these sections use. */
export function matrixLegend(sections: readonly Section[]): [word: string, meaning: string][] {
  const cells = sections.flatMap(({ grid }) => grid.rows.flatMap((row) => row.slice(1).flat()));
  const used = MEANINGS.filter(([word]) => cells.some((line) => line.includes(word)));
  return cells.includes(NO_PACKET) ? [...used, [NO_PACKET, 'the sender has no address of that IP family']] : used;
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}
