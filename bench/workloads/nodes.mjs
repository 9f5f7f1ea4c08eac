/** Many nodes that all sync, every second: what is the same for them is worked out and kept once. */
import { engine } from '../programs.mjs';

export default function nodes() {
  const programs = { it: engine('many-nodes', 'iptables', '1.33') };
  const what = '100 nodes, 1,000 endpoints, a change a second for a minute';
  const ceiling = { against: '', programs, smallerIsBetter: true };
  return {
    rows: [
      { what: `${what}: processor time`, measure: ({ it }) => it.cpuSeconds, unit: 's', floor: 5, ...ceiling },
      { what: `${what}: memory`, measure: ({ it }) => it.peakMb, unit: 'MB', floor: 300, ...ceiling },
    ],
  };
}
