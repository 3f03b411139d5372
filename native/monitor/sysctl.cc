#include "sysctl.h"

#include <fcntl.h>

#include <algorithm>

#include "mounts.h"
#include "sys.h"

namespace {

constexpr std::string_view kOfIpc[] = {"kernel.msgmax", "kernel.msgmnb", "kernel.msgmni",
                                       "kernel.sem",    "kernel.shmall", "kernel.shmmax",
                                       "kernel.shmmni", "kernel.shm_rmid_forced"};

bool isOurs(std::string_view name, const SandboxSpec &spec) {
  if (name.starts_with("net.")) return !spec.netnsPath.empty();
  if (spec.hostIpc) return false;
  return name.starts_with("fs.mqueue.") ||
         std::find(std::begin(kOfIpc), std::end(kOfIpc), name) != std::end(kOfIpc);
}

/** Dots part the name; a slash in it then stands for the dot of an interface's name. */
std::string toPath(std::string_view name) {
  std::string path(name);
  for (char &letter : path) {
    if (letter == '.') letter = '/';
    else if (letter == '/') letter = '.';
  }
  return "sys/" + path;
}

Status write(int proc, std::string_view name, std::string_view value) {
  constexpr uint64_t kOnlyHere = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_XDEV;
  const UniqueFd file(
      sys::openat2(proc, toPath(name).c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC, kOnlyHere));
  if (!file) return failed("open sysctl", name);
  const ssize_t count = ::write(file.get(), value.data(), value.size());
  return count == static_cast<ssize_t>(value.size()) ? done() : failed("write sysctl", name);
}

}  // namespace

Status writeSysctls(const SandboxSpec &spec) {
  if (spec.sysctls.empty()) return done();
  // A procfs of our own: nobody can have mounted anything over a part of it.
  UniqueFd proc;
  TRY(makeFilesystem("proc", "", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, proc));
  for (const std::string &entry : spec.sysctls) {
    const size_t equals = entry.find('=');
    if (equals == std::string::npos) return refused(EINVAL, "sysctl", entry);
    const std::string_view name = std::string_view(entry).substr(0, equals);
    if (!isOurs(name, spec)) return refused(EPERM, "sysctl", name);
    TRY(write(proc.get(), name, std::string_view(entry).substr(equals + 1)));
  }
  return done();
}
