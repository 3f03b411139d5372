#pragma once

#include <sys/types.h>

#include "spawn.h"
#include "spec.h"

/** What of the pod is alive outside its containers. The monitor itself has joined the rest. */
struct Sandbox {
  SandboxSpec spec;
  pid_t pausePid = 0;
  UniqueFd pausePidfd;
  UniqueFd hostMounts;   // Our mount namespace: where containers' sources and layers are seen.
  UniqueFd pauseMounts;  // Pause's mount namespace, which holds the pod's /dev/shm.
};

/** Takes the monitor into the pod's network, ipc and uts namespaces and starts pause. */
Status createSandbox(SandboxSpec spec, Sandbox &sandbox);
