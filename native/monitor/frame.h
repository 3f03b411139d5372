#pragma once

#include <stddef.h>
#include <stdint.h>

/** The wire's vocabulary; native/monitor-wire.ts has the other half and says what each carries. */
namespace frame {

enum Type : uint8_t {
  kHello = 1,
  kState = 2,
  kStart = 3,
  kSignal = 4,
  kRemove = 5,
  kShutdown = 6,
  kExec = 7,
  kAttach = 8,
  kReopenLog = 9,

  kInput = 16,
  kInputEnd = 17,
  kResize = 18,

  kReply = 32,
  kError = 33,
  kExited = 34,

  kStdout = 48,
  kStderr = 49,
  kStreamEnd = 50,
};

constexpr int kVersion = 1;
constexpr size_t kHeaderBytes = 5;
/** A container's spec is the largest thing said; data comes in smaller pieces. */
constexpr size_t kLengthMax = 4 << 20;

}  // namespace frame
