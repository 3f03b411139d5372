#include "cgroup-mounts.h"

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "sys.h"

namespace {

constexpr unsigned kHarmless = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr std::string_view kRoot = "/sys/fs/cgroup/";

/** "/sys/fs/cgroup/memory/kubepods/…" → "memory"; empty where it is mounted elsewhere. */
std::string hierarchyOf(const std::string &dir) {
  if (!dir.starts_with(kRoot)) return {};
  return dir.substr(kRoot.size(), dir.find('/', kRoot.size()) - kRoot.size());
}

bool isUnified(const std::string &dir) {
  struct statfs facts = {};
  return statfs(dir.c_str(), &facts) == 0 && facts.f_type == CGROUP2_SUPER_MAGIC;
}

/** Hybrid or v1: one directory for each hierarchy, the container's own place bound to it. */
Status mountByHierarchy(const ContainerSpec &spec, int top, unsigned readOnly) {
  mount_attr attributes = {};
  attributes.attr_set = kHarmless | readOnly;
  for (const std::string &dir : spec.cgroupDirs) {
    const std::string name = hierarchyOf(dir);
    if (name.empty()) continue;
    if (mkdirat(top, name.c_str(), 0755) != 0) return failed("mkdirat", name);
    UniqueFd mount;
    TRY(cloneMount(AT_FDCWD, dir.c_str(), false, mount));
    if (sys::mountSetattr(mount.get(), 0, attributes) != 0) return failed("mount_setattr", name);
    const UniqueFd target(openat(top, name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    if (!target) return failed("openat", name);
    TRY(attach(mount.get(), target.get(), name));
  }
  return done();
}

}  // namespace

Status mountCgroups(const ContainerRoot &root, const ContainerSpec &spec) {
  if (spec.cgroupDirs.empty()) return done();
  const UniqueFd target = root.find("sys/fs/cgroup");
  if (!target) return done();  // A kernel without cgroups.
  const unsigned readOnly = spec.privileged ? 0 : MOUNT_ATTR_RDONLY;
  UniqueFd mount;
  // Mounted from within its cgroup namespace, a unified hierarchy starts at the container's place.
  if (spec.cgroupDirs.size() == 1 && isUnified(spec.cgroupDirs[0])) {
    TRY(makeFilesystem("cgroup2", "", kHarmless | readOnly, mount));
    return attach(mount.get(), target.get(), kRoot);
  }
  TRY(makeFilesystem("tmpfs", "mode=755,size=64k", kHarmless, mount));
  TRY(attach(mount.get(), target.get(), kRoot));
  TRY(mountByHierarchy(spec, mount.get(), readOnly));
  return setMountReadOnly(mount.get(), false);
}
