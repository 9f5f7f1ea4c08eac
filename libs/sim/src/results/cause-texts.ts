/** What each cause means, and what a person can do about it: `docs/causes.md`, and the sentences of a run's losses. */
import { CAUSES, type Cause } from './result.js';

export interface CauseText {
  /** In the middle of a sentence: "12 lost on n1: no local endpoint". */
  brief: string;
  meaning: string;
  advice: string;
}

export const CAUSE_TEXTS: Readonly<Record<Cause, CauseText>> = {
  'no-endpoint': {
    brief: 'the service has no endpoint',
    meaning: 'A rule refuses because the service has no endpoint that it may use, anywhere in the cluster.',
    advice:
      'Look at readiness and at the selector; let a new pod be ready before the last old one goes (maxUnavailable: 0).',
  },
  'no-local-endpoint': {
    brief: 'no local endpoint',
    meaning: 'Traffic policy Local, and the node has no endpoint of its own; others have.',
    advice:
      'Give the load balancer time to take the node out before its last pod goes (preStop, maxSurge, ProxyTerminatingEndpoints of 1.26), let its health check ask healthCheckNodePort, or use policy Cluster.',
  },
  'source-range': {
    brief: 'loadBalancerSourceRanges leave the source out',
    meaning:
      'loadBalancerSourceRanges do not hold the address that the node sees; with a proxying load balancer that is its own.',
    advice: 'Add the range, or the addresses of the proxying load balancer.',
  },
  rule: {
    brief: 'a rule of the node refuses',
    meaning: 'Another rule of the node refuses; the reason has its text.',
    advice: 'Trace the packet: every rule that it matches is listed.',
  },
  'impossible-source': {
    brief: 'no kernel takes a packet with such a source',
    meaning: "The packet's source is the receiving node's own address, or a loopback address.",
    advice: 'Use the cluster IP from inside, or a load balancer whose address nodes do not keep to themselves.',
  },
  'no-route': {
    brief: 'nobody is there',
    meaning: 'Nobody has the address, and no route leads to anybody.',
    advice: 'Check the address; a pod that leaves by the default route needs masquerading.',
  },
  'no-address': {
    brief: 'the name has no address',
    meaning: 'The service or name that the client asks for has no address of that kind.',
    advice: 'Wait until the load balancer is provisioned, or ask for an address that the service has.',
  },
  'port-closed': {
    brief: 'nothing listens on the port',
    meaning: 'The machine is there, and nothing listens on the port.',
    advice: 'Compare targetPort, nodePort and the ports of the containers.',
  },
  'pod-starting': {
    brief: 'the pod does not listen yet',
    meaning: 'The pod has its address, its process does not listen yet, and it is an endpoint already.',
    advice: 'Give it a readinessProbe; do not set publishNotReadyAddresses.',
  },
  'pod-stopped': {
    brief: 'the pod has stopped listening',
    meaning: "The pod's process has stopped listening on SIGTERM, and rules or targets still name it.",
    advice: 'Let a preStop hook sleep for as long as rules and load balancers take to change.',
  },
  'pod-gone': {
    brief: 'the pod is gone',
    meaning: 'The pod is gone, and rules or targets still name its address.',
    advice: 'Let a preStop hook sleep; look for nodes whose kube-proxy does not sync.',
  },
  'pod-killed': {
    brief: "the pod's process ended",
    meaning: "The pod's process ended while a connection or a request was open.",
    advice:
      'Let it finish its work on SIGTERM, within terminationGracePeriodSeconds; let clients try again. Where a liveness probe is behind it, ask by that only what a restart mends.',
  },
  'node-down': {
    brief: 'the node is down',
    meaning: "The node's machine is off.",
    advice:
      'Drain a node before it is switched off. While the load balancer still sends there, shorter health checks help; while rules of other nodes still name its pods, a shorter node-monitor-grace-period, and clients that try again.',
  },
  'link-cut': {
    brief: 'the link is cut',
    meaning: 'A link on the way is cut.',
    advice: 'Replicas in several zones; health checks that pass over the same link as the traffic.',
  },
  'packet-lost': {
    brief: 'a link lost the packet',
    meaning: 'A link lost the packet, and sending it again took longer than the client waits.',
    advice: 'Longer timeouts than the first retransmissions (1 s, 3 s); retries.',
  },
  'answer-astray': {
    brief: 'the answer takes another way',
    meaning:
      'The answer does not come by the node that would have to undo the translation, so the client takes it for a stranger.',
    advice: 'Let that node masquerade: clusterCIDR, detectLocalMode, masqueradeAll.',
  },
  loop: {
    brief: 'the packet goes in circles',
    meaning: 'Nodes or load balancers send the packet round until its TTL is used up.',
    advice:
      'Look at who believes that the address is elsewhere; nodes ought to hold the load balancer address (ipMode: VIP).',
  },
  'stale-conntrack': {
    brief: 'conntrack holds the flow to where it went before',
    meaning: "conntrack holds the client's socket to where it went before the rules changed.",
    advice: 'Let the client use a new socket; kube-proxy deletes such entries of UDP, by version.',
  },
  'invalid-packet': {
    brief: 'conntrack takes the packet for invalid',
    meaning: 'conntrack takes the packet for invalid, and a rule drops what is invalid.',
    advice: 'nf_conntrack_tcp_be_liberal, or find out why the packet is out of window.',
  },
  'no-source-port': {
    brief: 'no source port is left',
    meaning: 'No source port was left for a masqueraded connection to that endpoint.',
    advice: 'Keep connections alive, use more addresses, or keep the source (policy Local).',
  },
  hairpin: {
    brief: 'the packet meets its own sender',
    meaning: 'The packet came back to where it had come from with its own source.',
    advice: 'Let it be masqueraded, or let pods reach themselves by another way than the load balancer.',
  },
  'lb-no-target': {
    brief: 'the load balancer has no target',
    meaning: 'The load balancer has no target that it would use.',
    advice: 'Look at what its health checks hear: GET …/healthz shows both sides on one clock.',
  },
  'lb-no-port': {
    brief: 'the load balancer forwards no such port',
    meaning: 'The load balancer forwards no such port.',
    advice: 'Compare the ports of the service, and whether it has node ports where the load balancer needs them.',
  },
  'lb-closed': {
    brief: 'the load balancer closed the connection',
    meaning:
      'The load balancer closed the connection when it took the target out, or when it had been silent for too long.',
    advice: 'Connection draining (deregistration delay); keep-alive shorter than its idle timeout.',
  },
  'proxy-closed': {
    brief: "kube-proxy's userspace proxy closed the connection",
    meaning:
      "kube-proxy's userspace proxy accepted the connection and found no endpoint for it, or ended while it held it.",
    advice: 'As with no-endpoint; let clients try again; mode userspace is gone since 1.26.',
  },
  'proxy-header-missing': {
    brief: 'the endpoint waits for a PROXY header',
    meaning: 'The endpoint expects a PROXY protocol header and got none: from inside nobody writes one.',
    advice: 'Let it accept both, or let clients inside go by the load balancer.',
  },
  'proxy-header-unexpected': {
    brief: 'the endpoint does not understand the PROXY header',
    meaning: 'The endpoint got a PROXY protocol header and expects none.',
    advice: 'Switch it on at the endpoint, or off at the load balancer.',
  },
  overloaded: {
    brief: 'the endpoint has too much to do',
    meaning: 'The endpoint has more to do than it takes on.',
    advice: 'More replicas; look at how unevenly policy Local and keep-alive spread connections.',
  },
  'backlog-full': {
    brief: 'the backlog of kube-proxy’s socket is full',
    meaning:
      "kube-proxy's userspace proxy connects to an endpoint before it accepts the next client, and so many wait for that that its socket takes no more.",
    advice: 'Look for endpoints that do not answer it; take mode iptables, which accepts nothing itself.',
  },
  'app-error': {
    brief: 'the endpoint answered with an error',
    meaning: 'The endpoint answered with a status of 500 or more by itself.',
    advice: 'That is the program (`apps[].errors`), not the way to it.',
  },
  'too-late': {
    brief: 'it came too late',
    meaning: 'Everything went well, only later than the client would wait.',
    advice: 'Compare its timeouts with the latencies of those that were answered.',
  },
  'lb-zone-lost': {
    brief: "the load balancer's zone is lost",
    meaning: "The load balancer's zone that the connection met is lost.",
    advice: 'Clients that try the other addresses; it ends when the zone is taken out of DNS.',
  },
  'idle-closed': {
    brief: 'the endpoint had closed the idle connection',
    meaning:
      'The endpoint closed an open connection that had had no request for long, or that had none as it shut down, when this request was on its way.',
    advice:
      "Let clients close first: their idle timeout shorter than the endpoint's (`keepAliveTimeout`), or try again; let a preStop hook sleep before the endpoint shuts down.",
  },
  'impossible-destination': {
    brief: 'no kernel takes a packet to such a destination',
    meaning: 'The destination is a loopback address, and the packet comes from outside.',
    advice: 'Node ports on 127.0.0.1 work from the node itself alone.',
  },
  'conntrack-race': {
    brief: 'two datagrams of one socket race for an entry of conntrack',
    meaning: 'Two datagrams left one socket at once, and conntrack of the node that translates them dropped this one.',
    advice:
      'Ask one after the other (`single-request-reopen`), over TCP, or a cache on the node that nothing translates.',
  },
  'sender-gone': {
    brief: 'the pod that should ask does not run',
    meaning: 'The request is of a pod that is not there, not running, or on a machine that is off: nothing was sent.',
    advice: 'Nothing is lost at the service. Let another pod or client ask, if its requests are not to count.',
  },
};

/** `docs/causes.md`. */
export function causeDocs(): string {
  const rows = CAUSES.map((cause) => {
    const { meaning, advice } = CAUSE_TEXTS[cause];
    return `| \`${cause}\` | ${meaning} | ${advice} |`;
  });
  return [
    '# Causes',
    '',
    'Why a request failed: `cause` of its row, of a closed set, beside the `reason` in words and the `event` of timeline or steps',
    'behind it. `cause=` filters requests, `groupBy: cause` counts them, `expect[].cause` limits them, and the summary of a run',
    'adds them up (`losses`).',
    '',
    'Generated from `libs/sim/src/results/cause-texts.ts`: `npx vitest run libs/sim/src/results/cause-texts.spec.ts -u` writes it.',
    '',
    '| cause | meaning | what to do |',
    '|---|---|---|',
    ...rows,
    '',
  ].join('\n');
}
