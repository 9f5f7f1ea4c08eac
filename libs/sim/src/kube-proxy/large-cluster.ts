/**
 * From which size on kube-proxy takes shortcuts: it leaves comments out, and does not write everything anew at each sync.
 *
 * Models: the threshold of large-cluster mode, in endpoints over all service ports.
 * Source: pkg/proxy/iptables/proxier.go (largeClusterEndpointsThreshold).
 * Simplified: nothing.
 * Who could tell: nobody.
 */
export const LARGE_CLUSTER_ENDPOINTS = 1000;
