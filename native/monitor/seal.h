#pragma once

#include "status.h"
#include "unique-fd.h"

/**
 * A copy of an executable in memory that nobody can change any more: what runs in a container's
 * namespaces, and can be reached there by /proc/PID/exe, is then never a file of the host's.
 */
Status sealExecutable(const char *path, UniqueFd &sealed);

/** Goes on as a sealed copy of this very executable; returns at once when it is one already. */
Status runSealed(char *const argv[]);
