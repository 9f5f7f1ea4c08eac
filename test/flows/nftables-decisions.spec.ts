/**
 * What mode nftables decides, told row by row from the decision model of kube-proxy and from what sets this mode apart,
 * by version.
 */
import { describe } from 'vitest';
import { nftablesMode } from '../../libs/sim/src/kube-proxy/index.js';
import {
  BOTH,
  BOTH_MASQUERADED,
  CLIENT,
  CLUSTER_IP,
  ELSEWHERE,
  EXTERNAL_IP,
  elsewhere,
  HERE,
  NODE,
  NODE_PORT,
  rowsOf,
  type Setting,
  STRANGER,
  VIP,
} from './decisions.js';

const SECOND = '192.168.1.2';
const POD = '10.180.9.9';
const LATER = ['1.30', '1.31', '1.33', '1.34', '1.35', '1.36', '1.37'];
const ALL = ['1.29', ...LATER];

const row = rowsOf((view) => nftablesMode.program(view).ruleset, [NODE, SECOND]);

describe('policy Cluster', () => {
  row('a pod keeps its address towards a cluster IP', ALL, POD, CLUSTER_IP, BOTH);
  row('the node is masqueraded towards a cluster IP', ALL, NODE, CLUSTER_IP, BOTH_MASQUERADED);
  row('an outsider is masqueraded towards a cluster IP', ALL, CLIENT, CLUSTER_IP, BOTH_MASQUERADED);
  row('without a detector nobody is masqueraded towards a cluster IP', ALL, CLIENT, CLUSTER_IP, BOTH, {
    cluster: { localDetector: { mode: 'None' } },
  });
  row('masqueradeAll masquerades pods', ALL, POD, CLUSTER_IP, BOTH_MASQUERADED, { cluster: { masqueradeAll: true } });
  row(
    'a pod of this node that meets itself is masqueraded',
    ALL,
    '10.180.0.1',
    CLUSTER_IP,
    `${HERE} masqueraded, ${ELSEWHERE}`,
  );
  for (const to of [EXTERNAL_IP, VIP, NODE_PORT]) {
    row(`a pod is masqueraded towards ${to}`, ALL, POD, to, BOTH_MASQUERADED);
    row(`an outsider is masqueraded towards ${to}`, ALL, CLIENT, to, BOTH_MASQUERADED);
  }
  for (const to of [CLUSTER_IP, EXTERNAL_IP, VIP]) {
    row(`without endpoints ${to} rejects an outsider`, ALL, CLIENT, to, 'reject', { endpoints: [] });
    row(`without endpoints ${to} rejects the node's own processes too`, ALL, NODE, to, 'reject', { endpoints: [] });
  }
  row('without endpoints a node port rejects', ALL, CLIENT, NODE_PORT, 'reject', { endpoints: [] });
});

describe('policy Local', () => {
  const external: Setting = { spec: { externalTrafficPolicy: 'Local' } };
  const internal: Setting = { spec: { internalTrafficPolicy: 'Local' } };
  for (const to of [EXTERNAL_IP, VIP, NODE_PORT]) {
    row(`an outsider reaches the endpoint of this node as itself at ${to}`, ALL, CLIENT, to, HERE, external);
    row(`a pod reaches every endpoint as itself at ${to}`, ALL, POD, to, BOTH, external);
    row(`the node reaches every endpoint, masqueraded, at ${to}`, ALL, NODE, to, BOTH_MASQUERADED, external);
    row(`with none here ${to} drops an outsider`, ALL, CLIENT, to, 'drop', { ...external, endpoints: [elsewhere()] });
    row(`with none here a pod does not notice at ${to}`, ALL, POD, to, ELSEWHERE, {
      ...external,
      endpoints: [elsewhere()],
    });
  }
  row('a cluster IP leads to the endpoint of this node', ALL, POD, CLUSTER_IP, HERE, internal);
  row('with none here it drops', ALL, POD, CLUSTER_IP, 'drop', { ...internal, endpoints: [elsewhere()] });
  row('outsiders do not notice it', ALL, CLIENT, NODE_PORT, BOTH_MASQUERADED, internal);
});

describe('source ranges', () => {
  const ranges: Setting = { spec: { loadBalancerSourceRanges: ['203.0.113.0/24', '192.168.0.0/24'] } };
  row('an address within is let in', ALL, CLIENT, VIP, BOTH_MASQUERADED, ranges);
  row('an address without is dropped', LATER, STRANGER, VIP, 'drop', ranges);
  row('in 1.29 it is let in: the check comes too late', ['1.29'], STRANGER, VIP, BOTH_MASQUERADED, ranges);
  row('a pod is dropped as well', LATER, POD, VIP, 'drop', ranges);
  row('it is dropped without endpoints too', LATER, STRANGER, VIP, 'drop', { ...ranges, endpoints: [] });
  row('node ports and external IPs are open to everyone', ALL, STRANGER, NODE_PORT, BOTH_MASQUERADED, ranges);
  row('the node may use the VIP as its own source', ALL, '192.168.8.1', VIP, BOTH_MASQUERADED, ranges);
  row('a node in no range is dropped', ALL, NODE, VIP, 'drop', {
    spec: { loadBalancerSourceRanges: ['203.0.113.0/24'] },
  });
});

describe('what no Service has', () => {
  row('another port of a cluster IP is rejected', LATER, POD, '172.30.0.1:81', 'reject');
  row('in 1.29 it passes', ['1.29'], POD, '172.30.0.1:81', 'pass');
  row('an address that nobody has is dropped', ['1.33', '1.34', '1.37'], POD, '172.30.9.9:80', 'drop');
  row('where nobody tells the range it passes', ['1.29', '1.30', '1.31'], POD, '172.30.9.9:80', 'pass');
  row('a gate tells it', ['1.30', '1.31'], POD, '172.30.9.9:80', 'drop', {
    cluster: { featureGates: { MultiCIDRServiceAllocator: true } },
  });
});

describe('node ports', () => {
  row('work on the primary address only', LATER, CLIENT, `${SECOND}:30080`, 'pass');
  row('in 1.29 they work on every address', ['1.29'], CLIENT, `${SECOND}:30080`, BOTH_MASQUERADED);
  row('work where nodePortAddresses says so', ALL, CLIENT, `${SECOND}:30080`, BOTH_MASQUERADED, {
    cluster: { nodePortAddresses: ['192.168.1.0/24'] },
  });
  row('do not work on localhost', ALL, '127.0.0.1', '127.0.0.1:30080', 'pass', {
    cluster: { nodePortAddresses: ['0.0.0.0/0'] },
  });
});
