"""The ten-event request flow in SimPy's usual style: one process per request, one for the arrivals, one per node's checks.

The numbers come from Python's own generator, which is written in C; with the others' stream, written in Python, SimPy
would be slower by half. `check=True` takes that stream, to show that it is the same model.
"""
import math
import random

import simpy

CLIENTS, NODES, PODS = 1000, 100, 100
FIRST_CLIENT, FIRST_NODE = 0x0A010000, 0xC0A80000
DELIVERED = 1


class Sfc32:
    def __init__(self):
        self.a, self.b, self.c, self.counter = 0x9E3779B9, 0x243F6A88, 0xB7E15162, 1
        for _ in range(15):
            self.bits()

    def bits(self):
        mask = 0xFFFFFFFF
        total = (self.a + self.b + self.counter) & mask
        self.counter = (self.counter + 1) & mask
        self.a = self.b ^ (self.b >> 9)
        self.b = (self.c + (self.c << 3)) & mask
        self.c = (((self.c << 21) | (self.c >> 11)) + total) & mask
        return total

    def uniform(self):
        return (self.bits() + 0.5) / 4294967296.0

    def expovariate(self, rate):
        return -math.log(self.uniform()) / rate

    def integer(self, n):
        return int(self.uniform() * n)


class Flow:
    def __init__(self, requests, rate, check=False):
        self.requests, self.mean_gap = requests, 1000.0 / rate
        self.rows, self.probes, self.finished = [], 0, 0
        if check:
            stream = Sfc32()
            self.exponential, self.integer = stream.expovariate, stream.integer
        else:
            random.seed(1)
            uniform = random.random
            self.exponential, self.integer = random.expovariate, lambda n: int(uniform() * n)
        self.env = simpy.Environment()
        self.done = self.env.event()
        for node in range(NODES):
            self.env.process(self.checks(node))
        self.env.process(self.arrivals())

    def run(self):
        self.env.run(until=self.done)

    def arrivals(self):
        env, exponential = self.env, self.exponential
        yield env.timeout(exponential(1 / self.mean_gap))
        for number in range(self.requests):
            client = self.integer(CLIENTS)
            gap = exponential(1 / self.mean_gap) if number + 1 < self.requests else None
            env.process(self.request(number, client))
            if gap is not None:
                yield env.timeout(gap)

    def request(self, number, client):
        env, exponential, integer = self.env, self.exponential, self.integer
        sent = env.now
        yield env.timeout(0.5)
        node = integer(NODES)
        yield env.timeout(exponential(1 / 0.2))
        yield env.timeout(0.05)
        pod = integer(PODS)
        source = FIRST_CLIENT + client if pod % NODES == node else FIRST_NODE + node
        yield env.timeout(exponential(1 / 0.3))
        yield env.timeout(exponential(1 / 5.0))
        yield env.timeout(exponential(1 / 0.3))
        yield env.timeout(0.05)
        yield env.timeout(exponential(1 / 0.2))
        yield env.timeout(0.5)
        self.rows.append((number, sent, env.now, client, node, pod, source, DELIVERED))
        self.finished += 1
        if self.finished == self.requests:
            self.done.succeed()

    def checks(self, node):
        env = self.env
        yield env.timeout(20.0 * node)
        while True:
            env.process(self.probe())
            yield env.timeout(2000.0)

    def probe(self):
        env, exponential = self.env, self.exponential
        yield env.timeout(exponential(1 / 0.2))
        yield env.timeout(exponential(1 / 0.2))
        self.probes += 1

    def figures(self):
        rows = self.rows
        return {
            "meanLatencyMs": round(sum(row[2] - row[1] for row in rows) / len(rows), 5),
            "translated": round(sum(row[6] >= FIRST_NODE for row in rows) / len(rows), 4),
            "probes": self.probes,
        }
