/** Who gets where in each generation of the iptables rules: the decision model that kube-proxy's source adds up to. */
import { describe } from 'vitest';
import { iptablesMode } from '../../libs/sim/src/kube-proxy/index.js';
import {
  BOTH,
  BOTH_MASQUERADED,
  CLIENT,
  CLUSTER_IP,
  ELSEWHERE,
  EXTERNAL_IP,
  elsewhere,
  HERE,
  here,
  NODE,
  NODE_PORT,
  rowsOf,
  type Setting,
  STRANGER,
  VIP,
} from './decisions.js';
import type { VectorCluster } from './vector-cluster.js';

const POD = '10.180.0.9';
const EXTERNAL_LOCAL: Setting = { spec: { externalTrafficPolicy: 'Local' } };
const TERMINATING = { ready: false, serving: true, terminating: true };
const LEGACY = ['1.21', '1.22', '1.23'];
const CURRENT = ['1.24', '1.25', '1.28', '1.37'];
const ALL = [...LEGACY, ...CURRENT];

const row = rowsOf((view) => iptablesMode.program(view).ruleset);

describe('policy Cluster', () => {
  row('a pod keeps its address towards a cluster IP', ALL, POD, CLUSTER_IP, BOTH);
  row('the node is masqueraded towards a cluster IP', ALL, NODE, CLUSTER_IP, BOTH_MASQUERADED);
  row('an outsider is masqueraded towards a cluster IP', ALL, CLIENT, CLUSTER_IP, BOTH_MASQUERADED);
  row('without a detector nobody is masqueraded towards a cluster IP', ALL, CLIENT, CLUSTER_IP, BOTH, {
    cluster: { localDetector: { mode: 'None' } },
  });
  row('masqueradeAll masquerades pods', ALL, POD, CLUSTER_IP, BOTH_MASQUERADED, { cluster: { masqueradeAll: true } });
  row('a pod that meets itself is masqueraded', ALL, '10.180.0.1', CLUSTER_IP, `${HERE} masqueraded, ${ELSEWHERE}`);
  for (const to of [EXTERNAL_IP, VIP, NODE_PORT]) {
    row(`an outsider is masqueraded towards ${to}`, ALL, CLIENT, to, BOTH_MASQUERADED);
    row(`a Service without endpoints rejects at ${to}`, ALL, CLIENT, to, 'reject', { endpoints: [] });
  }
  row('a pod keeps its address towards an external IP', LEGACY, POD, EXTERNAL_IP, BOTH);
  row('a pod is masqueraded towards an external IP', CURRENT, POD, EXTERNAL_IP, BOTH_MASQUERADED);
  row('a pod is masqueraded towards a VIP', ALL, POD, VIP, BOTH_MASQUERADED);
});

describe('externalTrafficPolicy: Local', () => {
  for (const to of [EXTERNAL_IP, VIP, NODE_PORT]) {
    row(`an outsider reaches the endpoint of this node as itself at ${to}`, ALL, CLIENT, to, HERE, EXTERNAL_LOCAL);
    row(`a pod reaches every endpoint as itself at ${to}`, ALL, POD, to, BOTH, EXTERNAL_LOCAL);
    row(`the node reaches every endpoint, masqueraded, at ${to}`, ALL, NODE, to, BOTH_MASQUERADED, EXTERNAL_LOCAL);
  }
  const noneHere: Setting = { ...EXTERNAL_LOCAL, endpoints: [elsewhere()] };
  row('a node port without an endpoint here drops', ALL, CLIENT, NODE_PORT, 'drop', noneHere);
  row('a VIP without an endpoint here drops', ['1.25', '1.37'], CLIENT, VIP, 'drop', noneHere);
  row('the drop mark does not reach what is forwarded', [...LEGACY, '1.24'], CLIENT, VIP, 'pass', noneHere);
  row('pods do not notice that no endpoint is here', ALL, POD, VIP, ELSEWHERE, noneHere);
});

