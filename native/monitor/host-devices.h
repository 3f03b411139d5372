#pragma once

#include "status.h"

/** Gives a privileged container's /dev (`dev`) the nodes of the host's. */
Status copyHostDevices(int dev);
