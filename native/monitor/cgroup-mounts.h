#pragma once

#include "mounts.h"
#include "spec.h"

/** Shows the container its own cgroups at /sys/fs/cgroup; only a privileged one may change them. */
Status mountCgroups(const ContainerRoot &root, const ContainerSpec &spec);
