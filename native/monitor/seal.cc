#include "seal.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#include "sys.h"

namespace {
constexpr int kSeals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
}

Status sealExecutable(const char *path, UniqueFd &sealed) {
  const UniqueFd source(open(path, O_RDONLY | O_CLOEXEC));
  struct stat facts = {};
  if (!source || fstat(source.get(), &facts) != 0) return failed("open", path);
  constexpr unsigned kFlags = MFD_CLOEXEC | MFD_ALLOW_SEALING;
  sealed.reset(sys::memfd("wherry", kFlags | MFD_EXEC));
  // Before Linux 6.3 that flag was unknown, and every memfd executable.
  if (!sealed && errno == EINVAL) sealed.reset(sys::memfd("wherry", kFlags));
  if (!sealed) return failed("memfd_create");
  for (off_t copied = 0; copied < facts.st_size;) {
    const ssize_t count = sendfile(sealed.get(), source.get(), &copied,
                                   static_cast<size_t>(facts.st_size - copied));
    if (count <= 0) return failed("sendfile", path);
  }
  return fcntl(sealed.get(), F_ADD_SEALS, kSeals) == 0 ? done() : failed("fcntl seals");
}

Status runSealed(char *const argv[]) {
  const UniqueFd self(open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!self) return failed("open", "/proc/self/exe");
  const int seals = fcntl(self.get(), F_GET_SEALS);
  if (seals >= 0 && (seals & kSeals) == kSeals) return done();
  UniqueFd sealed;
  TRY(sealExecutable("/proc/self/exe", sealed));
  char *const none[] = {nullptr};
  sys::execveat(sealed.get(), argv, none);
  return failed("execveat", "monitor");
}
