// The random stream that every engine of the flow draws from, in the same order (see ../README.md).
#pragma once
#include <cmath>
#include <cstdint>

struct Sfc32 {
  uint32_t a, b, c, counter;

  explicit Sfc32(uint32_t seed = 1) : a(0x9e3779b9), b(0x243f6a88), c(0xb7e15162), counter(seed) {
    for (int i = 0; i < 15; i++) bits();
  }

  uint32_t bits() {
    uint32_t sum = a + b + counter++;
    a = b ^ (b >> 9);
    b = c + (c << 3);
    c = ((c << 21) | (c >> 11)) + sum;
    return sum;
  }

  double uniform() { return (bits() + 0.5) / 4294967296.0; }
  uint32_t integer(uint32_t n) { return static_cast<uint32_t>(uniform() * n); }
  double exponential() { return -std::log(uniform()); }
};
