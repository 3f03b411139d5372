// What a failed system call throws; at the bridge it becomes a SyscallError.
#pragma once

#include <cerrno>
#include <exception>
#include <string>
#include <utility>

class Failure : public std::exception {
 public:
  Failure(int error, const char* syscall, std::string path = {})
      : error_(error), syscall_(syscall), path_(std::move(path)) {}

  int error() const { return error_; }
  const char* syscall() const { return syscall_; }
  const std::string& path() const { return path_; }
  const char* what() const noexcept override { return syscall_; }

 private:
  int error_;
  const char* syscall_;
  std::string path_;
};

// The result of a call that answers -1 and sets errno.
template <typename T>
T Check(T result, const char* syscall, const std::string& path = {}) {
  if (result == static_cast<T>(-1)) throw Failure(errno, syscall, path);
  return result;
}
