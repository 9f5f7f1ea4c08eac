/**
 * Everything that can be wrong with a scenario, in one place. Issues are collected, never thrown, and reported all at
 * once. An `error` keeps the scenario from running, a `warning` does not. A code's severity is fixed, but for those with
 * `warningIn`. `docs/issues.md` is generated from this table.
 */
import { DEFAULT_LIMITS } from './limits.js';
import { type Path, toPointer } from './pointer.js';

export type Severity = 'error' | 'warning';

export interface IssueKind {
  severity: Severity;
  /** Where it is only a warning. */
  warningIn?: string;
  group: string;
  /** One sentence. */
  meaning: string;
  /** What to do about it, unless the issue itself knows better. */
  hint: string;
}

const text = (severity: Severity, meaning: string, hint: string): IssueKind => ({
  severity,
  group: 'Text',
  meaning,
  hint,
});
const shape = (severity: Severity, meaning: string, hint: string): IssueKind => ({
  severity,
  group: 'Shape',
  meaning,
  hint,
});
const names = (severity: Severity, meaning: string, hint: string): IssueKind => ({
  severity,
  group: 'Names and references',
  meaning,
  hint,
});
const addresses = (severity: Severity, meaning: string, hint: string): IssueKind => ({
  severity,
  group: 'Addresses and ports',
  meaning,
  hint,
});
const services = (severity: Severity, meaning: string, hint: string): IssueKind => ({
  severity,
  group: 'Services',
  meaning,
  hint,
});
const cluster = (severity: Severity, meaning: string, hint: string): IssueKind => ({
  severity,
  group: 'Cluster',
  meaning,
  hint,
});
const rules = (severity: Severity, meaning: string, hint: string): IssueKind => ({
  severity,
  group: "A node's own rules",
  meaning,
  hint,
});
const run = (severity: Severity, meaning: string, hint: string): IssueKind => ({
  severity,
  group: 'Steps, timeline and traffic',
  meaning,
  hint,
});
const door = (severity: Severity, meaning: string, hint: string): IssueKind => ({
  severity,
  group: 'At the door',
  meaning,
  hint,
});

