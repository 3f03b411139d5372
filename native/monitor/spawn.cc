#include "spawn.h"

#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "sys.h"

namespace {

UniqueFd ownPidNamespace;

/** Children are born in the pid namespace of `fd` for as long as this lives. */
class PidNamespaceScope {
 public:
  explicit PidNamespaceScope(int fd) : isElsewhere_(fd >= 0) {
    if (isElsewhere_) hasFailed_ = setns(fd, CLONE_NEWPID) != 0;
  }
  ~PidNamespaceScope() {
    const int saved = errno;
    if (isElsewhere_) setns(ownPidNamespace.get(), CLONE_NEWPID);
    errno = saved;
  }
  bool hasFailed() const { return hasFailed_; }

 private:
  bool isElsewhere_, hasFailed_ = false;
};

struct Pair {
  UniqueFd ours, theirs;
};

/** `isOurs` 0: we read; 1: we write. */
Status makePipe(int isOurs, Pair &pair) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return failed("pipe2");
  pair.ours.reset(ends[isOurs]);
  pair.theirs.reset(ends[1 - isOurs]);
  return done();
}

Status makeChannel(Pair &pair) {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) return failed("socketpair");
  pair.ours.reset(ends[0]);
  pair.theirs.reset(ends[1]);
  return done();
}

/** Else a client that hangs up, or whose stdin ends, would be kept waiting for a set-up to end. */
void closeAllBut(std::vector<int> kept) {
  std::sort(kept.begin(), kept.end());
  unsigned next = 3;
  for (const int fd : kept) {
    if (fd < static_cast<int>(next)) continue;
    if (fd > static_cast<int>(next)) sys::closeRange(next, static_cast<unsigned>(fd) - 1, 0);
    next = static_cast<unsigned>(fd) + 1;
  }
  sys::closeRange(next, ~0U, 0);
}

}  // namespace

Status rememberOwnPidNamespace() {
  ownPidNamespace.reset(open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
  return ownPidNamespace ? done() : failed("open", "/proc/self/ns/pid");
}

Status spawnChild(const SpawnOptions &options, const std::function<void(const ChildEnds &)> &body,
                  Spawned &spawned) {
  Pair channel, input, output, errors;
  TRY(makeChannel(channel));
  if (options.hasPipes) {
    TRY(makePipe(0, output));
    TRY(makePipe(0, errors));
    if (options.hasStdin) TRY(makePipe(1, input));
  }
  clone_args arguments = {};
  arguments.flags = options.cloneFlags;
  arguments.exit_signal = SIGCHLD;
  if (options.cgroupFd >= 0) {
    arguments.flags |= CLONE_INTO_CGROUP;
    arguments.cgroup = static_cast<uint64_t>(options.cgroupFd);
  }
  const PidNamespaceScope scope(options.pidNamespaceFd);
  if (scope.hasFailed()) return failed("setns", "pid");
  const pid_t pid = sys::clone3(arguments);
  if (pid < 0) return failed("clone3");
  if (pid == 0) {
    const ChildEnds ends = {channel.theirs.get(), input.theirs.get(), output.theirs.get(),
                            errors.theirs.get()};
    std::vector<int> kept = options.kept;
    kept.insert(kept.end(), {ends.channel, ends.input, ends.output, ends.errors});
    closeAllBut(std::move(kept));
    body(ends);
    _exit(127);
  }
  spawned.pid = pid;
  spawned.channel = std::move(channel.ours);
  spawned.input = std::move(input.ours);
  spawned.output = std::move(output.ours);
  spawned.errors = std::move(errors.ours);
  return done();
}

Status takeStdio(const ChildEnds &ends, int terminal) {
  UniqueFd nothing;
  int input = terminal >= 0 ? terminal : ends.input;
  if (input < 0) {
    // By the container's own /dev, so that no file of the host's is left open in it.
    nothing.reset(open("/dev/null", O_RDWR | O_CLOEXEC));
    if (!nothing) return failed("open", "/dev/null");
    input = nothing.get();
  }
  const int output = terminal >= 0 ? terminal : ends.output;
  const int errors = terminal >= 0 ? terminal : ends.errors;
  if (dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0) return failed("dup2");
  if (sys::closeRange(3, ~0U, CLOSE_RANGE_CLOEXEC) != 0) return failed("close_range");
  return done();
}

void resetSignals() {
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}
