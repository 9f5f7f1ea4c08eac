// The peer's event queue: what a C++ programmer takes from the standard library, ties in order of scheduling.
#pragma once
#include <cstdint>
#include <queue>
#include <vector>

struct Event {
  double time;
  uint64_t order;
  uint32_t kind;
  uint32_t slot;
};

struct Later {
  bool operator()(const Event& x, const Event& y) const {
    return x.time > y.time || (x.time == y.time && x.order > y.order);
  }
};

class EventQueue {
 public:
  void push(double time, uint32_t kind, uint32_t slot) { queue_.push({time, order_++, kind, slot}); }

  Event pop() {
    Event event = queue_.top();
    queue_.pop();
    return event;
  }

 private:
  std::priority_queue<Event, std::vector<Event>, Later> queue_;
  uint64_t order_ = 0;
};
