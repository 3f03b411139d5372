#pragma once

#include <string>
#include <vector>

#include "status.h"

/**
 * Lets the processes of a cgroup use the harmless devices only. Nodes of all others may be made (an
 * image's package manager does), but not opened.
 */
Status restrictDevices(const std::vector<std::string> &cgroupDirs);
