#pragma once

#include <stdint.h>
#include <sys/types.h>

#include <string>
#include <vector>

#include "status.h"
#include "unique-fd.h"

/** A place in every hierarchy: processes are born in the unified one and step into the others. */
class CgroupPlace {
 public:
  static Status open(const std::vector<std::string> &dirs, CgroupPlace &place);
  int unifiedFd() const { return unified_.get(); }
  /** For a child to keep. */
  std::vector<int> fds() const;
  /** Moves the calling process; to be called before anything that costs memory. */
  Status enterOthers() const { return moveToOthers(0); }
  /** Moves another process, which was born in the unified one. */
  Status moveToOthers(pid_t pid) const;
  /** And into the unified one too: for a process that was not born there. */
  Status enterAll() const;
  /** Sends SIGKILL to every process in it. */
  static void killAll(const std::vector<std::string> &dirs);
  /** How many of its processes the kernel has killed for want of memory. */
  static int64_t countOomKills(const std::vector<std::string> &dirs);

 private:
  UniqueFd unified_;
  std::vector<UniqueFd> others_;
};
