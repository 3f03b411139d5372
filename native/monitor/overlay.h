#pragma once

#include "mounts.h"
#include "spec.h"

/** The container's root: its layers under one writable directory, not yet anywhere. */
Status mountOverlay(const ContainerSpec &spec, UniqueFd &mount);
