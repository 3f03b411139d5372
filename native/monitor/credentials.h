#pragma once

#include <string>

#include "spec.h"

/** Becomes the container's user for good: groups, ids, five capability sets, no_new_privs. */
Status takeIdentity(const ContainerSpec &spec);

/** A session and a session keyring of its own: no terminal and no keys of ours. */
Status makeSession();

/** Lowering it takes a capability that we may lack: then it stays as it is. */
Status setOomScoreAdj(int score);

Status setDefaultLimits();
