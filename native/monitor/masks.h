#pragma once

#include "mounts.h"

/** Hides what tells about the host, and makes read-only what would change it. */
Status maskPaths(const ContainerRoot &root, int nullDevice);
