/** Nodes, pods and clients that most tables share. */
import { client, hostPod, node, pod } from '../cluster-case.js';

export const CLUSTER_CIDR = '10.1.0.0/16';

export const n1 = node('n1', '192.168.0.11', '10.1.1.0/24');
export const n2 = node('n2', '192.168.0.12', '10.1.2.0/24');
export const n3 = node('n3', '192.168.0.13', '10.1.3.0/24');
export const nodes = [n1, n2, n3];

export const web1 = pod('web-1', 'n1', '10.1.1.10', 8080);
export const web2 = pod('web-2', 'n2', '10.1.2.10', 8080);
export const web3 = pod('web-3', 'n2', '10.1.2.11', 8080);

/** Pods that only send. */
export const shell1 = pod('shell-1', 'n1', '10.1.1.20');
export const shell2 = pod('shell-2', 'n2', '10.1.2.20');
export const shell3 = pod('shell-3', 'n3', '10.1.3.20');

export const gate1 = hostPod('gate-1', n1, 9000);
export const gate2 = hostPod('gate-2', n2, 9000);

export const laptop = client('laptop', '203.0.113.9');
export const stranger = client('stranger', '198.51.100.7');
