import { expect, it } from 'vitest';
import type { KubectlCommand } from '#sim';
import { kubectlCommandText } from './kubectl-command.js';

const expose: KubectlCommand = {
  verb: 'expose',
  deployment: 'default/source-ip-app',
  name: 'default/nodeport',
  port: 80,
  targetPort: 8080,
  type: 'NodePort',
  protocol: 'TCP',
};
const get: KubectlCommand = {
  verb: 'get',
  resource: 'services',
  name: 'default/loadbalancer',
  selector: null,
  output: 'table',
  grep: null,
};

it.each<[KubectlCommand, string]>([
  [
    { verb: 'create-deployment', name: 'default/web', image: 'k8s.gcr.io/echoserver:1.4', replicas: 1, labels: {} },
    'kubectl create deployment web --image=k8s.gcr.io/echoserver:1.4',
  ],
  [
    { verb: 'create-deployment', name: 'shop/web', image: 'nginx', replicas: 3, labels: {} },
    'kubectl create deployment web -n shop --image=nginx --replicas=3',
  ],
  [{ verb: 'rollout-restart', kind: 'DaemonSet', name: 'shop/a' }, 'kubectl rollout restart daemonset a -n shop'],
  [
    { verb: 'rollout-status', deployment: 'default/a', timeoutNs: 90e9 },
    'kubectl rollout status deployment a --timeout=90s',
  ],
  [
    { verb: 'rollout-status', kind: 'StatefulSet', name: 'shop/db', timeoutNs: null },
    'kubectl rollout status statefulset db -n shop',
  ],
  [
    { verb: 'set-image', deployment: 'default/a', container: null, image: 'b:2' },
    "kubectl set image deployment a '*=b:2'",
  ],
  [
    { verb: 'drain', node: 'n1', force: true, ignoreDaemonsets: true, timeoutNs: 60e9 },
    'kubectl drain n1 --ignore-daemonsets --force --timeout=60s',
  ],
  [{ verb: 'uncordon', node: 'n1' }, 'kubectl uncordon n1'],
  [
    { verb: 'taint', node: 'n1', key: 'gpu', value: 'yes', effect: 'NoSchedule', remove: false },
    'kubectl taint nodes n1 gpu=yes:NoSchedule',
  ],
  [{ verb: 'taint', node: 'n1', key: 'gpu', value: null, effect: null, remove: true }, 'kubectl taint nodes n1 gpu-'],
  [
    { verb: 'label', kind: 'Node', name: 'n1', labels: { a: 'b', c: null } },
    'kubectl label --overwrite node n1 a=b c-',
  ],
  [expose, 'kubectl expose deployment source-ip-app --name=nodeport --port=80 --target-port=8080 --type=NodePort'],
  [
    { ...expose, deployment: 'shop/web', name: 'shop/dns', targetPort: null, type: 'ClusterIP', protocol: 'UDP' },
    'kubectl expose deployment web -n shop --name=dns --port=80 --protocol=UDP',
  ],
  [
    { verb: 'run', name: 'default/busybox', image: 'busybox', labels: { run: 'busybox' } },
    'kubectl run busybox -it --image=busybox --restart=Never --rm',
  ],
  [get, 'kubectl get svc loadbalancer'],
  [
    { ...get, output: 'yaml', grep: 'healthCheckNodePort' },
    'kubectl get svc loadbalancer -o yaml | grep -i healthCheckNodePort',
  ],
  [{ ...get, grep: '10.0.65.118' }, 'kubectl get svc loadbalancer | grep -iF 10.0.65.118'],
  [
    { ...get, resource: 'pods', name: null, output: 'wide', selector: { run: 'source-ip-app' } },
    'kubectl get pod -o wide -l run=source-ip-app',
  ],
  [
    { verb: 'patch', kind: 'Service', name: 'default/nodeport', patch: { spec: { externalTrafficPolicy: 'Local' } } },
    `kubectl patch svc nodeport -p '{"spec":{"externalTrafficPolicy":"Local"}}'`,
  ],
  [
    { verb: 'patch', kind: 'Node', name: 'n1', patch: { metadata: { annotations: { note: "it's" } } } },
    `kubectl patch node n1 -p '{"metadata":{"annotations":{"note":"it'\\''s"}}}'`,
  ],
  [
    { verb: 'delete', kind: 'Service', name: null, selector: { app: 'source-ip-app' }, namespace: 'default' },
    'kubectl delete svc -l app=source-ip-app',
  ],
  [
    { verb: 'delete', kind: 'Deployment', name: 'shop/web', selector: null, namespace: 'shop' },
    'kubectl delete deployment web -n shop',
  ],
  [{ verb: 'scale', deployment: 'default/web', replicas: 3 }, 'kubectl scale deployment web --replicas=3'],
  [
    { verb: 'scale', kind: 'StatefulSet', name: 'shop/db', replicas: 3 },
    'kubectl scale statefulset db -n shop --replicas=3',
  ],
  [
    { verb: 'set-image', kind: 'DaemonSet', name: 'default/agent', container: 'app', image: 'b:2' },
    'kubectl set image daemonset agent app=b:2',
  ],
  [
    { verb: 'apply', object: { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'shop' } } },
    `kubectl apply -f - <<'EOF'\napiVersion: v1\nkind: Namespace\nmetadata:\n  name: shop\nEOF`,
  ],
])('%o is typed as it is', (command, text) => {
  expect(kubectlCommandText(command)).toBe(text);
});
