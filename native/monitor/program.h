#pragma once

#include "setup-channel.h"
#include "spec.h"

/** The container's working directory, made if missing; refuses one that lies outside its root. */
Status enterWorkingDirectory(const std::string &path);

/** Replaces the process by the program; comes back only with the reason why it could not. */
Status execute(const std::vector<std::string> &args, const std::vector<std::string> &env);
