#pragma once

#include <stdint.h>

#include <string>
#include <string_view>

#include "status.h"
#include "unique-fd.h"

/**
 * The container's root while it is put together. Its content is hostile: every path in it is
 * resolved inside it (RESOLVE_IN_ROOT), every operation goes through the descriptor so found.
 */
class ContainerRoot {
 public:
  explicit ContainerRoot(UniqueFd fd) : fd_(std::move(fd)) {}
  int fd() const { return fd_.get(); }
  /** O_PATH; invalid (errno set) when it does not exist. */
  UniqueFd find(std::string_view path, uint64_t flags = 0) const;
  /** Finds it, and makes what is missing on the way; the last part as a file or a directory. */
  Status make(std::string_view path, bool isDirectory, UniqueFd &found) const;
  /** A directory reached through no link at all, made if missing: for /proc, /sys, /dev. */
  Status makePlain(const char *name, UniqueFd &found) const;

 private:
  UniqueFd fd_;
};

/** A file system of its own, not yet anywhere. `options`: "size=64k,mode=755,noexec,ro". */
Status makeFilesystem(const char *type, std::string_view options, unsigned attributes,
                      UniqueFd &mount);

/** A copy of the mount (or of the subtree) at `fd`, not yet anywhere. */
Status cloneMount(int fd, const char *path, bool isRecursive, UniqueFd &mount);

Status attach(int mount, int target, std::string_view name);

Status setMountReadOnly(int mount, bool isRecursive);

/** Makes the mounted root ours alone: what the host mounts later still comes, nothing goes back. */
Status detachPropagation();

/** Goes into `root` for good; the old root is gone afterwards. */
Status enterRoot(int root);
