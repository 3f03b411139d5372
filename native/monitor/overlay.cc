#include "overlay.h"

#include <fcntl.h>

#include <vector>

#include "sys.h"

// Layers are named to the kernel as /proc/self/fd/N: then no path is too long (fsconfig takes 255
// bytes, mount(2) 4 KiB in all), none needs its commas and colons escaped, and the container's
// /proc/self/mountinfo tells nothing about the host's directories.

namespace {

std::string nameOf(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

Status openDirectory(const std::string &path, UniqueFd &fd) {
  fd.reset(open(path.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  return fd ? done() : failed("open", path);
}

struct Layers {
  std::vector<UniqueFd> lower;
  UniqueFd upper, work;
};

Status openLayers(const ContainerSpec &spec, Layers &layers) {
  for (const std::string &path : spec.lowerDirs) {
    TRY(openDirectory(path, layers.lower.emplace_back()));
  }
  if (spec.upperDir.empty()) return done();
  TRY(openDirectory(spec.upperDir, layers.upper));
  return openDirectory(spec.workDir, layers.work);
}

Status set(int fs, const char *key, int fd) {
  return sys::fsconfig(fs, FSCONFIG_SET_STRING, key, nameOf(fd).c_str()) == 0
             ? done()
             : failed("fsconfig", key);
}

/** Since Linux 6.7 layers are added one by one. */
Status mountByLayer(const Layers &layers, UniqueFd &mount) {
  const UniqueFd fs(sys::fsopen("overlay"));
  if (!fs) return failed("fsopen", "overlay");
  sys::fsconfig(fs.get(), FSCONFIG_SET_STRING, "source", "overlay");
  for (const UniqueFd &lower : layers.lower) TRY(set(fs.get(), "lowerdir+", lower.get()));
  if (layers.upper) {
    TRY(set(fs.get(), "upperdir", layers.upper.get()));
    TRY(set(fs.get(), "workdir", layers.work.get()));
  }
  if (sys::fsconfig(fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr) != 0) {
    return failed("fsconfig create", "overlay");
  }
  mount.reset(sys::fsmount(fs.get(), 0));
  return mount ? done() : failed("fsmount", "overlay");
}

/** Before: mounted in place by mount(2), and picked up again. */
Status mountByOptions(const Layers &layers, const std::string &rootDir, UniqueFd &mount) {
  std::string options = "lowerdir=";
  for (const UniqueFd &lower : layers.lower) options += nameOf(lower.get()) + ":";
  options.pop_back();
  if (layers.upper) {
    options += ",upperdir=" + nameOf(layers.upper.get()) + ",workdir=" + nameOf(layers.work.get());
  }
  if (sys::mount("overlay", rootDir.c_str(), "overlay", 0, options.c_str()) != 0) {
    return failed("mount", "overlay");
  }
  return cloneMount(AT_FDCWD, rootDir.c_str(), false, mount);
}

}  // namespace

Status mountOverlay(const ContainerSpec &spec, UniqueFd &mount) {
  Layers layers;
  TRY(openLayers(spec, layers));
  const Status status = mountByLayer(layers, mount);
  // Linux 6.5 refuses the option itself; before, all options wait unread until the mount is made.
  return status.error == EINVAL ? mountByOptions(layers, spec.rootDir, mount) : status;
}
