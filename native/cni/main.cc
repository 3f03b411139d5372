// wherry-cni: a CNI plugin's executable. The name that it is called by is the plugin.
//
// Passes environment and stdin to the running agent over a path socket and prints what it answers
// (the wire: cni/serve.ts). Where no agent listens, or one that cannot see what we see, it executes
// Node on the same code. Static and small: a container runtime starts it for every pod.
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <sys/mman.h>
#include <unistd.h>

#include "agent.h"

extern char** environ;

namespace {

constexpr char kDefaultSocket[] = "/run/wherry/cni.sock";

// Printed as the specification wants it; `what` has no characters that JSON would escape.
[[noreturn]] void Fail(int code, const char* what) {
  printf("{\"cniVersion\": \"1.1.0\", \"code\": %d, \"msg\": \"wherry-cni: %s: %s\"}\n", code, what,
         strerror(errno));
  exit(1);
}

const char* BaseName(const char* path) {
  const char* slash = strrchr(path, '/');
  return slash ? slash + 1 : path;
}

std::string ReadStdin() {
  std::string text;
  if (isatty(STDIN_FILENO)) return text;
  char buffer[16 << 10];
  for (;;) {
    ssize_t size = read(STDIN_FILENO, buffer, sizeof buffer);
    if (size > 0) text.append(buffer, static_cast<size_t>(size));
    if (size == 0) return text;
    if (size < 0 && errno != EINTR) Fail(5, "read of stdin");
  }
}

// The package's directory: this file is in its build/Release.
std::string PackageRoot() {
  char path[PATH_MAX];
  ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
  if (size < 0) Fail(5, "readlink of /proc/self/exe");
  std::string root(path, static_cast<size_t>(size));
  for (int level = 0; level < 3; level++) {
    size_t slash = root.rfind('/');
    root.resize(slash == std::string::npos ? 0 : slash);
  }
  return root;
}

// Stdin has been read: the next program gets it from memory.
void RestoreStdin(const std::string& text) {
  int fd = memfd_create("stdin", 0);
  if (fd < 0) Fail(5, "memfd_create");
  for (size_t done = 0; done < text.size();) {
    ssize_t size = write(fd, text.data() + done, text.size() - done);
    if (size < 0) Fail(5, "write to memory");
    done += static_cast<size_t>(size);
  }
  if (lseek(fd, 0, SEEK_SET) < 0 || dup2(fd, STDIN_FILENO) < 0) Fail(5, "dup2");
  close(fd);
}

[[noreturn]] void ExecuteNode(const char* plugin, const std::string& input) {
  RestoreStdin(input);
  std::string root = PackageRoot();
  std::string node = root + "/node_modules/node/bin/node";
  std::string script = root + "/dist/cni.js";
  if (access(script.c_str(), R_OK) != 0) script = root + "/cni/main.ts";
  const char* arguments[] = {node.c_str(), script.c_str(), plugin, nullptr};
  execve(node.c_str(), const_cast<char* const*>(arguments), environ);
  Fail(5, "no agent listens, and node does not start");
}

}  // namespace

int main(int, char** argv) {
  const char* plugin = BaseName(argv[0] ? argv[0] : "");
  const char* chosen = getenv("WHERRY_CNI_SOCKET");
  std::string input = ReadStdin();
  std::string output;
  int status = AskAgent(chosen && *chosen ? chosen : kDefaultSocket, plugin, input, output);
  if (status == kNoAgent) ExecuteNode(plugin, input);
  if (status == kLostAgent) Fail(11, "the agent ended before it answered");
  fwrite(output.data(), 1, output.size(), stdout);
  return status;
}
