#pragma once

#include "sandbox.h"
#include "spawn.h"

/**
 * Starts the set-up of a container's first process; its channel tells how it goes. `targetPid`: the
 * process whose pid namespace it joins; 0 for none.
 */
Status spawnContainer(const Sandbox &sandbox, const ContainerSpec &spec, pid_t targetPid,
                      Spawned &spawned);

/** The same for a process that joins a running container, `containerPid` being its first. */
Status spawnExec(const ContainerSpec &spec, pid_t containerPid, const ExecSpec &exec,
                 Spawned &spawned);