describe('internalTrafficPolicy: Local', () => {
  const local: Setting = { spec: { internalTrafficPolicy: 'Local' } };
  const noneHere: Setting = { ...local, endpoints: [elsewhere()] };
  row('a pod reaches the endpoint of this node', ['1.22', '1.23', ...CURRENT], POD, CLUSTER_IP, HERE, local);
  row('it is behind a gate that is off', ['1.21'], POD, CLUSTER_IP, BOTH, local);
  row('with none here it rejects', ['1.22', '1.23'], POD, CLUSTER_IP, 'reject', noneHere);
  row('with none here it drops', ['1.25', '1.37'], POD, CLUSTER_IP, 'drop', noneHere);
  row('outsiders suffer from it', ['1.22', '1.23'], CLIENT, NODE_PORT, `${HERE} masqueraded`, local);
  row('outsiders do not notice it', CURRENT, CLIENT, NODE_PORT, BOTH_MASQUERADED, local);
});

describe('source ranges', () => {
  const ranges: Setting = { spec: { loadBalancerSourceRanges: ['203.0.113.0/24', '192.168.0.0/24'] } };
  row('an address within is let in', ALL, CLIENT, VIP, BOTH_MASQUERADED, ranges);
  row('an address without is dropped', ['1.25', '1.37'], STRANGER, VIP, 'drop', ranges);
  row('node ports are open to everyone', ALL, STRANGER, NODE_PORT, BOTH_MASQUERADED, ranges);
  row('the node may use the VIP as its own source', ALL, '192.168.8.1', VIP, BOTH_MASQUERADED, ranges);
});

describe('terminating endpoints', () => {
  const leaving: Setting = { ...EXTERNAL_LOCAL, endpoints: [here(TERMINATING), elsewhere()] };
  const allLeaving: Setting = { endpoints: [here(TERMINATING), elsewhere(TERMINATING)] };
  const gate: Partial<VectorCluster> = { featureGates: { ProxyTerminatingEndpoints: true } };
  row('the last one here is not used', ['1.21', '1.23', '1.25'], CLIENT, NODE_PORT, 'drop', leaving);
  row('the last one here is used', ['1.26', '1.28', '1.37'], CLIENT, NODE_PORT, HERE, leaving);
  row('a gate lets it be used', ['1.22', '1.23', '1.24'], CLIENT, NODE_PORT, HERE, { ...leaving, cluster: gate });
  row('with nothing else policy Cluster uses them', ['1.26', '1.37'], POD, CLUSTER_IP, BOTH, allLeaving);
  row('with nothing else policy Cluster rejects', ['1.21', '1.23', '1.25'], POD, CLUSTER_IP, 'reject', allLeaving);
});

describe('unready endpoints', () => {
  const unready: Setting = { endpoints: [here({ ready: false, serving: false })] };
  row('a Service that has only those rejects', ['1.21', '1.23', ...CURRENT], POD, CLUSTER_IP, 'reject', unready);
  row('in 1.22 its traffic passes by', ['1.22'], POD, CLUSTER_IP, 'pass', unready);
});

describe('localhost', () => {
  row('a node port works on 127.0.0.1', ALL, '127.0.0.1', '127.0.0.1:30080', BOTH_MASQUERADED);
  const off: Setting = { cluster: { localhostNodePorts: false } };
  row('a setting closes it', ['1.26', '1.37'], '127.0.0.1', '127.0.0.1:30080', 'pass', off);
  row('the setting is not there yet', ['1.21', '1.25'], '127.0.0.1', '127.0.0.1:30080', BOTH_MASQUERADED, off);
});

describe('nodePortAddresses', () => {
  const elsewhereOnly: Setting = { cluster: { nodePortAddresses: ['10.99.0.0/16'] } };
  row('an address outside is no node port', ALL, CLIENT, NODE_PORT, 'pass', elsewhereOnly);
  row('an address within is one', ALL, CLIENT, NODE_PORT, BOTH_MASQUERADED, {
    cluster: { nodePortAddresses: ['192.168.0.0/24'] },
  });
});
