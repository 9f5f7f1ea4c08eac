import { expect, it } from 'vitest';
import { healthzText } from './healthz-text.js';

it('tabulates what the nodes answered and what the load balancer made of it', () => {
  const service = 'default/loadbalancer';
  expect(
    healthzText({
      nodes: [
        {
          node: 'n1',
          service,
          kind: 'healthCheckNodePort',
          port: 32122,
          segments: [
            { fromMs: 0, toMs: 20000, status: null, localEndpoints: null, body: null, headers: {} },
            { fromMs: 20000, toMs: 45000, status: 200, localEndpoints: 1, body: '{}', headers: {} },
          ],
        },
        {
          node: 'n1',
          service: null,
          kind: 'proxy-healthz',
          port: 10256,
          segments: [{ fromMs: 0, toMs: 45000, status: 200, localEndpoints: null, body: '{}', headers: {} }],
        },
      ],
      loadBalancers: [
        {
          service,
          node: 'n2',
          probes: 9,
          segments: [
            { fromMs: 0, toMs: 30123.4, state: 'healthy' },
            { fromMs: 30123.4, toMs: 45000, state: 'unhealthy' },
          ],
        },
      ],
    }),
  ).toBe(`NODE   SERVICE                KIND                  PORT    FROM    TO      STATUS   LOCAL ENDPOINTS
n1     default/loadbalancer   healthCheckNodePort   32122   0.0s    20.0s   closed   -
n1     default/loadbalancer   healthCheckNodePort   32122   20.0s   45.0s   200      1
n1     -                      proxy-healthz         10256   0.0s    45.0s   200      -

LOAD BALANCER          NODE   PROBES   FROM    TO      STATE
default/loadbalancer   n2     9        0.0s    30.1s   healthy
default/loadbalancer   n2              30.1s   45.0s   unhealthy
`);
});

it('says so where nothing is checked', () => {
  expect(healthzText({ nodes: [], loadBalancers: [] })).toBe('No health checks in this run.\n');
});
