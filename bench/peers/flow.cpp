// flow REQUESTS RATE: the ten-event request flow; prints requests per second and the figures of the self-check.
#include <sys/resource.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <vector>

#include "event_queue.h"
#include "sfc32.h"

namespace {

constexpr uint32_t kClients = 1000, kNodes = 100, kPods = 100;
constexpr uint32_t kFirstClient = 0x0a010000, kFirstNode = 0xc0a80000;
constexpr uint32_t kDelivered = 1;

enum Kind : uint32_t {
  kArrive, kAtBalancer, kAtNode, kTranslated, kAtPod, kServed, kBackAtNode, kUntranslated, kBackAtBalancer, kDone,
  kTimer, kProbeThere, kProbeBack
};

struct InFlight {
  uint32_t id;
  double sent;
  uint16_t client, node, pod;
  uint32_t source;
};

struct Rows {
  std::vector<double> sent, done;
  std::vector<uint16_t> client, node, pod;
  std::vector<uint32_t> source;
  std::vector<uint8_t> verdict;

  explicit Rows(size_t n) : sent(n), done(n), client(n), node(n), pod(n), source(n), verdict(n) {}
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  const uint32_t requests = static_cast<uint32_t>(std::atol(argv[1]));
  const double meanGap = 1000.0 / std::atof(argv[2]);
  const auto start = std::chrono::steady_clock::now();

  Sfc32 random;
  EventQueue queue;
  Rows rows(requests);
  std::vector<InFlight> flights;
  std::vector<uint32_t> freeSlots;
  uint32_t arrived = 0, finished = 0, probes = 0;

  for (uint32_t node = 0; node < kNodes; node++) queue.push(20.0 * node, kTimer, node);
  queue.push(meanGap * random.exponential(), kArrive, 0);

  while (finished < requests) {
    const Event event = queue.pop();
    const double now = event.time;
    const uint32_t slot = event.slot;
    double delay = 0;
    switch (event.kind) {
      case kArrive: {
        uint32_t fresh;
        if (freeSlots.empty()) {
          fresh = static_cast<uint32_t>(flights.size());
          flights.emplace_back();
        } else {
          fresh = freeSlots.back();
          freeSlots.pop_back();
        }
        InFlight& flight = flights[fresh];
        flight.id = arrived++;
        flight.sent = now;
        flight.client = static_cast<uint16_t>(random.integer(kClients));
        if (arrived < requests) queue.push(now + meanGap * random.exponential(), kArrive, 0);
        queue.push(now + 0.5, kAtBalancer, fresh);
        continue;
      }
      case kAtBalancer:
        flights[slot].node = static_cast<uint16_t>(random.integer(kNodes));
        delay = 0.2 * random.exponential();
        break;
      case kAtNode:
        delay = 0.05;
        break;
      case kTranslated: {
        InFlight& flight = flights[slot];
        flight.pod = static_cast<uint16_t>(random.integer(kPods));
        flight.source = flight.pod % kNodes == flight.node ? kFirstClient + flight.client : kFirstNode + flight.node;
        delay = 0.3 * random.exponential();
        break;
      }
      case kAtPod:
        delay = 5.0 * random.exponential();
        break;
      case kServed:
        delay = 0.3 * random.exponential();
        break;
      case kBackAtNode:
        delay = 0.05;
        break;
      case kUntranslated:
        delay = 0.2 * random.exponential();
        break;
      case kBackAtBalancer:
        delay = 0.5;
        break;
      case kDone: {
        const InFlight& flight = flights[slot];
        rows.sent[flight.id] = flight.sent;
        rows.done[flight.id] = now;
        rows.client[flight.id] = flight.client;
        rows.node[flight.id] = flight.node;
        rows.pod[flight.id] = flight.pod;
        rows.source[flight.id] = flight.source;
        rows.verdict[flight.id] = kDelivered;
        freeSlots.push_back(slot);
        finished++;
        continue;
      }
      case kTimer:
        queue.push(now + 2000.0, kTimer, slot);
        delay = 0.2 * random.exponential();
        break;
      case kProbeThere:
        delay = 0.2 * random.exponential();
        break;
      case kProbeBack:
        probes++;
        continue;
    }
    queue.push(now + delay, event.kind + 1, slot);
  }
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  double latency = 0;
  uint32_t translated = 0;
  for (uint32_t id = 0; id < requests; id++) {
    latency += rows.done[id] - rows.sent[id];
    translated += rows.source[id] >= kFirstNode;
  }
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  std::printf(
      "{\"rate\": %.0f, \"seconds\": %.4f, \"peakMb\": %.0f, \"meanLatencyMs\": %.5f, \"translated\": %.4f, \"probes\": %u}\n",
      requests / seconds, seconds, usage.ru_maxrss / 1024.0, latency / requests, translated / double(requests), probes);
}
