import { describe, expect, it } from 'vitest';
import { mergeManifest, strategicMerge } from './patch.js';

const service = {
  spec: { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }, { port: 443 }], externalIPs: ['192.0.2.1'] },
};

describe('a strategic merge patch', () => {
  it('merges maps field by field and leaves its arguments alone', () => {
    const before = structuredClone(service);
    expect(strategicMerge(service, { spec: { externalTrafficPolicy: 'Local' } })).toEqual({
      spec: { ...service.spec, externalTrafficPolicy: 'Local' },
    });
    expect(service).toEqual(before);
  });

  it('deletes what it sets to null, also where nothing was', () => {
    expect(strategicMerge(service, { spec: { type: null, selector: { app: null, tier: 'web' } } })).toEqual({
      spec: { ports: service.spec.ports, externalIPs: service.spec.externalIPs, selector: { tier: 'web' } },
    });
  });

  it('replaces lists, except those that have a merge key', () => {
    const patched = strategicMerge(service, {
      spec: { externalIPs: ['192.0.2.2'], ports: [{ port: 443, nodePort: 30443 }, { port: 8443 }] },
    });
    expect(patched.spec.externalIPs).toEqual(['192.0.2.2']);
    expect(patched.spec.ports).toEqual([{ port: 80, nodePort: 30080 }, { port: 443, nodePort: 30443 }, { port: 8443 }]);
  });

  it('tells the ports of a container by containerPort and those of a slice not at all', () => {
    const pod = { spec: { containers: [{ name: 'app', ports: [{ containerPort: 8080 }] }] } };
    const named = { spec: { containers: [{ name: 'app', ports: [{ containerPort: 8080, name: 'http' }] }] } };
    expect(strategicMerge(pod, named)).toEqual(named);
    expect(strategicMerge({ ports: [{ port: 80 }] }, { ports: [{ port: 81 }] })).toEqual({ ports: [{ port: 81 }] });
  });

  it('keeps two protocols of one port apart, so that the same manifest changes nothing', () => {
    const dns = {
      spec: {
        ports: [
          { port: 53, protocol: 'UDP', name: 'dns' },
          { port: 53, protocol: 'TCP', name: 'dns-tcp' },
        ],
      },
    };
    expect(strategicMerge(dns, dns)).toEqual(dns);
    expect(strategicMerge(dns, { spec: { ports: [dns.spec.ports[1]] } })).toEqual(dns);
    expect(strategicMerge({ spec: { ports: [{ port: 53, protocol: 'TCP' }] } }, dns).spec.ports).toHaveLength(2);
  });

  it('of a whole manifest takes items out that the manifest does not have', () => {
    const manifest = { spec: { ports: [{ port: 8443 }, { port: 80, targetPort: 8080 }] } };
    expect(mergeManifest(service, manifest).spec.ports).toEqual([
      { port: 80, nodePort: 30080, targetPort: 8080 },
      { port: 8443 },
    ]);
    expect(mergeManifest(service, manifest).spec.type).toBe('NodePort');
  });

  it('takes a value of another type as it is, and a field called __proto__ as a field', () => {
    expect(strategicMerge<unknown>(service, { spec: { ports: 'none' } })).toMatchObject({ spec: { ports: 'none' } });
    const patched = strategicMerge<Record<string, unknown>>({}, JSON.parse('{"__proto__": {"type": "NodePort"}}'));
    expect(Object.keys(patched)).toEqual(['__proto__']);
    expect(patched.type).toBeUndefined();
  });
});
