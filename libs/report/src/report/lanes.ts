/** The healthz timelines as lanes: by service, then node, what the node answered and what the load balancer made of it. */
import type { HealthTimelines } from '#sim';
import { counted } from './figures.js';

/** Nodes of all services together that are drawn. */
const BLOCKS_MAX = 24;
/** Stretches of all lanes together; lanes with more than their part are told more coarsely. */
const STRETCHES_MAX = 3000;

export type LaneState = 'up' | 'down' | 'gone';

export interface Stretch {
  fromMs: number;
  toMs: number;
  state: LaneState;
  text: string;
}

export interface Lane {
  label: string;
  stretches: Stretch[];
}

export interface LaneBlock {
  node: string;
  lanes: Lane[];
}

export interface LaneGroup {
  title: string;
  blocks: LaneBlock[];
}

export interface Lanes {
  groups: LaneGroup[];
  /** What is not drawn, in sentences. */
  notes: string[];
}

const STATE_TEXT = { healthy: 'healthy', unhealthy: 'unhealthy', absent: 'no target' } as const;
const STATE_OF = { healthy: 'up', unhealthy: 'down', absent: 'gone' } as const;

export function healthLanes(healthz: HealthTimelines): Lanes {
  const services = [...new Set([...healthz.nodes, ...healthz.loadBalancers].map(({ service }) => service))];
  const named = services.filter((service) => service !== null).sort();
  const notes: string[] = [];
  const groups = [...named.map((service) => serviceGroup(service, healthz)), ...proxyGroups(healthz, notes)];
  return limited(groups, notes);
}

function serviceGroup(service: string, { nodes, loadBalancers }: HealthTimelines): LaneGroup {
  const answers = nodes.filter((line) => line.service === service);
  const views = loadBalancers.filter((line) => line.service === service);
  const names = [...new Set([...answers, ...views].map(({ node }) => node))];
  const port = answers[0]?.port;
  return {
    title: `${service}${port === undefined ? '' : `, health check port ${port}`}`,
    blocks: names.map((node) => ({
      node,
      lanes: [
        ...answers.filter((line) => line.node === node).map(({ segments }) => answerLane('healthz', segments)),
        ...views
          .filter((line) => line.node === node)
          .map(({ segments }) => ({
            label: 'balancer',
            stretches: segments.map(({ fromMs, toMs, state }) => ({
              fromMs,
              toMs,
              state: STATE_OF[state],
              text: STATE_TEXT[state],
            })),
          })),
      ],
    })),
  };
}

/** kube-proxy's own answers hardly ever change: nodes where they do not are told in a sentence. */
function proxyGroups({ nodes }: HealthTimelines, notes: string[]): LaneGroup[] {
  const own = nodes.filter(({ kind }) => kind !== 'healthCheckNodePort');
  if (own.length === 0) return [];
  const blocks: LaneBlock[] = [];
  let quiet = 0;
  for (const node of new Set(own.map((line) => line.node))) {
    const lanes = own
      .filter((line) => line.node === node)
      .map(({ kind, segments }) => answerLane(kind === 'proxy-livez' ? 'livez' : 'kube-proxy', segments));
    const different = lanes.filter((lane, index) => index === 0 || !sameStates(lane, lanes[0]!));
    if (lanes.every(isQuiet)) quiet++;
    else blocks.push({ node, lanes: different });
  }
  if (quiet > 0)
    notes.push(`kube-proxy's own /healthz answered 200 from beginning to end on ${counted(quiet, 'node')}.`);
  return blocks.length === 0 ? [] : [{ title: "kube-proxy's own /healthz", blocks }];
}

function answerLane(
  label: string,
  segments: readonly { fromMs: number; toMs: number; status: number | null; localEndpoints: number | null }[],
): Lane {
  return {
    label,
    stretches: segments.map(({ fromMs, toMs, status, localEndpoints }) => ({
      fromMs,
      toMs,
      state: status === null ? 'gone' : status === 200 ? 'up' : 'down',
      text:
        status === null
          ? 'nothing listens'
          : `${status}${localEndpoints === null ? '' : `, ${counted(localEndpoints, 'local endpoint')}`}`,
    })),
  };
}

/** Too many nodes: those that change stay, in their order. */
function limited(groups: LaneGroup[], notes: string[]): Lanes {
  const blocks = groups.flatMap((group) => group.blocks);
  if (blocks.length <= BLOCKS_MAX) return { groups: coarsened(groups), notes };
  const kept = new Set([...blocks.filter(changes), ...blocks.filter((block) => !changes(block))].slice(0, BLOCKS_MAX));
  const leftOut = blocks.filter((block) => !kept.has(block));
  const changed = leftOut.filter(changes).length;
  const which = changed === 0 ? 'whose answers never change' : `of which ${changed} change`;
  return {
    groups: coarsened(
      groups
        .map((group) => ({ ...group, blocks: group.blocks.filter((block) => kept.has(block)) }))
        .filter((group) => group.blocks.length > 0),
    ),
    notes: [...notes, `Not drawn: ${counted(leftOut.length, 'node')}, ${which}.`],
  };
}

function coarsened(groups: LaneGroup[]): LaneGroup[] {
  const lanes = groups.flatMap(({ blocks }) => blocks).flatMap((block) => block.lanes);
  const most = Math.max(20, Math.floor(STRETCHES_MAX / Math.max(1, lanes.length)));
  for (const lane of lanes) lane.stretches = coarse(lane.stretches, most);
  return groups;
}

/** As many equal windows as are allowed; one in which the state changes is down, and says why. */
function coarse(stretches: Stretch[], most: number): Stretch[] {
  if (stretches.length <= most) return stretches;
  const startMs = stretches[0]!.fromMs;
  const widthMs = (stretches.at(-1)!.toMs - startMs) / most;
  const windows: Stretch[] = [];
  let place = 0;
  for (let n = 0; n < most; n++) {
    const fromMs = startMs + n * widthMs;
    const toMs = fromMs + widthMs;
    while (stretches[place]!.toMs <= fromMs && place < stretches.length - 1) place++;
    let after = place + 1;
    while (after < stretches.length && stretches[after]!.fromMs < toMs) after++;
    const window = stretches.slice(place, after);
    const first = window[0]!;
    const { state, text } = window.every((one) => one.state === first.state)
      ? first
      : { state: 'down' as const, text: 'changes often' };
    const last = windows.at(-1);
    if (last?.state === state && last.text === text) last.toMs = toMs;
    else windows.push({ fromMs, toMs, state, text });
  }
  return windows;
}

function changes({ lanes }: LaneBlock): boolean {
  return lanes.some(({ stretches }) => new Set(stretches.map(({ state }) => state)).size > 1);
}

function isQuiet({ stretches }: Lane): boolean {
  return stretches.every(({ state }) => state === 'up');
}

function sameStates(a: Lane, b: Lane): boolean {
  return JSON.stringify(a.stretches) === JSON.stringify(b.stretches);
}
