#pragma once

#include "mounts.h"
#include "spec.h"

/** A fresh /dev with nodes, pts, mqueue, and `sharedMemory` as its shm; `nullDevice`: its null. */
Status mountDevices(const ContainerRoot &root, const ContainerSpec &spec, int sharedMemory,
                    UniqueFd &nullDevice);

/** A new terminal of the /dev/pts that is at hand. `uid` and `gid` will own it. */
Status openTerminal(const ContainerSpec &owner, UniqueFd &master, UniqueFd &slave);

/** Shows the terminal as /dev/console too. */
Status mountConsole(int slave);
