/**
 * Why a request failed: a closed set, so that losses can be counted, compared and expected by their cause.
 *
 * A row's `reason` says it in words, with the place and the rule; its cause says which of these it is. The order is
 * stored with results: append, never reorder.
 */
export const CAUSES = [
  /** A rule refuses because the service has no endpoint that it may use. */
  'no-endpoint',
  /** Traffic policy Local, and the node has no endpoint of its own. */
  'no-local-endpoint',
  /** loadBalancerSourceRanges leave the source out. */
  'source-range',
  /** Another rule of the node. */
  'rule',
  /** The kernel takes no packet with such a source: the node's own address, or a loopback address. */
  'impossible-source',
  /** Nobody answers at the address, and no route leads to anybody. */
  'no-route',
  /** The name has no address. */
  'no-address',
  /** Nothing listens on the port. */
  'port-closed',
  /** The pod has its address, its process does not listen yet. */
  'pod-starting',
  /** The pod's process has stopped listening, and rules or targets still name it. */
  'pod-stopped',
  /** The pod is gone, and rules or targets still name its address. */
  'pod-gone',
  /** The pod's process ended while a connection or a request was open. */
  'pod-killed',
  /** The node's machine is off. */
  'node-down',
  /** A link is cut. */
  'link-cut',
  /** A link lost the packet. */
  'packet-lost',
  /** The answer takes another way than by the node that would have to undo the translation. */
  'answer-astray',
  /** Nodes or load balancers send the packet round. */
  'loop',
  /** conntrack holds the flow to where it went before the rules changed. */
  'stale-conntrack',
  /** conntrack takes the packet for invalid. */
  'invalid-packet',
  /** No source port was left for a masqueraded connection. */
  'no-source-port',
  /** The packet came back to where it had come from with its own source. */
  'hairpin',
  /** The load balancer has no target that it would use. */
  'lb-no-target',
  /** The load balancer forwards no such port. */
  'lb-no-port',
  /** The load balancer closed the connection when it took the target out. */
  'lb-closed',
  /** kube-proxy's userspace proxy accepted the connection and found no endpoint for it. */
  'proxy-closed',
  /** The endpoint expects a PROXY protocol header and got none. */
  'proxy-header-missing',
  /** The endpoint got a PROXY protocol header and expects none. */
  'proxy-header-unexpected',
  /** The endpoint has more to do than it takes on. */
  'overloaded',
  /** The endpoint answered with a status of 500 or more by itself. */
  'app-error',
  /** Everything went well, only later than the client would wait. */
  'too-late',
] as const;
export type Cause = (typeof CAUSES)[number];
