#include "program.h"

#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mounts.h"
#include "sys.h"

namespace {

constexpr std::string_view kDefaultPath =
    "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string_view findPath(const std::vector<std::string> &env) {
  for (const std::string &entry : env) {
    if (entry.starts_with("PATH=")) return std::string_view(entry).substr(5);
  }
  return kDefaultPath;
}

std::vector<char *> pointers(const std::vector<std::string> &texts) {
  std::vector<char *> result;
  for (const std::string &text : texts) result.push_back(const_cast<char *>(text.c_str()));
  result.push_back(nullptr);
  return result;
}

}  // namespace

Status enterWorkingDirectory(const std::string &path) {
  ContainerRoot root(UniqueFd(open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)));
  UniqueFd directory;
  TRY(root.make(path, true, directory));
  if (fchdir(directory.get()) != 0) return failed("chdir", path);
  char reached[PATH_MAX];
  // The kernel says "(unreachable)/…" of a directory outside the root.
  const long length = syscall(SYS_getcwd, reached, sizeof reached);
  if (length < 0) return failed("getcwd", path);
  return reached[0] == '/' ? done() : refused(EXDEV, "chdir", path);
}

Status execute(const std::vector<std::string> &args, const std::vector<std::string> &env) {
  const std::vector<char *> argv = pointers(args), envp = pointers(env);
  const std::string &name = args[0];
  if (name.find('/') != std::string::npos) {
    execve(name.c_str(), argv.data(), envp.data());
    return failed("execve", name);
  }
  int error = ENOENT;
  for (std::string_view rest = findPath(env); !name.empty();) {
    const size_t end = std::min(rest.find(':'), rest.size());
    const std::string directory(end == 0 ? std::string_view(".") : rest.substr(0, end));
    execve((directory + "/" + name).c_str(), argv.data(), envp.data());
    // As execvp: go on to the next directory, but remember that one was there.
    if (errno == EACCES) error = EACCES;
    else if (errno != ENOENT && errno != ENOTDIR) return failed("execve", name);
    if (end == rest.size()) break;
    rest.remove_prefix(end + 1);
  }
  return refused(error, "execve", name);
}
