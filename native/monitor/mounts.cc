#include "mounts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sys.h"

namespace {

constexpr uint64_t kInside = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;

struct AttributeName {
  std::string_view name;
  unsigned bit;
};
constexpr AttributeName kAttributes[] = {
    {"ro", MOUNT_ATTR_RDONLY},     {"rw", 0},
    {"nosuid", MOUNT_ATTR_NOSUID}, {"nodev", MOUNT_ATTR_NODEV},
    {"noexec", MOUNT_ATTR_NOEXEC}, {"noatime", MOUNT_ATTR_NOATIME},
};

/** One of mount(8)'s options: an attribute of the mount, or the file system's own. */
Status configure(int fs, const std::string &option, unsigned &attributes) {
  for (const AttributeName &attribute : kAttributes) {
    if (attribute.name != option) continue;
    attributes |= attribute.bit;
    return done();
  }
  const size_t equals = option.find('=');
  const std::string key = option.substr(0, equals);
  const int result =
      equals == std::string::npos
          ? sys::fsconfig(fs, FSCONFIG_SET_FLAG, key.c_str(), nullptr)
          : sys::fsconfig(fs, FSCONFIG_SET_STRING, key.c_str(), option.c_str() + equals + 1);
  return result == 0 ? done() : failed("fsconfig", option);
}

std::string_view trimSlashes(std::string_view path) {
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  while (!path.empty() && path.front() == '/') path.remove_prefix(1);
  return path;
}

Status makeEntry(int parent, const std::string &name, bool isDirectory) {
  if (name == "." || name == "..") return refused(EINVAL, "make", name);
  if (isDirectory) {
    if (mkdirat(parent, name.c_str(), 0755) != 0 && errno != EEXIST) return failed("mkdirat", name);
    return done();
  }
  const UniqueFd file(
      openat(parent, name.c_str(), O_CREAT | O_EXCL | O_NOFOLLOW | O_WRONLY | O_CLOEXEC, 0644));
  return file || errno == EEXIST ? done() : failed("openat", name);
}

}  // namespace

UniqueFd ContainerRoot::find(std::string_view path, uint64_t flags) const {
  const std::string name(path.empty() ? std::string_view(".") : path);
  return UniqueFd(sys::openat2(fd(), name.c_str(), flags | O_PATH | O_CLOEXEC, kInside));
}

Status ContainerRoot::make(std::string_view path, bool isDirectory, UniqueFd &found) const {
  const std::string whole(trimSlashes(path));
  found = find(whole);
  if (found || errno != ENOENT) return found ? done() : failed("openat2", path);
  UniqueFd parent = find({});
  for (size_t start = 0; start < whole.size();) {
    const size_t end = std::min(whole.find('/', start), whole.size());
    const std::string part = whole.substr(start, end - start);
    const std::string_view prefix = std::string_view(whole).substr(0, end);
    found = find(prefix);
    if (!found && errno == ENOENT) {
      TRY(makeEntry(parent.get(), part, isDirectory || end < whole.size()));
      found = find(prefix);
    }
    if (!found) return failed("openat2", prefix);
    start = std::min(whole.find_first_not_of('/', end), whole.size());
    if (start < whole.size()) parent = std::move(found);
  }
  return done();
}

Status ContainerRoot::makePlain(const char *name, UniqueFd &found) const {
  constexpr uint64_t kPlain = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS;
  const int flags = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  found.reset(sys::openat2(fd(), name, flags, kPlain));
  if (!found && errno == ENOENT && mkdirat(fd(), name, 0755) == 0) {
    found.reset(sys::openat2(fd(), name, flags, kPlain));
  }
  return found ? done() : failed("openat2", name);
}

Status makeFilesystem(const char *type, std::string_view options, unsigned attributes,
                      UniqueFd &mount) {
  const UniqueFd fs(sys::fsopen(type));
  if (!fs) return failed("fsopen", type);
  // A name for /proc/mounts; the type says enough.
  sys::fsconfig(fs.get(), FSCONFIG_SET_STRING, "source", type);
  while (!options.empty()) {
    const size_t end = std::min(options.find(','), options.size());
    if (end > 0) TRY(configure(fs.get(), std::string(options.substr(0, end)), attributes));
    options.remove_prefix(std::min(end + 1, options.size()));
  }
  if (sys::fsconfig(fs.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr) != 0) {
    return failed("fsconfig create", type);
  }
  mount.reset(sys::fsmount(fs.get(), attributes));
  return mount ? done() : failed("fsmount", type);
}

Status cloneMount(int fd, const char *path, bool isRecursive, UniqueFd &mount) {
  const unsigned flags = (isRecursive ? sys::kRecursive : 0) | (*path ? 0 : sys::kEmptyPath);
  mount.reset(sys::openTree(fd, path, flags));
  return mount ? done() : failed("open_tree", path);
}

Status attach(int mount, int target, std::string_view name) {
  return sys::moveMount(mount, target) == 0 ? done() : failed("move_mount", name);
}

Status setMountReadOnly(int mount, bool isRecursive) {
  mount_attr attributes = {};
  attributes.attr_set = MOUNT_ATTR_RDONLY;
  return sys::mountSetattr(mount, isRecursive ? sys::kRecursive : 0, attributes) == 0
             ? done()
             : failed("mount_setattr");
}

Status detachPropagation() {
  return sys::mount("", "/", nullptr, MS_SLAVE | MS_REC, nullptr) == 0 ? done()
                                                                       : failed("mount", "slave");
}

Status enterRoot(int root) {
  if (fchdir(root) != 0) return failed("fchdir", "root");
  // The old root comes to lie on top of the new one, and is taken off.
  if (sys::pivotRoot(".", ".") != 0) return failed("pivot_root");
  const unsigned long slave = MS_SLAVE | MS_REC;
  if (sys::mount("", ".", nullptr, slave, nullptr) != 0) return failed("mount", "slave");
  if (sys::unmount(".", sys::kUnmountDetach) != 0) return failed("umount2", "old root");
  return chdir("/") == 0 ? done() : failed("chdir", "/");
}
