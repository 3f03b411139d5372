#include "sandbox.h"

#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "credentials.h"
#include "mounts.h"
#include "seal.h"
#include "sysctl.h"
#include "sys.h"

namespace {

constexpr uid_t kPauseUser = 65'535;
constexpr unsigned kHarmless = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;

Status joinNamespaces(const SandboxSpec &spec) {
  if (!spec.netnsPath.empty()) {
    const UniqueFd netns(open(spec.netnsPath.c_str(), O_RDONLY | O_CLOEXEC));
    if (!netns) return failed("open netns", spec.netnsPath);
    if (setns(netns.get(), CLONE_NEWNET) != 0) return failed("setns", spec.netnsPath);
  }
  if (unshare(CLONE_NEWUTS | (spec.hostIpc ? 0 : CLONE_NEWIPC)) != 0) return failed("unshare");
  if (sethostname(spec.hostname.data(), spec.hostname.size()) != 0) return failed("sethostname");
  return writeSysctls(spec);
}

/**
 * Pause's root holds the pod's shared memory and nothing else: above all none of the host's
 * mounts, which a namespace that lives as long as the pod would keep from ever being unmounted.
 */
Status enterPauseRoot(const SandboxSpec &spec) {
  UniqueFd root, memory, hostMemory;
  if (spec.hostIpc) TRY(cloneMount(AT_FDCWD, "/dev/shm", false, hostMemory));
  if (unshare(CLONE_NEWNS) != 0) return failed("unshare", "mount");
  TRY(detachPropagation());
  TRY(makeFilesystem("tmpfs", "size=64k,mode=555", kHarmless, root));
  const UniqueFd place(open(spec.runDir.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!place) return failed("open", spec.runDir);
  TRY(attach(root.get(), place.get(), spec.runDir));
  if (mkdirat(root.get(), "shm", 0755) != 0) return failed("mkdirat", "shm");
  TRY(enterRoot(root.get()));
  if (!spec.hostIpc) TRY(makeFilesystem("tmpfs", "size=65536k,mode=1777", kHarmless, memory));
  const UniqueFd target(open("/shm", O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!target) return failed("open", "/shm");
  TRY(attach(spec.hostIpc ? hostMemory.get() : memory.get(), target.get(), "/shm"));
  return setMountReadOnly(root.get(), false);
}

Status becomePause(const SandboxSpec &spec) {
  resetSignals();
  TRY(makeSession());
  TRY(enterPauseRoot(spec));
  ContainerSpec nobody;
  nobody.uid = kPauseUser;
  nobody.gid = kPauseUser;
  nobody.noNewPrivileges = true;
  return takeIdentity(nobody);
}

/** Waits for pause's execve; there is nothing else yet that could want us. */
Status awaitExec(int channel) {
  for (Status status;;) {
    pollfd wanted = {channel, POLLIN, 0};
    poll(&wanted, 1, -1);
    const SetupMessage message = receiveSetupMessage(channel);
    if (message.kind == SetupMessage::Kind::kEnd) return status;
    if (!message.status.ok()) status = message.status;
  }
}

/**
 * Puts pause into the hierarchies that it was not born in, while nobody waits: on cgroup v1 a move
 * waits for an RCU grace period (10 ms and more), and pause uses nothing meanwhile. A container that
 * starts in that time shares the wait. A pause that cannot be put there is ended: to the agent the
 * sandbox is then lost, and is made anew.
 */
Status placePause(pid_t pause, const CgroupPlace &place) {
  SpawnOptions options;
  options.hasPipes = false;
  options.kept = place.fds();
  if (options.kept.empty()) return done();
  Spawned mover;
  return spawnChild(
      options,
      [&](const ChildEnds &) {
        const Status status = place.moveToOthers(pause);
        if (!status.ok() && status.error != ESRCH) kill(pause, SIGKILL);
        _exit(0);
      },
      mover);
}

Status startPause(const SandboxSpec &spec, int pauseFd, Sandbox &sandbox) {
  CgroupPlace place;
  TRY(CgroupPlace::open(spec.cgroupDirs, place));
  SpawnOptions options;
  options.cloneFlags = spec.hostPid ? 0 : CLONE_NEWPID;
  options.cgroupFd = place.unifiedFd();
  options.hasPipes = false;
  options.kept = {pauseFd};
  Spawned spawned;
  TRY(spawnChild(
      options,
      [&](const ChildEnds &ends) {
        const SetupReporter reporter(ends.channel);
        if (const Status status = becomePause(spec); !status.ok()) reporter.fail(status);
        char name[] = "pause";
        char *argv[] = {name, nullptr}, *env[] = {nullptr};
        sys::execveat(pauseFd, argv, env);
        reporter.fail(failed("execveat", "pause"), true);
      },
      spawned));
  TRY(awaitExec(spawned.channel.get()));
  sandbox.pausePid = spawned.pid;
  sandbox.pausePidfd.reset(sys::pidfdOpen(spawned.pid));
  if (!sandbox.pausePidfd) return failed("pidfd_open", "pause");
  const std::string mounts = "/proc/" + std::to_string(spawned.pid) + "/ns/mnt";
  sandbox.pauseMounts.reset(open(mounts.c_str(), O_RDONLY | O_CLOEXEC));
  if (!sandbox.pauseMounts) return failed("open", mounts);
  return placePause(spawned.pid, place);
}

}  // namespace

Status createSandbox(SandboxSpec spec, Sandbox &sandbox) {
  UniqueFd pause(spec.pauseFd);
  if (!pause) TRY(sealExecutable(spec.pausePath.c_str(), pause));
  CgroupPlace own;
  TRY(CgroupPlace::open(spec.monitorCgroupDirs, own));
  TRY(own.enterAll());
  TRY(rememberOwnPidNamespace());
  sandbox.hostMounts.reset(open("/proc/self/ns/mnt", O_RDONLY | O_CLOEXEC));
  if (!sandbox.hostMounts) return failed("open", "/proc/self/ns/mnt");
  TRY(joinNamespaces(spec));
  sandbox.spec = std::move(spec);
  return startPause(sandbox.spec, pause.get(), sandbox);
}
