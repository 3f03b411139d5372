#include "cgroup.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

namespace {

/** `pid` 0 is the calling process. */
Status move(pid_t pid, int dir) {
  const UniqueFd file(openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC));
  if (!file) return failed("open", "cgroup.procs");
  const std::string text = std::to_string(pid);
  const bool isMoved = write(file.get(), text.data(), text.size()) > 0;
  return isMoved ? done() : failed("write", "cgroup.procs");
}

/** The number behind `key` at the start of a line of a small file; -1 when there is none. */
int64_t readCounter(const std::string &path, const char *key) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  char text[512] = "\n";
  if (!file || read(file.get(), text + 1, sizeof text - 2) <= 0) return -1;
  const char *found = strstr(text, key);
  return found ? atoll(found + strlen(key)) : -1;
}

constexpr int kKillRoundsMax = 100;

/** False once the cgroup is empty. */
bool killListed(int dir) {
  const UniqueFd file(openat(dir, "cgroup.procs", O_RDONLY | O_CLOEXEC));
  char text[4096];
  const ssize_t length = file ? read(file.get(), text, sizeof text - 1) : 0;
  if (length <= 0) return false;
  text[length] = '\0';
  for (char *next = text, *end = nullptr;; next = end) {
    const long pid = strtol(next, &end, 10);
    if (end == next) return true;
    // The last number may be cut short: a whole one is followed by a newline.
    if (*end == '\n' && pid > 0) ::kill(static_cast<pid_t>(pid), SIGKILL);
  }
}

}  // namespace

Status CgroupPlace::open(const std::vector<std::string> &dirs, CgroupPlace &place) {
  for (const std::string &path : dirs) {
    UniqueFd dir(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    struct statfs facts = {};
    if (!dir || fstatfs(dir.get(), &facts) != 0) return failed("open cgroup", path);
    if (facts.f_type == CGROUP2_SUPER_MAGIC) {
      place.unified_ = std::move(dir);
    } else {
      place.others_.push_back(std::move(dir));
    }
  }
  return done();
}

std::vector<int> CgroupPlace::fds() const {
  std::vector<int> all;
  for (const UniqueFd &dir : others_) all.push_back(dir.get());
  return all;
}

Status CgroupPlace::moveToOthers(pid_t pid) const {
  for (const UniqueFd &dir : others_) TRY(move(pid, dir.get()));
  return done();
}

Status CgroupPlace::enterAll() const {
  if (unified_) TRY(move(0, unified_.get()));
  return enterOthers();
}

void CgroupPlace::killAll(const std::vector<std::string> &dirs) {
  CgroupPlace place;
  if (!open(dirs, place).ok()) return;
  const UniqueFd kill(openat(place.unifiedFd(), "cgroup.kill", O_WRONLY | O_CLOEXEC));
  if (kill && write(kill.get(), "1", 1) == 1) return;
  if (place.others_.empty()) return;
  // Without cgroup.kill a fork can slip by one round, but not by all of them for long.
  int rounds = kKillRoundsMax;
  while (rounds-- > 0 && killListed(place.others_[0].get())) continue;
}

int64_t CgroupPlace::countOomKills(const std::vector<std::string> &dirs) {
  for (const std::string &dir : dirs) {
    const int64_t unified = readCounter(dir + "/memory.events", "\noom_kill ");
    if (unified >= 0) return unified;
    const int64_t legacy = readCounter(dir + "/memory.oom_control", "\noom_kill ");
    if (legacy >= 0) return legacy;
  }
  return 0;
}
