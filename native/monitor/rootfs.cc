#include "rootfs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "cgroup-mounts.h"
#include "devices.h"
#include "masks.h"
#include "overlay.h"
#include "sys.h"

namespace {

constexpr unsigned kHarmless = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr long kProcMagic = 0x9fa0;

/** The mount's source, or a path in it that a tenant chose: that one may not lead out of it. */
Status openSource(const MountSpec &mount, UniqueFd &tree) {
  const unsigned flags = O_PATH | O_CLOEXEC;
  if (mount.subPath.empty()) return cloneMount(AT_FDCWD, mount.source.c_str(), true, tree);
  const UniqueFd volume(open(mount.source.c_str(), flags | O_DIRECTORY));
  if (!volume) return failed("open", mount.source);
  UniqueFd found(sys::openat2(volume.get(), mount.subPath.c_str(), flags,
                              RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS));
  if (!found && errno == ENOENT) {
    const ContainerRoot inside(UniqueFd(fcntl(volume.get(), F_DUPFD_CLOEXEC, 3)));
    TRY(inside.make(mount.subPath, true, found));
  }
  if (!found) return failed("openat2", mount.subPath);
  return cloneMount(found.get(), "", true, tree);
}

bool isDirectory(int fd) {
  struct stat facts = {};
  return fstat(fd, &facts) == 0 && S_ISDIR(facts.st_mode);
}

/** A mount of the pod's. Nothing may be put over what tells a process about itself. */
Status attachMount(const ContainerRoot &root, const MountSpec &mount, int tree) {
  UniqueFd target;
  TRY(root.make(mount.target, isDirectory(tree), target));
  struct statfs facts = {};
  if (fstatfs(target.get(), &facts) != 0) return failed("fstatfs", mount.target);
  if (facts.f_type == kProcMagic) return refused(EPERM, "mount", mount.target);
  return attach(tree, target.get(), mount.target);
}

Status attachMounts(const ContainerRoot &root, const ContainerSpec &spec, HostMounts &host) {
  for (size_t index = 0; index < spec.mounts.size(); index++) {
    const MountSpec &mount = spec.mounts[index];
    UniqueFd &tree = host.sources[index];
    if (mount.isTmpfs) {
      TRY(makeFilesystem("tmpfs", mount.options,
                         MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV |
                             (mount.readOnly ? MOUNT_ATTR_RDONLY : 0),
                         tree));
    }
    TRY(attachMount(root, mount, tree.get()));
  }
  return done();
}

Status mountSystem(const ContainerRoot &root, const ContainerSpec &spec) {
  UniqueFd proc, sys, target;
  TRY(makeFilesystem("proc", "", kHarmless, proc));
  TRY(root.makePlain("proc", target));
  TRY(attach(proc.get(), target.get(), "/proc"));
  TRY(makeFilesystem("sysfs", "", kHarmless | (spec.privileged ? 0 : MOUNT_ATTR_RDONLY), sys));
  TRY(root.makePlain("sys", target));
  return attach(sys.get(), target.get(), "/sys");
}

}  // namespace

Status openSources(const ContainerSpec &spec, HostMounts &host) {
  for (const MountSpec &mount : spec.mounts) {
    UniqueFd &tree = host.sources.emplace_back();
    if (mount.isTmpfs) continue;
    TRY(openSource(mount, tree));
    mount_attr attributes = {};
    attributes.attr_set = mount.readOnly ? MOUNT_ATTR_RDONLY : 0;
    attributes.propagation = mount.propagation;
    if (sys::mountSetattr(tree.get(), sys::kRecursive, attributes) != 0) {
      return failed("mount_setattr", mount.source);
    }
  }
  return done();
}

Status enterContainerRoot(const ContainerSpec &spec, HostMounts &host) {
  UniqueFd overlay, nullDevice;
  TRY(mountOverlay(spec, overlay));
  const UniqueFd place(open(spec.rootDir.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!place) return failed("open", spec.rootDir);
  TRY(attach(overlay.get(), place.get(), spec.rootDir));
  const ContainerRoot root(std::move(overlay));
  TRY(mountSystem(root, spec));
  TRY(mountCgroups(root, spec));
  TRY(mountDevices(root, spec, host.sharedMemory.get(), nullDevice));
  TRY(attachMounts(root, spec, host));
  if (!spec.privileged) TRY(maskPaths(root, nullDevice.get()));
  if (spec.readOnlyRoot) TRY(setMountReadOnly(root.fd(), false));
  return enterRoot(root.fd());
}
