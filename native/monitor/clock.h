#pragma once

#include <stdint.h>
#include <time.h>

inline int64_t toMs(const timespec &time) {
  return static_cast<int64_t>(time.tv_sec) * 1000 + time.tv_nsec / 1'000'000;
}

inline int64_t wallClockMs() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  return toMs(now);
}

inline int64_t monotonicMs() {
  timespec now = {};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return toMs(now);
}
