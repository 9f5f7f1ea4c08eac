/**
 * Everything that can happen in a run. The numbers are what the event queue carries: a kind, a slot, and a phase that
 * orders events of the same instant. If it is not in this list, it does not happen.
 */

/**
 * Order of what happens at the same instant, with the reason for each step:
 *
 * - Change before Delivery: who is told now is told of everything that is true now.
 * - Delivery before Sync: a sync that starts now uses what arrived now.
 * - Sync before Probe and Packet: rules that are in force from now on decide a packet that arrives now.
 * - Probe before Packet: a load balancer that learns now that a node is out does not use it now.
 * - Packet before Script: a person sees the answer that arrives now.
 */
export const Phase = { Change: 0, Delivery: 1, Sync: 2, Probe: 3, Packet: 4, Script: 5 } as const;

export const Kind = {
  /** slot: index in `scenario.timeline`. */
  Timeline: 0,
  /** A pod became ready, or is gone. slot: pod task. */
  PodTask: 1,
  /** The EndpointSlice controller looks at a service. slot: service task. */
  ReconcileSlices: 2,
  /** The cloud's controller acts on a load balancer. slot: load balancer. */
  BalancerUpdate: 3,
  /** Watchers hear of the changes written one watch latency ago. slot: unused. */
  Delivery: 4,
  /** kube-proxy of a node starts a sync. slot: node. */
  SyncStart: 5,
  /** Its rules are in force. slot: node. */
  SyncDone: 6,
  /** kube-proxy has had an update pending for so long that its health answer may turn. slot: node. */
  HealthDeadline: 7,
  /** A load balancer's probe reaches a node. slot: probe target. */
  ProbeAtNode: 8,
  /** The load balancer knows the probe's result. slot: probe target. */
  ProbeResult: 9,
  /** A request of a traffic source is at its first decision: the load balancer or the first node. slot: traffic source. */
  Arrival: 10,
  /** A connection's SYN reaches a node. slot: connection. */
  AtNode: 11,
  /** … an endpoint. slot: connection. */
  AtEndpoint: 12,
  /** A SYN is at its first decision: a command's first one, or one that is sent again. slot: connection. */
  Send: 13,
  /** A command's request has ended: its client knows. slot: connection. */
  Finish: 14,
  /** The script goes on with its next step. slot: unused. */
  Script: 15,
  /** A connection's SYN from inside the cluster reaches a load balancer. slot: connection. */
  AtBalancer: 16,
  /** A controller, the scheduler or kubectl acts. slot: place in the agenda. */
  ControlTask: 17,
  /** kube-proxy of mode userspace connects to an endpoint for a client. slot: connection. */
  Dial: 18,
  /** An endpoint's late datagram is back at such a kube-proxy. slot: connection. */
  RelayAnswer: 19,
  /** A request is at an endpoint that works on so many at a time; its connection was there before. slot: connection. */
  AtServer: 20,
  /** One of the others, with an entry of the timeline or a step behind it. slot: see `Blame`. */
  Caused: 63,
} as const;
