// Starting a process without forking Node: clone(CLONE_VM | CLONE_VFORK) shares our memory until
// execve, so its cost does not grow with our heap. The child may call nothing that allocates,
// locks or unwinds; it reports a failure through the shared memory.
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "js.h"
#include "kernel.h"
#include "unique_fd.h"

namespace {

constexpr size_t kStackBytes = 64 << 10;

struct Launch {
  const char* file;
  char* const* argv;
  char* const* envp;
  const char* cwd;  // Or null.
  int* fds;         // Becomes scratch space of the child.
  int fdCount;
  bool newSession;
  // Set by the child on failure.
  int error = 0;
  const char* syscall = nullptr;
};

int Fail(Launch* launch, const char* syscall) {
  launch->syscall = syscall;
  launch->error = errno;
  _exit(127);
}

// fds[n] -> n. First all move above the target range, so that no dup2 overwrites a later source.
bool PlaceFds(Launch* launch) {
  for (int n = 0; n < launch->fdCount; n++) {
    launch->fds[n] = fcntl(launch->fds[n], F_DUPFD_CLOEXEC, launch->fdCount);
    if (launch->fds[n] < 0) return false;
  }
  for (int n = 0; n < launch->fdCount; n++) {
    if (dup2(launch->fds[n], n) < 0) return false;
  }
  return close_range(static_cast<unsigned>(launch->fdCount), ~0U, 0) == 0;
}

// The signals are all blocked here; a handler of Node's must not run on our borrowed memory.
void ResetSignals() {
  struct sigaction action {};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; signal++) sigaction(signal, &action, nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

int RunChild(void* argument) {
  auto* launch = static_cast<Launch*>(argument);
  ResetSignals();
  if (launch->newSession && setsid() < 0) return Fail(launch, "setsid");
  if (launch->cwd && chdir(launch->cwd) < 0) return Fail(launch, "chdir");
  if (!PlaceFds(launch)) return Fail(launch, "dup2");
  execve(launch->file, launch->argv, launch->envp);
  return Fail(launch, "execve");
}

class Stack {
 public:
  Stack() : base_(mmap(nullptr, kStackBytes, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0)) {
    if (base_ == MAP_FAILED) throw Failure(errno, "mmap");
  }
  Stack(const Stack&) = delete;
  Stack& operator=(const Stack&) = delete;
  ~Stack() { munmap(base_, kStackBytes); }
  void* top() const { return static_cast<char*>(base_) + kStackBytes; }

 private:
  void* base_;
};

struct Child {
  pid_t pid;
  UniqueFd pidfd;
};

Child Start(Launch& launch) {
  Stack stack;
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int pidfd = -1;
  pid_t pid = clone(RunChild, stack.top(), CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, &launch,
                    &pidfd);
  int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) throw Failure(error, "clone");
  UniqueFd owned(pidfd);
  if (launch.error != 0) {
    waitpid(pid, nullptr, 0);
    throw Failure(launch.error, launch.syscall, launch.file);
  }
  return {pid, std::move(owned)};
}

std::vector<char*> ToPointers(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

}  // namespace

Napi::Value Spawn(const Napi::CallbackInfo& info) {
  Napi::Env env = info.Env();
  Napi::Object options = js::ToObject(info[0], "options");
  std::string file = js::ToText(options.Get("file"), "options.file");
  auto args = js::ToTexts(options.Get("args"), "options.args");
  auto environment = js::ToTexts(options.Get("env"), "options.env");
  auto fds = js::ToFds(options.Get("fds"), "options.fds");
  if (fds.size() < 3) js::Refuse(env, "options.fds", "at least three descriptors");
  bool hasCwd = !js::IsAbsent(options.Get("cwd"));
  std::string cwd = hasCwd ? js::ToText(options.Get("cwd"), "options.cwd") : "";
  Napi::Value session = options.Get("newSession");
  bool newSession = !js::IsAbsent(session) && js::ToBool(session, "options.newSession");

  args.insert(args.begin(), file);
  auto argv = ToPointers(args);
  auto envp = ToPointers(environment);
  Launch launch{file.c_str(), argv.data(), envp.data(), hasCwd ? cwd.c_str() : nullptr,
                fds.data(), static_cast<int>(fds.size()), newSession};
  Child child = Start(launch);
  Napi::Object result = Napi::Object::New(env);
  result.Set("pid", Napi::Number::New(env, child.pid));
  result.Set("pidfd", Napi::Number::New(env, child.pidfd.Release()));
  return result;
}

Napi::Value PidfdOpen(const Napi::CallbackInfo& info) {
  auto pid = js::ToInteger(info[0], "pid", 1, 1 << 30);
  // The kernel makes pidfds O_CLOEXEC.
  long fd = Check(syscall(SYS_pidfd_open, static_cast<pid_t>(pid), 0), "pidfd_open");
  return Napi::Number::New(info.Env(), static_cast<double>(fd));
}

Napi::Value PidfdSendSignal(const Napi::CallbackInfo& info) {
  int pidfd = js::ToFd(info[0], "pidfd");
  auto signal = js::ToInteger(info[1], "signal", 0, NSIG - 1);
  Check(syscall(SYS_pidfd_send_signal, pidfd, static_cast<int>(signal), nullptr, 0),
        "pidfd_send_signal");
  return info.Env().Undefined();
}
