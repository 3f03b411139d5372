#pragma once

#include <vector>

#include "mounts.h"
#include "spec.h"

/** What must be taken from the host before its mounts are let go of. */
struct HostMounts {
  UniqueFd sharedMemory;
  std::vector<UniqueFd> sources;  // One for each of spec.mounts; none for a tmpfs.
};

/** Copies the sources of bind mounts, with their propagation, read-only where asked. */
Status openSources(const ContainerSpec &spec, HostMounts &host);

/** Puts the container's root together at spec.rootDir and enters it. */
Status enterContainerRoot(const ContainerSpec &spec, HostMounts &host);
