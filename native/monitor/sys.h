#pragma once

// System calls by number: glibc has wrappers for some of them only since 2.36, and its own
// <sys/mount.h> clashes with <linux/mount.h>. Nothing here decides anything.

#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <unistd.h>

#ifndef MFD_EXEC
#define MFD_EXEC 0x10U
#endif

namespace sys {

constexpr int kUnmountDetach = 2;       // MNT_DETACH
constexpr unsigned kEmptyPath = 0x1000;  // AT_EMPTY_PATH
constexpr unsigned kRecursive = 0x8000;  // AT_RECURSIVE

inline int fsopen(const char *type) {
  return static_cast<int>(syscall(SYS_fsopen, type, FSOPEN_CLOEXEC));
}

inline int fsconfig(int fs, unsigned command, const char *key, const void *value, int aux = 0) {
  return static_cast<int>(syscall(SYS_fsconfig, fs, command, key, value, aux));
}

inline int fsmount(int fs, unsigned attributes) {
  return static_cast<int>(syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes));
}

/** Both ends by descriptor: no path of a container is ever walked by the kernel on our behalf. */
inline int moveMount(int mount, int target) {
  return static_cast<int>(syscall(SYS_move_mount, mount, "", target, "",
                                  MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH));
}

inline int openTree(int dir, const char *path, unsigned flags) {
  return static_cast<int>(
      syscall(SYS_open_tree, dir, path, flags | OPEN_TREE_CLOEXEC | OPEN_TREE_CLONE));
}

inline int mountSetattr(int fd, unsigned flags, const mount_attr &attributes) {
  return static_cast<int>(
      syscall(SYS_mount_setattr, fd, "", flags | kEmptyPath, &attributes, sizeof attributes));
}

inline int mount(const char *source, const char *target, const char *type, unsigned long flags,
                 const void *data) {
  return static_cast<int>(syscall(SYS_mount, source, target, type, flags, data));
}

inline int unmount(const char *target, int flags) {
  return static_cast<int>(syscall(SYS_umount2, target, flags));
}

inline int pivotRoot(const char *root, const char *old) {
  return static_cast<int>(syscall(SYS_pivot_root, root, old));
}

inline int openat2(int dir, const char *path, uint64_t flags, uint64_t resolve, uint64_t mode = 0) {
  open_how how = {};
  how.flags = flags;
  how.mode = mode;
  how.resolve = resolve;
  return static_cast<int>(syscall(SYS_openat2, dir, path, &how, sizeof how));
}

inline pid_t clone3(clone_args &arguments) {
  return static_cast<pid_t>(syscall(SYS_clone3, &arguments, sizeof arguments));
}

inline int closeRange(unsigned first, unsigned last, unsigned flags) {
  return static_cast<int>(syscall(SYS_close_range, first, last, flags));
}

inline int pidfdOpen(pid_t pid) { return static_cast<int>(syscall(SYS_pidfd_open, pid, 0)); }

inline long keyctl(int operation, const void *argument) {
  return syscall(SYS_keyctl, operation, argument, 0, 0, 0);
}

inline int execveat(int fd, char *const argv[], char *const env[]) {
  return static_cast<int>(syscall(SYS_execveat, fd, "", argv, env, kEmptyPath));
}

inline int memfd(const char *name, unsigned flags) {
  return static_cast<int>(syscall(SYS_memfd_create, name, flags));
}

}  // namespace sys
