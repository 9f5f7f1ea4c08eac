/** kube-proxy's configuration, with KubeProxyConfiguration's names and nesting. */
import { z } from 'zod';
import { zCidr, zDuration } from './scalars.js';

/** A real field of KubeProxyConfiguration that decides no outcome in the model. */
const kept = z.unknown().optional();

/** Seconds as text, `0s` standing for the default as it does upstream. */
const zSyncPeriod = zDuration.optional();

const zMasquerade = {
  masqueradeAll: z.boolean().optional(),
  masqueradeBit: z.int().min(0).max(31).optional(),
  syncPeriod: zSyncPeriod,
  minSyncPeriod: zSyncPeriod,
};

/** KubeProxyConfiguration, kubeproxy.config.k8s.io/v1alpha1; a cluster's ConfigMap pastes in. */
export const zKubeProxy = z
  .strictObject({
    apiVersion: kept,
    kind: kept,
    mode: z.enum(['', 'iptables', 'nftables', 'ipvs', 'userspace']).optional(),
    clusterCIDR: z.string().optional(),
    detectLocalMode: z.enum(['', 'ClusterCIDR', 'NodeCIDR', 'BridgeInterface', 'InterfaceNamePrefix']).optional(),
    detectLocal: z
      .strictObject({ bridgeInterface: z.string().optional(), interfaceNamePrefix: z.string().optional() })
      .optional(),
    nodePortAddresses: z.array(z.string()).optional(),
    iptables: z.strictObject({ ...zMasquerade, localhostNodePorts: z.boolean().optional() }).optional(),
    nftables: z.strictObject(zMasquerade).optional(),
    ipvs: z
      .strictObject({
        syncPeriod: zSyncPeriod,
        minSyncPeriod: zSyncPeriod,
        scheduler: z.string().max(20).optional(),
        strictARP: z.boolean().optional(),
        excludeCIDRs: z.array(zCidr).max(100).optional(),
        tcpTimeout: kept,
        tcpFinTimeout: kept,
        udpTimeout: kept,
      })
      .optional(),
    conntrack: z
      .strictObject({
        tcpBeLiberal: z.boolean().optional(),
        max: kept,
        maxPerCore: kept,
        min: kept,
        tcpEstablishedTimeout: kept,
        tcpCloseWaitTimeout: kept,
        udpTimeout: kept,
        udpStreamTimeout: kept,
      })
      .optional(),
    featureGates: z.record(z.string(), z.boolean()).optional(),
    bindAddress: kept,
    bindAddressHardFail: kept,
    clientConnection: kept,
    configSyncPeriod: kept,
    enableProfiling: kept,
    healthzBindAddress: kept,
    healthzPort: kept,
    hostnameOverride: kept,
    logging: kept,
    metricsBindAddress: kept,
    metricsPort: kept,
    oomScoreAdj: kept,
    portRange: kept,
    resourceContainer: kept,
    showHiddenMetricsForVersion: kept,
    udpIdleTimeout: kept,
    windowsRunAsService: kept,
    winkernel: kept,
  })
  .meta({ id: 'KubeProxyConfiguration' });

export type KubeProxyInput = z.output<typeof zKubeProxy>;