export const ISSUES = {
  'text-too-large': text('error', 'The text is longer than the limit.', 'Split it, or leave out what does not matter.'),
  'invalid-json': text('error', 'The text is not JSON.', 'Send YAML as application/yaml, or correct the JSON.'),
  'invalid-yaml': text('error', 'The text is not YAML.', 'Correct the YAML at this place.'),
  'duplicate-key': text('error', 'A map has the same key twice.', 'Keep one of the two.'),
  'too-deep': text(
    'error',
    'Lists and maps are nested deeper than the limit.',
    'No Kubernetes object needs that depth: look for a missing bracket or a loop of aliases.',
  ),
  'too-many-values': text(
    'error',
    'The document holds more values than the limit.',
    'Split it, or leave out what does not matter.',
  ),
  'alias-bomb': text(
    'error',
    'YAML aliases multiply the document beyond the limit.',
    'Write the values out instead of nesting aliases.',
  ),
  'empty-document': text(
    'error',
    'There is nothing in the text.',
    'Send a scenario document; GET /v1/presets has examples.',
  ),
  'several-documents': text(
    'error',
    'A scenario is one document, and the text holds several.',
    'Put the manifests under "objects", or send them to POST /v1/scenarios/import.',
  ),
  'objects-no-scenario': text(
    'error',
    'Kubernetes objects, as kubectl prints them, stand where a scenario is taken.',
    'Send it to POST /v1/scenarios/import; or write a scenario with name, cluster.admission: asStored, and these objects as a list under "objects".',
  ),
  'no-scenario': text(
    'error',
    'A map stands where a scenario is taken, and has none of its parts.',
    'A scenario has a name, a cluster, objects, and what happens to them: steps, timeline or traffic. GET /v1/presets has examples.',
  ),
  'scenario-no-objects': text(
    'error',
    'A scenario stands where Kubernetes objects are imported.',
    'Send it to POST /v1/scenarios.',
  ),
  'more-issues': text(
    'warning',
    'There are more problems than are listed.',
    'Correct those that are listed and send the document again.',
  ),

  'wrong-type': shape(
    'error',
    'A value has another type than the field takes.',
    'See /v1/schemas/scenario.json for the type.',
  ),
  'missing-field': shape('error', 'A field that must be there is not.', 'Add the field.'),
  'unknown-field': {
    ...shape(
      'error',
      'A field is not known. In a Kubernetes object it is kept and has no effect, as an API server warns of it (`fieldValidation=Warn`).',
      'Remove it, or correct its name.',
    ),
    warningIn: 'Kubernetes objects',
  },
  'unknown-value': shape(
    'error',
    'A value is none of those that the field takes.',
    'Use one of the values that the message lists.',
  ),
  'out-of-range': shape(
    'error',
    'A number, text or list is smaller or larger than the field takes.',
    'Stay inside the range that the message gives.',
  ),
  'bad-value': shape(
    'error',
    'A value is not written as the field takes it.',
    'See /v1/schemas/scenario.json for the form.',
  ),
  'bad-duration': shape(
    'error',
    'A duration is not written as Kubernetes writes it, mostly because the unit is missing.',
    'Write it as Kubernetes does: "1.5s", "200ms", "1h30m".',
  ),
  'bad-rate': shape('error', 'A rate is not written as a number per unit of time.', 'Write "50/s", "3/m" or "1/h".'),
  'bad-version': shape(
    'error',
    'A Kubernetes version is not written as text such as "1.21".',
    'Write a version from 1.21 on, in quotes: unquoted, 1.30 is the number 1.3.',
  ),
  'bad-name': shape(
    'error',
    'A name is not one that Kubernetes accepts.',
    'Use lower-case letters, digits and "-", beginning and ending with a letter or digit (RFC 1123).',
  ),
  'bad-label': shape(
    'error',
    'A label or selector is not one that Kubernetes accepts.',
    'At most 63 letters, digits, "-", "_" and ".", beginning and ending with a letter or digit; a prefix in front of "/" is a DNS name.',
  ),
  'bad-address': shape(
    'error',
    'A text is not an IP address.',
    'Write an address such as 10.0.0.1 or 2001:db8::1, without blanks and leading zeros.',
  ),
  'bad-cidr': shape('error', 'A text is not a CIDR.', 'Write an address and a prefix length, such as 10.180.1.0/24.'),
  'cidr-host-bits': shape(
    'warning',
    'A CIDR has bits set behind its prefix; they are ignored, as Kubernetes does.',
    'Write the network address.',
  ),
  'bad-url': shape(
    'error',
    'The target of a curl or wget is not one that can be called.',
    'Write http://ADDRESS[:PORT][/PATH], with $node for the node of forEach.',
  ),
  'unknown-verb': shape(
    'error',
    'A step, timeline entry or kubectl command has no known verb.',
    'See /v1/schemas/scenario.json for the verbs.',
  ),
  'several-verbs': shape(
    'error',
    'A step, timeline entry or kubectl command has more than one verb.',
    'Write one entry for each.',
  ),
  'not-modelled-yet': shape(
    'error',
    'The model does not have this yet, and would not silently treat it as something else.',
    'Leave it out.',
  ),
  'ignored-setting': shape(
    'warning',
    'A setting is real but has no effect in the model.',
    'Results may differ from a cluster that has it.',
  ),

  'unknown-kind': names('error', 'A kind of object looks like a misspelt known one.', 'Correct the kind.'),
  'ignored-kind': names('warning', 'Objects of a kind that does not matter here were left out.', 'Nothing to do.'),
  'wrong-api-version': names(
    'error',
    'An object has an apiVersion that its kind does not have.',
    'Correct apiVersion or kind.',
  ),
  'duplicate-name': names(
    'error',
    'Two objects of one kind and namespace, two clients, or two traffic entries have the same name.',
    'Rename or remove one of them.',
  ),
  'unknown-node': names('error', 'A node is named that is not among the objects.', 'Add the Node or correct the name.'),
  'node-not-given': names(
    'warning',
    'A stored pod is on a node that is not among the objects.',
    'Add the Node, or the pod cannot be reached.',
  ),
  'unknown-client': names(
    'error',
    'A client is named that is not among the clients.',
    'Add it to "clients" or correct the name.',
  ),
  'unknown-service': names(
    'error',
    'A service is named that no object, step or timeline entry creates.',
    'Add the Service or correct the name; the namespace is "default" unless written NAMESPACE/NAME.',
  ),
  'unknown-pod': names(
    'error',
    'A pod is named that no object, step or timeline entry creates.',
    'Add the Pod or correct the name; the namespace is "default" unless written NAMESPACE/NAME.',
  ),
  'unknown-deployment': names(
    'error',
    'A deployment is named that no object, step or timeline entry creates.',
    'Add the Deployment or correct the name; the namespace is "default" unless written NAMESPACE/NAME.',
  ),
  'unknown-object': names(
    'error',
    'An object is to be changed that no object, step or timeline entry creates.',
    'Add the object or correct the name.',
  ),
  'selector-matches-nothing': names(
    'warning',
    'A selector matches no pod and no pod template.',
    'Compare the selector with the labels of the pods.',
  ),
  'selector-misses-template': names(
    'error',
    "A workload's selector does not match the labels of its own template.",
    'Give the template the labels of the selector.',
  ),
  'slice-without-service': names(
    'warning',
    'An EndpointSlice does not say which Service it belongs to, so it has no effect.',
    'Add the label kubernetes.io/service-name.',
  ),
  'no-nodes': names(
    'warning',
    'The scenario has no Node, or a load balancer none in its zones, so nothing can be reached.',
    'Add the nodes: kubectl get nodes -o yaml.',
  ),

  'duplicate-address': addresses(
    'error',
    'Two nodes, pods, services or clients have the same address.',
    'Give each its own address.',
  ),
  'duplicate-node-port': addresses(
    'error',
    'Two services have the same node port.',
    'Give each its own, or leave nodePort out and let it be allocated.',
  ),
  'address-outside-range': addresses(
    'error',
    'A cluster IP is outside serviceCIDRs.',
    'Correct the address or cluster.serviceCIDRs.',
  ),
  'pod-address-outside-range': addresses(
    'warning',
    "A pod's address is outside the pod CIDR of its node.",
    "Correct the address or the node's podCIDR.",
  ),
  'pod-addresses-assumed': addresses(
    'warning',
    'A node has no podCIDR, and pods come that need addresses: they get some that are assumed.',
    "Set the node's spec.podCIDR where the cluster has one. Where its CNI gives addresses of its own (a VPC's, Calico's), no source IP but the pods' own changes by it.",
  ),
  'node-port-outside-range': addresses(
    'error',
    'A node port is outside nodePortRange.',
    'Correct the port or cluster.nodePortRange.',
  ),
  'ip-family-mismatch': addresses(
    'error',
    'An address is of the other IP family than its field says.',
    'Correct the address or the family.',
  ),
  'duplicate-ip-family': addresses(
    'error',
    'Of several addresses or ranges, two are of the same IP family where one of each may be.',
    'Keep one of each family.',
  ),
  'special-address': addresses(
    'error',
    'A loopback, link-local, multicast or unspecified address stands where an API server takes none.',
    'Give the address that others reach it by.',
  ),
  'duplicate-endpoint': addresses(
    'warning',
    'A Service has the same endpoint twice.',
    'Leave one of them out; which one counts depends on the version.',
  ),
  'node-without-address': addresses(
    'error',
    'A Node has no InternalIP.',
    'Add {type: InternalIP, address: …} to status.addresses.',
  ),
  'overlapping-ranges': addresses(
    'warning',
    'Two address ranges overlap that should not.',
    'Give nodes and services ranges of their own.',
  ),

  'policy-on-wrong-type': services(
    'error',
    'A traffic policy is set on a type of Service that does not have it.',
    'externalTrafficPolicy needs type NodePort or LoadBalancer, or externalIPs.',
  ),
  'health-check-node-port-without-local': services(
    'error',
    'healthCheckNodePort is set on a Service that does not have one.',
    'It needs type LoadBalancer and externalTrafficPolicy Local.',
  ),
  'field-on-wrong-type': services(
    'error',
    'A field is set on a type of Service that does not have it.',
    'Remove the field or change the type.',
  ),
  'service-without-ports': services('error', 'A Service that needs ports has none.', 'Add spec.ports.'),
  'service-port-names': services(
    'error',
    'The ports of a Service need names that differ.',
    'Name each port where there are several.',
  ),
  'duplicate-service-port': services('error', 'A Service has the same port and protocol twice.', 'Remove one of them.'),
  'unknown-service-port': services(
    'error',
    'A port is named that the Service does not have.',
    'Use a port or port name of the Service.',
  ),
  'unknown-target-port': services(
    'warning',
    'targetPort names a container port that no matching pod has.',
    'Name a container port of the pods, or write its number.',
  ),
  'external-name-missing': services(
    'error',
    'A Service of type ExternalName has no externalName.',
    'Add spec.externalName.',
  ),
  'affinity-config-without-affinity': services(
    'error',
    'sessionAffinityConfig is set while sessionAffinity is not ClientIP.',
    'Set sessionAffinity: ClientIP or remove the config.',
  ),

  'version-unknown': cluster('error', 'A Kubernetes version is outside those that are modelled.', 'Use 1.21 to 1.37.'),
  'version-lacks-feature': cluster(
    'error',
    'A setting does not exist in the Kubernetes version.',
    'Use a later version or another setting.',
  ),
  'unknown-feature-gate': cluster(
    'warning',
    'A feature gate is not among those that change an outcome here.',
    'Correct its name, or ignore this for gates of other components.',
  ),
  'unknown-family': cluster(
    'error',
    'A load balancer family is not known.',
    'Use one of the families that the message lists.',
  ),
  'family-assumed': cluster(
    'warning',
    "The nodes' `spec.providerID` tells their cloud, and no load balancer family is said: `generic` is assumed.",
    'Set loadBalancer.family to the one that the cluster has.',
  ),
  'detector-without-argument': cluster(
    'error',
    'detectLocalMode needs an argument that is missing.',
    'Set detectLocal.bridgeInterface or detectLocal.interfaceNamePrefix.',
  ),
  'unknown-scheduler': cluster(
    'error',
    'IPVS has no such scheduler: kube-proxy ends, or up to 1.26 goes on without any virtual server.',
    'Take rr, or another one that the message lists.',
  ),
  'hints-not-given': cluster(
    'warning',
    'A Service asks for topology hints, and the EndpointSlice controller would give none, so traffic goes to every zone.',
    'See the message; zones are labels of the nodes, CPU is status.allocatable.cpu, and each zone needs its part of the endpoints.',
  ),
  'health-check-timeout': cluster(
    'warning',
    'A health check times out later than the next one starts.',
    'Make the timeout at most the interval.',
  ),
  'more-pods-than-room': cluster(
    'warning',
    'A workload wants more pods than all nodes take: the others stay Pending.',
    'Add nodes, want fewer pods, or say in status.allocatable.pods how many each node takes.',
  ),
  'hook-without-duration': cluster(
    'warning',
    'A preStop hook does not say how long it takes (a script, a loop, a call), so it takes no time here.',
    'Set apps[].preStop for these pods to what the hook takes in your cluster.',
  ),
  'unused-setting': cluster(
    'warning',
    'A setting names something that does not occur in the scenario.',
    'Correct the name or remove the setting.',
  ),
  'not-admitted': cluster(
    'error',
    'The objects that the scenario starts with would not be accepted by the cluster.',
    'Change the field that the message names; where a range is full, widen cluster.nodePortRange or cluster.serviceCIDRs, or leave Services or ports out.',
  ),

  'rules-unreadable': rules(
    'error',
    'A line is not one that iptables-save prints or iptables-restore takes.',
    'Send the text as the tool prints it.',
  ),
  'rules-unknown': rules(
    'error',
    'A rule has a match, target or option that the model does not know.',
    'Take the line out if no packet that you ask about comes there; docs/own-rules.md lists what is known.',
  ),
  'rules-no-such-chain': rules(
    'error',
    'A rule leads to, or stands in, a chain that is not there.',
    'Send the whole text, with all chains.',
  ),
  'rules-loop': rules(
    'error',
    'Chains lead back to themselves; the kernel refuses such rules.',
    'Send the text as the tool prints it.',
  ),
  'rules-misplaced': rules(
    'error',
    'A target stands where the kernel refuses it.',
    'Send the text as the tool prints it, with each rule in its table.',
  ),
  'rules-truncated': rules('error', 'The text ends, or a table begins, before COMMIT.', 'Send the whole text.'),
  'rules-too-large': rules(
    'error',
    'The text is larger than the limit, or its rules would take too long to walk.',
    'Leave out chains that no packet that you ask about comes to.',
  ),
  'rules-assumed': rules(
    'warning',
    'A rule depends on what the model cannot know; the message says what it assumes.',
    'Nothing to do.',
  ),

  'after-the-end': run(
    'error',
    'Something is to happen after the end of the run.',
    'Make "duration" longer or the time earlier.',
  ),
  'overlapping-faults': run(
    'error',
    'A fault begins where another one of the same kind has not ended.',
    'End the first one earlier ("for"), or let the second begin later.',
  ),
  'stops-before-start': run('error', 'Traffic stops before it starts.', 'Make "stop" later than "start".'),
  'empty-range': run('error', 'A range has a maximum below its minimum.', 'Exchange the two.'),
  'destination-not-offered': run(
    'error',
    'Traffic goes to a kind of address that the Service does not have.',
    'Change "via" or the type of the Service.',
  ),
  'never-met': run(
    'warning',
    'A step waits for something that cannot come about.',
    'Wait for at most as many as there are.',
  ),
  'expectation-without-bound': run(
    'error',
    'An expectation says neither share nor count nor latency nor healthz.',
    'Add share: {min: …}, count: {min: …} or latency: {quantile: …, max: …}.',
  ),
  'too-many': run(
    'error',
    'There are more objects, entries, requests or events than the limit.',
    'Use fewer, a lower rate or a shorter time.',
  ),

  'secret-dropped': door('warning', 'Secrets were dropped; they are never stored.', 'Nothing to do.'),
  'environment-dropped': door(
    'warning',
    'Values of environment variables were dropped; they are never stored.',
    'Nothing to do.',
  ),
  'annotation-dropped': door(
    'warning',
    'Annotations that may hold credentials were dropped; they are never stored.',
    'Nothing to do.',
  ),
  'argument-dropped': door(
    'warning',
    'Command lines of containers, probes and hooks, and queries of probes, were dropped, but for how long they sleep; they are never stored.',
    'Nothing to do.',
  ),
  'version-guessed': door(
    'warning',
    'The Kubernetes version was taken from the nodes, or assumed where they do not tell it.',
    'Set cluster.version if it is wrong.',
  ),
  'cluster-ip-missing': door(
    'warning',
    'A stored Service has no clusterIP, as a hand-written manifest has none: nothing is given out with `admission: asStored`.',
    'Take what the cluster has stored (kubectl get -o yaml), or send a scenario with cluster.admission: apply.',
  ),
  'workload-without-pods': door(
    'warning',
    'A stored workload has no pods: none are made with `admission: asStored`.',
    'Add its pods (kubectl get pods -o yaml), or send a scenario with cluster.admission: apply.',
  ),
  'workload-differs-from-its-pods': door(
    'warning',
    'A stored workload says something else than its pods: with `admission: asStored` the pods are what runs, and changing the workload changes nothing.',
    'Take its Pods, ReplicaSets and EndpointSlices out and set cluster.admission: apply, so that they are made from it; or change the Pods too.',
  ),
  'kube-proxy-assumed': door(
    'warning',
    "An import has no configuration of kube-proxy, so upstream's defaults are assumed.",
    'Add it: kubectl get configmap kube-proxy -n kube-system -o yaml; or set cluster.kubeProxy.',
  ),
  'nothing-to-import': door(
    'error',
    'The text holds no object of a kind that matters here.',
    'Send the output of: kubectl get nodes,pods,services,endpointslices -A -o yaml',
  ),
} as const satisfies Record<string, IssueKind>;

