// Stands between a process and its files (LD_PRELOAD): notes what is written and synced, in order,
// and fails the Nth of these calls. Only files below SHIM_FOLDER count, and none that end in -shm,
// which are memory.
//
//   SHIM_LOG=file     a record a call: type, name's length, offset, length; name; bytes
//   SHIM_FAIL=N:kind  the Nth call fails: eio, short, fsync (the Nth sync), enospc (N and 30 more)
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <mutex>
#include <string>

namespace {

constexpr int kFdMax = 4096;
constexpr int kFullCalls = 30;  // How long the disk stays full.

template <typename T>
T Real(const char* name) {
  return reinterpret_cast<T>(dlsym(RTLD_NEXT, name));
}

struct Shim {
  std::mutex mutex;
  std::string folder;
  std::string names[kFdMax];
  int log = -1;
  long count = 0;  // Calls that may fail.
  long syncs = 0;
  long fail_at = 0;
  std::string kind;

  Shim() {
    const char* folder_text = getenv("SHIM_FOLDER");
    if (folder_text) folder = folder_text;
    const char* log_text = getenv("SHIM_LOG");
    if (log_text) {
      log = Real<int (*)(const char*, int, ...)>("open")(
          log_text, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    }
    const char* fail_text = getenv("SHIM_FAIL");
    if (fail_text) {
      fail_at = atol(fail_text);
      const char* colon = strchr(fail_text, ':');
      kind = colon ? colon + 1 : "";
    }
  }

  bool Counts(const std::string& path) const {
    if (folder.empty() || path.compare(0, folder.size(), folder) != 0) return false;
    if (path.size() > folder.size() && path[folder.size()] != '/') return false;
    return path.size() < 4 || path.compare(path.size() - 4, 4, "-shm") != 0;
  }

  const std::string* NameOf(int fd) const {
    if (fd < 0 || fd >= kFdMax || names[fd].empty()) return nullptr;
    return &names[fd];
  }

  void Record(char type, const std::string& name, int64_t offset, const void* bytes, uint32_t size) {
    if (log < 0) return;
    struct __attribute__((packed)) {
      uint8_t type;
      uint16_t name_length;
      int64_t offset;
      uint32_t size;
    } head = {static_cast<uint8_t>(type), static_cast<uint16_t>(name.size()), offset,
              bytes ? size : 0};
    std::string record(reinterpret_cast<const char*>(&head), sizeof(head));
    record += name;
    if (bytes) record.append(static_cast<const char*>(bytes), size);
    auto real = Real<ssize_t (*)(int, const void*, size_t)>("write");
    if (real(log, record.data(), record.size()) != static_cast<ssize_t>(record.size())) abort();
  }

  // Whether this call fails, and how; acknowledgements are the test's own and never do.
  const char* Fault(const std::string& name, bool is_sync) {
    if (fail_at == 0 || name.find(".acks") != std::string::npos) return nullptr;
    count++;
    if (is_sync) syncs++;
    if (kind == "fsync") return is_sync && syncs == fail_at ? "eio" : nullptr;
    if (kind == "enospc") {
      return !is_sync && count >= fail_at && count <= fail_at + kFullCalls ? "enospc" : nullptr;
    }
    if (kind == "short") return !is_sync && count == fail_at ? "short" : nullptr;
    return count == fail_at ? "eio" : nullptr;
  }
};

Shim& shim() {
  static Shim* instance = new Shim();
  return *instance;
}

int Opened(int fd, const char* path, bool existed) {
  if (fd < 0 || fd >= kFdMax) return fd;
  Shim& s = shim();
  std::lock_guard<std::mutex> lock(s.mutex);
  s.names[fd] = s.Counts(path) ? path : "";
  if (!s.names[fd].empty() && !existed) s.Record('c', path, 0, nullptr, 0);
  return fd;
}

bool Exists(const char* path) {
  struct stat found;
  return stat(path, &found) == 0;
}

int OpenBy(const char* name, const char* path, int flags, mode_t mode) {
  bool existed = (flags & O_CREAT) == 0 || Exists(path);
  return Opened(Real<int (*)(const char*, int, ...)>(name)(path, flags, mode), path, existed);
}

int Fail(const char* fault) {
  errno = strcmp(fault, "enospc") == 0 ? ENOSPC : EIO;
  return -1;
}

template <typename F>
ssize_t Write(int fd, const void* bytes, size_t size, int64_t offset, F write) {
  Shim& s = shim();
  std::lock_guard<std::mutex> lock(s.mutex);
  const std::string* name = s.NameOf(fd);
  if (!name) return write(size);
  if (offset < 0) {
    struct stat found;
    offset = fstat(fd, &found) == 0 && (fcntl(fd, F_GETFL) & O_APPEND)
                 ? found.st_size
                 : lseek(fd, 0, SEEK_CUR);
  }
  const char* fault = s.Fault(*name, false);
  if (fault && strcmp(fault, "short") != 0) return Fail(fault);
  ssize_t done = write(fault ? size / 2 : size);
  if (done > 0) s.Record('w', *name, offset, bytes, static_cast<uint32_t>(done));
  return done;
}

template <typename F>
int Sync(int fd, F sync) {
  Shim& s = shim();
  std::lock_guard<std::mutex> lock(s.mutex);
  const std::string* name = s.NameOf(fd);
  if (!name) return sync();
  const char* fault = s.Fault(*name, true);
  if (fault) return Fail(fault);
  int done = sync();
  if (done == 0) s.Record('s', *name, 0, nullptr, 0);
  return done;
}

template <typename F>
int Truncate(int fd, int64_t size, F truncate) {
  Shim& s = shim();
  std::lock_guard<std::mutex> lock(s.mutex);
  const std::string* name = s.NameOf(fd);
  if (!name) return truncate();
  const char* fault = s.Fault(*name, false);
  if (fault) return Fail(fault);
  int done = truncate();
  if (done == 0) s.Record('t', *name, size, nullptr, 0);
  return done;
}

}  // namespace

#define EXPORT extern "C" __attribute__((visibility("default")))

EXPORT int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return OpenBy("open", path, flags, mode);
}

