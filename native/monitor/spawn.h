#pragma once

#include <stdint.h>
#include <sys/types.h>

#include <functional>
#include <vector>

#include "setup-channel.h"

/** How a child is born. What is not by flags it does itself, and reports. */
struct SpawnOptions {
  uint64_t cloneFlags = 0;
  int cgroupFd = -1;        // A cgroup2 directory: born in it.
  int pidNamespaceFd = -1;  // A pidfd or namespace: born in that pid namespace.
  bool hasPipes = true;     // Pipes for stdout and stderr (a terminal has none).
  bool hasStdin = false;    // A pipe for stdin too.
  std::vector<int> kept;    // What else it needs of ours; the rest it closes at once.
};

/** The child's ends; -1 where there is none. */
struct ChildEnds {
  int channel = -1, input = -1, output = -1, errors = -1;
};

/** Our ends. */
struct Spawned {
  pid_t pid = 0;
  UniqueFd channel, input, output, errors;
};

/** Forks off a child that runs `body`, which must end in execve or exit. */
Status spawnChild(const SpawnOptions &options, const std::function<void(const ChildEnds &)> &body,
                  Spawned &spawned);

/** In a child, right before execve: the three descriptors it is to have. */
Status takeStdio(const ChildEnds &ends, int terminal);

/** In a child: signals as a fresh process has them. */
void resetSignals();

/** Call once at start: children are born in our own pid namespace unless asked otherwise. */
Status rememberOwnPidNamespace();
