// wherry-monitor: one for each pod. It is the parent of pause and of the pod's containers, keeps
// their logs and exit codes, and serves agents over a path socket. It outlives them.
//
// Standard input: the sandbox's spec. Standard output: "ready <pause's pid>\n", or
// "error <errno> <step>\n".

#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "credentials.h"
#include "seal.h"
#include "server.h"
#include "sys.h"

namespace {

constexpr int kOomScoreAdj = -998;  // Before the kernel kills us it kills what we look after.
constexpr size_t kSpecMax = 1 << 20;

Status readAll(int fd, std::string &text) {
  char buffer[4096];
  for (;;) {
    const ssize_t count = read(fd, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return failed("read", "spec");
    if (count == 0) return done();
    text.append(buffer, static_cast<size_t>(count));
    if (text.size() > kSpecMax) return refused(E2BIG, "read", "spec");
  }
}

/** Held for as long as we live: there is never a second monitor for a pod. */
Status writePidFile(const std::string &runDir, UniqueFd &file) {
  const std::string path = runDir + "/monitor.pid";
  file.reset(open(path.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600));
  if (!file) return failed("open", path);
  if (flock(file.get(), LOCK_EX | LOCK_NB) != 0) return failed("flock", path);
  const std::string text = std::to_string(getpid()) + "\n";
  if (ftruncate(file.get(), 0) != 0) return failed("ftruncate", path);
  return write(file.get(), text.data(), text.size()) > 0 ? done() : failed("write", path);
}

/** From here on nothing is left of the agent that started us. */
Status detach(const SandboxSpec &spec) {
  if (setsid() < 0) return failed("setsid");
  prctl(PR_SET_NAME, "wherry-monitor");
  if (prctl(PR_SET_DUMPABLE, 0) != 0) return failed("prctl", "dumpable");
  if (prctl(PR_SET_CHILD_SUBREAPER, 1) != 0) return failed("prctl", "subreaper");
  if (chdir("/") != 0) return failed("chdir");
  umask(022);
  if (spec.pauseFd > 3) sys::closeRange(3, static_cast<unsigned>(spec.pauseFd) - 1, 0);
  sys::closeRange(static_cast<unsigned>(std::max(spec.pauseFd + 1, 3)), ~0U, 0);
  if (spec.pauseFd >= 0 && fcntl(spec.pauseFd, F_SETFD, FD_CLOEXEC) != 0) return failed("pauseFd");
  return setOomScoreAdj(kOomScoreAdj);
}

/** Standard input and output were for the start only. */
void letGoOfStdio() {
  const UniqueFd nothing(open("/dev/null", O_RDWR | O_CLOEXEC));
  dup2(nothing.get(), 0);
  dup2(nothing.get(), 1);
}

class Signals {
 public:
  Signals() {
    sigset_t wanted;
    sigemptyset(&wanted);
    for (const int number : {SIGCHLD, SIGTERM, SIGINT}) sigaddset(&wanted, number);
    sigprocmask(SIG_BLOCK, &wanted, nullptr);
    signal(SIGPIPE, SIG_IGN);
    fd_.reset(signalfd(-1, &wanted, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  int fd() const { return fd_.get(); }
  /** 0 when there is none. */
  int next() const {
    signalfd_siginfo info = {};
    return read(fd_.get(), &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                              : 0;
  }

 private:
  UniqueFd fd_;
};

Status serve(SandboxSpec spec) {
  TRY(detach(spec));
  UniqueFd pidFile;
  TRY(writePidFile(spec.runDir, pidFile));
  const std::string pidPath = spec.runDir + "/monitor.pid";
  const Signals signals;
  Sandbox sandbox;
  TRY(createSandbox(std::move(spec), sandbox));
  const pid_t pausePid = sandbox.pausePid;
  const std::string runDir = sandbox.spec.runDir;

  EventLoop loop;
  Pod pod(loop, std::move(sandbox));
  Server server(loop, pod);
  if (const Status status = server.listen(runDir); !status.ok()) {
    kill(pausePid, SIGKILL);
    return status;
  }
  pod.setOnExit([&server](const Container &container) { server.tellExit(container); });
  const EventLoop::Watch watch = loop.watch(signals.fd(), EPOLLIN, [&](uint32_t) {
    const int number = signals.next();
    if (number == SIGCHLD) pod.reap();
    if (number == SIGTERM || number == SIGINT) pod.shutDown([&loop] { loop.stop(); });
  });
  dprintf(1, "ready %d\n", pausePid);
  letGoOfStdio();
  loop.run();
  server.close();
  unlink(pidPath.c_str());
  return done();
}

Status run(char *const argv[]) {
  TRY(runSealed(argv));
  SandboxSpec spec;
  std::string text;
  TRY(readAll(0, text));
  TRY(parseSandboxSpec(text, spec));
  // The agent waits for the first of the two only; init for the one that stays.
  const pid_t child = fork();
  if (child < 0) return failed("fork");
  return child > 0 ? done() : serve(std::move(spec));
}

}  // namespace

int main(int, char *argv[]) {
  mallopt(M_TRIM_THRESHOLD, 64 << 10);
  mallopt(M_MMAP_THRESHOLD, 64 << 10);
  const Status status = run(argv);
  if (!status.ok()) dprintf(1, "error %d %s\n", status.error, status.where().c_str());
  return status.ok() ? 0 : 1;
}