export type IssueCode = keyof typeof ISSUES;

type WarningInPlaces = {
  [Code in IssueCode]: (typeof ISSUES)[Code] extends { warningIn: string } ? Code : never;
}[IssueCode];

/** One problem and its place. Line and column start at 1 and are there for YAML text. */
export interface Issue {
  code: IssueCode;
  severity: Severity;
  /** JSON pointer into the document; empty for the whole. */
  path: string;
  line?: number;
  column?: number;
  message: string;
  hint: string;
}

/** Where a path stands in the text that came in; null where that is not known. */
export type Locate = (path: Path) => { line: number; column: number } | null;

/** Where in what came in that stands, or that of which it was made, which a document says at a path. */
type OriginalPath = (path: Path) => Path;

/** Collects problems in the order they are found. */
export class IssueList {
  readonly found: Issue[] = [];
  private unlisted = 0;
  private unlistedErrors = 0;
  private origin: OriginalPath = (path) => path;

  constructor(
    private locate: Locate = () => null,
    private readonly most: number = DEFAULT_LIMITS.issues,
  ) {}

  /** From now on places are looked up by this; paths are those of the document that came in, or lead there by `origin`. */
  locateBy(locate: Locate, origin: OriginalPath = (path) => path): void {
    this.locate = locate;
    this.origin = origin;
  }

