"""hold PENDING HOLDS: SimPy's side of hold.cpp, in SimPy's usual style: one process per pending event."""
import json
import random
import sys
import time

import simpy

pending, holds = int(sys.argv[1]), int(sys.argv[2])
env = simpy.Environment()
done = env.event()
left = holds


def holder():
    global left
    while True:
        yield env.timeout(random.expovariate(1.0))
        left -= 1
        if left == 0:
            done.succeed()


random.seed(1)
for _ in range(pending):
    env.process(holder())
# The processes start first: their first events are what is pending.
env.run(until=1e-12)
start = time.perf_counter()
env.run(until=done)
seconds = time.perf_counter() - start
print(json.dumps({"rate": round(holds / seconds), "seconds": seconds}))
