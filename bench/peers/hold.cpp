// hold PENDING HOLDS: pop the earliest event, schedule one Exp(1) later, HOLDS times; prints events per second.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "event_queue.h"
#include "sfc32.h"

// The engine needs that many before its code is compiled; both do them, so that both end at the same time.
constexpr long kLeastWarmUp = 300000;

static double hold(EventQueue& queue, Sfc32& random, long holds) {
  double time = 0;
  for (long i = 0; i < holds; i++) {
    Event event = queue.pop();
    time = event.time;
    queue.push(time + random.exponential(), event.kind, event.slot);
  }
  return time;
}

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const long pending = std::atol(argv[1]);
  const long holds = std::atol(argv[2]);
  Sfc32 random;
  EventQueue queue;
  for (long i = 0; i < pending; i++) queue.push(random.exponential(), 0, static_cast<uint32_t>(i));
  hold(queue, random, std::max(pending, kLeastWarmUp));
  const auto start = std::chrono::steady_clock::now();
  const double end = hold(queue, random, holds);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  std::printf("{\"rate\": %.0f, \"seconds\": %.4f, \"endTime\": %.6f}\n", holds / seconds, seconds, end);
}