EXPORT int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = va_arg(rest, mode_t);
  va_end(rest);
  return OpenBy("open64", path, flags, mode);
}

EXPORT int close(int fd) {
  if (fd >= 0 && fd < kFdMax) {
    Shim& s = shim();
    std::lock_guard<std::mutex> lock(s.mutex);
    s.names[fd].clear();
  }
  return Real<int (*)(int)>("close")(fd);
}

EXPORT ssize_t write(int fd, const void* bytes, size_t size) {
  return Write(fd, bytes, size, -1, [=](size_t n) {
    return Real<ssize_t (*)(int, const void*, size_t)>("write")(fd, bytes, n);
  });
}

EXPORT ssize_t pwrite(int fd, const void* bytes, size_t size, off_t offset) {
  return Write(fd, bytes, size, offset, [=](size_t n) {
    return Real<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite")(fd, bytes, n, offset);
  });
}

EXPORT ssize_t pwrite64(int fd, const void* bytes, size_t size, off64_t offset) {
  return Write(fd, bytes, size, offset, [=](size_t n) {
    return Real<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64")(fd, bytes, n, offset);
  });
}

EXPORT int fsync(int fd) {
  return Sync(fd, [=] { return Real<int (*)(int)>("fsync")(fd); });
}

EXPORT int fdatasync(int fd) {
  return Sync(fd, [=] { return Real<int (*)(int)>("fdatasync")(fd); });
}

EXPORT int ftruncate(int fd, off_t size) {
  return Truncate(fd, size, [=] { return Real<int (*)(int, off_t)>("ftruncate")(fd, size); });
}

EXPORT int ftruncate64(int fd, off64_t size) {
  return Truncate(fd, size, [=] { return Real<int (*)(int, off64_t)>("ftruncate64")(fd, size); });
}

EXPORT int unlink(const char* path) {
  int done = Real<int (*)(const char*)>("unlink")(path);
  Shim& s = shim();
  std::lock_guard<std::mutex> lock(s.mutex);
  if (done == 0 && s.Counts(path)) s.Record('u', path, 0, nullptr, 0);
  return done;
}
