#pragma once

#include "spec.h"

/** Writes the pod's sysctls. Those that are not of its own namespaces are refused. */
Status writeSysctls(const SandboxSpec &spec);