  /** For messages: `/objects/3`, and the line where several documents have such a place. */
  placeText(path: Path): string {
    const pointer = toPointer(this.origin(path));
    const at = this.placeOf(path);
    return at === null ? pointer : `${pointer} (line ${at.line})`;
  }

  placeOf(path: Path): ReturnType<Locate> {
    return this.locate(path);
  }

  /** `hint` replaces the code's own. `place` is for problems of the text itself, which have no path yet. */
  add(code: IssueCode, path: Path, message: string, hint?: string, place?: { line: number; column: number }): void {
    this.put(ISSUES[code].severity, code, path, message, hint, place);
  }

  /** Of a code with `warningIn`, where it keeps nothing from running. */
  warn(code: WarningInPlaces, path: Path, message: string, hint?: string): void {
    this.put('warning', code, path, message, hint);
  }

  private put(
    severity: Severity,
    code: IssueCode,
    path: Path,
    message: string,
    hint?: string,
    place?: { line: number; column: number },
  ): void {
    if (this.found.length >= this.most) {
      this.unlisted++;
      if (severity === 'error') this.unlistedErrors++;
      return;
    }
    const at = place ?? this.placeOf(path);
    this.found.push({
      code,
      severity,
      path: toPointer(this.origin(path)),
      ...at,
      message,
      hint: hint ?? ISSUES[code].hint,
    });
  }

  get hasErrors(): boolean {
    return this.unlistedErrors > 0 || this.found.some((issue) => issue.severity === 'error');
  }

  /** All issues, with a last one that counts what was not listed. */
  list(): Issue[] {
    if (this.unlisted === 0) return this.found;
    const { severity, hint } = ISSUES['more-issues'];
    const message = `${this.unlisted} more problems, ${this.unlistedErrors} of them errors.`;
    return [...this.found, { code: 'more-issues', severity, path: '', message, hint }];
  }
}

/** Long or odd values shortened for a message. */
export function shown(value: unknown): string {
  const json = typeof value === 'string' ? JSON.stringify(value.slice(0, 80)) : (JSON.stringify(value) ?? 'nothing');
  return json.length > 82 ? `${json.slice(0, 80)}…` : json;
}
