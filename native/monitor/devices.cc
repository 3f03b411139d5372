#include "devices.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "host-devices.h"
#include "sys.h"

namespace {

struct Device {
  const char *name;
  unsigned major, minor;
};
constexpr Device kDevices[] = {{"null", 1, 3},   {"zero", 1, 5},    {"full", 1, 7},
                               {"random", 1, 8}, {"urandom", 1, 9}, {"tty", 5, 0}};

struct Link {
  const char *target, *name;
};
constexpr Link kLinks[] = {{"/proc/self/fd", "fd"},
                           {"/proc/self/fd/0", "stdin"},
                           {"/proc/self/fd/1", "stdout"},
                           {"/proc/self/fd/2", "stderr"},
                           {"pts/ptmx", "ptmx"}};

constexpr unsigned kHarmless = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
constexpr long kDevptsMagic = 0x1cd1;
constexpr mode_t kDeviceMode = 0666;

bool isDevice(int fd, const Device &device) {
  struct stat facts = {};
  return fstat(fd, &facts) == 0 && S_ISCHR(facts.st_mode) &&
         facts.st_rdev == makedev(device.major, device.minor);
}

/** In a user namespace nodes cannot be made: there the host's is shown, after a look at it. */
Status bindDevice(int dev, const Device &device) {
  const std::string source = std::string("/dev/") + device.name;
  UniqueFd mount;
  TRY(cloneMount(AT_FDCWD, source.c_str(), false, mount));
  if (!isDevice(mount.get(), device)) return refused(ENODEV, "device", source);
  const UniqueFd made(openat(dev, device.name, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0644));
  const UniqueFd target(openat(dev, device.name, O_PATH | O_NOFOLLOW | O_CLOEXEC));
  return target ? attach(mount.get(), target.get(), source) : failed("openat", source);
}

Status fillDevices(int dev) {
  for (const Device &device : kDevices) {
    const dev_t number = makedev(device.major, device.minor);
    if (mknodat(dev, device.name, S_IFCHR | kDeviceMode, number) == 0) {
      if (fchmodat(dev, device.name, kDeviceMode, 0) != 0) return failed("fchmodat", device.name);
    } else if (errno == EPERM) {
      TRY(bindDevice(dev, device));
    } else {
      return failed("mknodat", device.name);
    }
  }
  for (const Link &link : kLinks) {
    if (symlinkat(link.target, dev, link.name) != 0) return failed("symlinkat", link.name);
  }
  for (const char *name : {"pts", "shm", "mqueue"}) {
    if (mkdirat(dev, name, 0755) != 0) return failed("mkdirat", name);
  }
  return done();
}

Status attachIn(int dev, const char *name, int mount) {
  const UniqueFd target(openat(dev, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  return target ? attach(mount, target.get(), name) : failed("openat", name);
}

}  // namespace

Status mountDevices(const ContainerRoot &root, const ContainerSpec &spec, int sharedMemory,
                    UniqueFd &nullDevice) {
  UniqueFd dev, target, pts, queues;
  TRY(makeFilesystem("tmpfs", "mode=755,size=65536k", MOUNT_ATTR_NOSUID, dev));
  TRY(root.makePlain("dev", target));
  TRY(attach(dev.get(), target.get(), "/dev"));
  TRY(fillDevices(dev.get()));
  if (spec.privileged) TRY(copyHostDevices(dev.get()));
  TRY(makeFilesystem("devpts", "ptmxmode=0666,mode=0620,gid=5",
                     MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC, pts));
  TRY(attachIn(dev.get(), "pts", pts.get()));
  TRY(attachIn(dev.get(), "shm", sharedMemory));
  TRY(makeFilesystem("mqueue", "", kHarmless, queues));
  TRY(attachIn(dev.get(), "mqueue", queues.get()));
  nullDevice.reset(openat(dev.get(), "null", O_PATH | O_NOFOLLOW | O_CLOEXEC));
  return isDevice(nullDevice.get(), kDevices[0]) ? done() : refused(ENODEV, "device", "/dev/null");
}

Status openTerminal(const ContainerSpec &owner, UniqueFd &master, UniqueFd &slave) {
  // A running container may have put anything there: what counts is what the descriptor is.
  master.reset(sys::openat2(AT_FDCWD, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC,
                            RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS));
  if (!master) return failed("open", "/dev/pts/ptmx");
  struct statfs facts = {};
  if (fstatfs(master.get(), &facts) != 0) return failed("fstatfs", "/dev/pts/ptmx");
  if (facts.f_type != kDevptsMagic || !isDevice(master.get(), {"ptmx", 5, 2})) {
    return refused(ENODEV, "terminal", "/dev/pts/ptmx");
  }
  const int unlocked = 0;
  if (ioctl(master.get(), TIOCSPTLCK, &unlocked) != 0) return failed("ioctl", "TIOCSPTLCK");
  slave.reset(ioctl(master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!slave) return failed("ioctl", "TIOCGPTPEER");
  if (ioctl(slave.get(), TIOCSCTTY, 0) != 0) return failed("ioctl", "TIOCSCTTY");
  return fchown(slave.get(), owner.uid, static_cast<gid_t>(-1)) == 0 ? done()
                                                                     : failed("fchown", "terminal");
}

Status mountConsole(int slave) {
  const int flags = O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC;
  const UniqueFd made(open("/dev/console", flags, 0600));
  const UniqueFd target(open("/dev/console", O_PATH | O_NOFOLLOW | O_CLOEXEC));
  if (!target) return failed("open", "/dev/console");
  UniqueFd mount;
  TRY(cloneMount(slave, "", false, mount));
  return attach(mount.get(), target.get(), "/dev/console");
}
