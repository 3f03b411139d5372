#include "host-devices.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <algorithm>
#include <memory>

#include "unique-fd.h"

namespace {

/** What is not of devices, or is the container's own. */
constexpr std::string_view kSkipped[] = {".",      "..", "pts",     "shm",
                                         "mqueue", "fd", "console", "core"};
constexpr int kDepthMax = 4;

struct CloseDir {
  void operator()(DIR *dir) const { closedir(dir); }
};

Status copyInto(int source, int target, int depth);

Status copyDirectory(int source, int target, const char *name, int depth) {
  if (mkdirat(target, name, 0755) != 0 && errno != EEXIST) return failed("mkdirat", name);
  const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  UniqueFd from(openat(source, name, flags));
  const UniqueFd to(openat(target, name, flags));
  if (!from || !to) return failed("openat", name);
  return copyInto(from.release(), to.get(), depth + 1);
}

Status copyNode(int target, const char *name, const struct stat &facts) {
  if (mknodat(target, name, facts.st_mode, facts.st_rdev) != 0) {
    return errno == EEXIST ? done() : failed("mknodat", name);
  }
  if (fchownat(target, name, facts.st_uid, facts.st_gid, AT_SYMLINK_NOFOLLOW) != 0) {
    return failed("fchownat", name);
  }
  return fchmodat(target, name, facts.st_mode & 07777, 0) == 0 ? done() : failed("fchmodat", name);
}

/** Closes `source`. */
Status copyInto(int source, int target, int depth) {
  const std::unique_ptr<DIR, CloseDir> dir(fdopendir(source));
  if (!dir) return failed("fdopendir", "/dev");
  while (const dirent *entry = readdir(dir.get())) {
    const char *name = entry->d_name;
    const bool isSkipped =
        std::find(std::begin(kSkipped), std::end(kSkipped), name) != std::end(kSkipped);
    struct stat facts = {};
    if (isSkipped || fstatat(source, name, &facts, AT_SYMLINK_NOFOLLOW) != 0) continue;
    const bool isDirectory = S_ISDIR(facts.st_mode) && depth < kDepthMax;
    if (isDirectory) TRY(copyDirectory(source, target, name, depth));
    if (S_ISCHR(facts.st_mode) || S_ISBLK(facts.st_mode)) TRY(copyNode(target, name, facts));
  }
  return done();
}

}  // namespace

Status copyHostDevices(int dev) {
  UniqueFd host(open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return host ? copyInto(host.release(), dev, 0) : failed("open", "/dev");
}
