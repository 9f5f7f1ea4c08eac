"""flow REQUESTS RATE [check]: SimPy's side of flow.cpp."""
import json
import resource
import sys
import time

from flow_model import Flow

requests, rate = int(sys.argv[1]), float(sys.argv[2])
start = time.perf_counter()
flow = Flow(requests, rate, check="check" in sys.argv)
flow.run()
seconds = time.perf_counter() - start
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
print(json.dumps({"rate": round(requests / seconds), "seconds": seconds, "peakMb": round(peak), **flow.figures()}))
