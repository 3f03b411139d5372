#pragma once

#include <stdint.h>
#include <sys/types.h>

#include <string>
#include <string_view>
#include <vector>

#include "status.h"

/** What the agent asks for; native/monitor.ts says what each field means. */
struct SandboxSpec {
  std::string id, runDir, hostname, netnsPath, pausePath;
  int pauseFd = -1;  // An open sealed copy of the pause executable, in place of its path.
  bool hostPid = false, hostIpc = false;
  std::vector<std::string> cgroupDirs, monitorCgroupDirs;
  std::vector<std::string> sysctls;  // "net.core.somaxconn=128"
};

struct MountSpec {
  bool isTmpfs = false, readOnly = false;
  std::string source, target, options, subPath;
  uint64_t propagation = 0;  // MS_PRIVATE unless given.
};

struct ContainerSpec {
  std::string id, cwd, upperDir, workDir, rootDir, logPath, pidOf;
  std::vector<std::string> args, env, lowerDirs, cgroupDirs;
  std::vector<MountSpec> mounts;
  uid_t uid = 0;
  gid_t gid = 0;
  std::vector<gid_t> additionalGids;
  uint64_t capabilities = 0;  // One bit for each; all that we have when privileged.
  bool noNewPrivileges = false, privileged = false, readOnlyRoot = false;
  bool terminal = false, hasStdin = false, sharedPid = false;
  int oomScoreAdj = 0;
};

struct ExecSpec {
  std::string container;
  std::vector<std::string> args, env;
  bool hasEnv = false, terminal = false, hasStdin = false;
};

Status parseSandboxSpec(std::string_view fields, SandboxSpec &spec);
Status parseContainerSpec(std::string_view fields, ContainerSpec &spec);
Status parseExecSpec(std::string_view fields, ExecSpec &spec);

/** "CAP_CHOWN" → 0; -1 for a name that no kernel has. */
int capabilityNumber(std::string_view name);
