/** modes: those that kube-proxy has in the model. */
import { modeOf } from '../../libs/sim/src/kube-proxy/index.js';
import type { ProxyMode } from '../../libs/sim/src/scenario.js';

const ALL: readonly ProxyMode[] = ['iptables', 'nftables', 'ipvs', 'userspace'];

const modes = ALL.filter((mode) => {
  try {
    return modeOf(mode).name === mode;
  } catch {
    return false;
  }
});
console.log(JSON.stringify({ modes }));
