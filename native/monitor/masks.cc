#include "masks.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "sys.h"

namespace {

constexpr const char *kMasked[] = {
    "proc/acpi",         "proc/asound",      "proc/kcore",        "proc/keys",
    "proc/latency_stats", "proc/timer_list",  "proc/timer_stats",  "proc/sched_debug",
    "proc/scsi",         "sys/firmware",     "sys/devices/virtual/powercap",
};
constexpr const char *kReadOnly[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys",
                                     "proc/sysrq-trigger"};

bool isDirectory(int fd) {
  struct stat facts = {};
  return fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode);
}

/** All masked directories are one empty read-only tmpfs; only a mounted one can be copied. */
Status emptyDirectory(UniqueFd &first, UniqueFd &mount) {
  if (first) return cloneMount(first.get(), "", false, mount);
  TRY(makeFilesystem("tmpfs", "nr_inodes=1,mode=555",
                     MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC,
                     mount));
  first.reset(fcntl(mount.get(), F_DUPFD_CLOEXEC, 3));
  return done();
}

}  // namespace

Status maskPaths(const ContainerRoot &root, int nullDevice) {
  UniqueFd firstEmpty;
  for (const char *path : kMasked) {
    const UniqueFd target = root.find(path);
    if (!target && (errno == ENOENT || errno == ENOTDIR)) continue;
    if (!target) return failed("openat2", path);
    UniqueFd mount;
    if (isDirectory(target.get())) {
      TRY(emptyDirectory(firstEmpty, mount));
    } else {
      TRY(cloneMount(nullDevice, "", false, mount));
    }
    TRY(attach(mount.get(), target.get(), path));
  }
  for (const char *path : kReadOnly) {
    const UniqueFd target = root.find(path);
    if (!target && errno == ENOENT) continue;
    if (!target) return failed("openat2", path);
    UniqueFd mount;
    TRY(cloneMount(target.get(), "", true, mount));
    TRY(setMountReadOnly(mount.get(), true));
    TRY(attach(mount.get(), target.get(), path));
  }
  return done();
}
