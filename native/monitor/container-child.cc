#include "container-child.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cgroup.h"
#include "credentials.h"
#include "device-policy.h"
#include "devices.h"
#include "program.h"
#include "rootfs.h"
#include "sys.h"

namespace {

/** The pod's shared memory, fetched from where pause keeps it; we are then back at the host's. */
Status fetchSharedMemory(const Sandbox &sandbox, UniqueFd &memory) {
  if (setns(sandbox.pauseMounts.get(), CLONE_NEWNS) != 0) return failed("setns", "pause");
  TRY(cloneMount(AT_FDCWD, "/shm", false, memory));
  return setns(sandbox.hostMounts.get(), CLONE_NEWNS) == 0 ? done() : failed("setns", "host");
}

Status takeTerminal(const ContainerSpec &owner, bool isContainer, const SetupReporter &reporter,
                    UniqueFd &slave) {
  UniqueFd master;
  TRY(openTerminal(owner, master, slave));
  if (isContainer) TRY(mountConsole(slave.get()));
  reporter.sendTerminal(master.get());
  return done();
}

/** What a container's first process and those that join it do alike at the end. */
Status finish(const ContainerSpec &spec, const ChildEnds &ends, int terminal) {
  TRY(enterWorkingDirectory(spec.cwd));
  TRY(setDefaultLimits());
  umask(022);
  TRY(takeStdio(ends, terminal));
  return takeIdentity(spec);
}

Status setUpContainer(const Sandbox &sandbox, const ContainerSpec &spec, const CgroupPlace &place,
                      const ChildEnds &ends) {
  const SetupReporter reporter(ends.channel);
  resetSignals();
  TRY(place.enterOthers());
  TRY(makeSession());
  TRY(setOomScoreAdj(spec.oomScoreAdj));
  HostMounts host;
  TRY(fetchSharedMemory(sandbox, host.sharedMemory));
  if (unshare(CLONE_NEWNS | CLONE_NEWCGROUP) != 0) return failed("unshare", "mount, cgroup");
  TRY(openSources(spec, host));
  TRY(detachPropagation());
  TRY(enterContainerRoot(spec, host));
  UniqueFd terminal;
  if (spec.terminal) TRY(takeTerminal(spec, true, reporter, terminal));
  return finish(spec, ends, terminal.get());
}

Status setUpExec(const ContainerSpec &spec, int containerPidfd, const CgroupPlace &place,
                 const ExecSpec &exec, const ChildEnds &ends) {
  const SetupReporter reporter(ends.channel);
  resetSignals();
  TRY(place.enterOthers());
  TRY(makeSession());
  TRY(setOomScoreAdj(spec.oomScoreAdj));
  if (setns(containerPidfd, CLONE_NEWNS | CLONE_NEWCGROUP) != 0) {
    return failed("setns", "container");
  }
  UniqueFd terminal;
  if (exec.terminal) TRY(takeTerminal(spec, false, reporter, terminal));
  return finish(spec, ends, terminal.get());
}

[[noreturn]] void run(const SetupReporter &reporter, const Status &status,
                      const std::vector<std::string> &args, const std::vector<std::string> &env) {
  if (!status.ok()) reporter.fail(status);
  reporter.ready();
  reporter.fail(execute(args, env), true);
}

}  // namespace

Status spawnContainer(const Sandbox &sandbox, const ContainerSpec &spec, pid_t targetPid,
                      Spawned &spawned) {
  const UniqueFd target(targetPid == 0 ? -1 : sys::pidfdOpen(targetPid));
  if (targetPid != 0 && !target) return failed("pidfd_open", spec.pidOf);
  CgroupPlace place;
  TRY(CgroupPlace::open(spec.cgroupDirs, place));
  if (!spec.privileged) TRY(restrictDevices(spec.cgroupDirs));
  SpawnOptions options;
  options.cgroupFd = place.unifiedFd();
  options.hasPipes = !spec.terminal;
  options.hasStdin = spec.hasStdin;
  options.kept = place.fds();
  options.kept.insert(options.kept.end(), {sandbox.pauseMounts.get(), sandbox.hostMounts.get()});
  if (target) {
    options.pidNamespaceFd = target.get();
  } else if (spec.sharedPid && !sandbox.spec.hostPid) {
    options.pidNamespaceFd = sandbox.pausePidfd.get();
  } else if (!sandbox.spec.hostPid) {
    options.cloneFlags = CLONE_NEWPID;
  }
  const auto body = [&](const ChildEnds &ends) {
    run(SetupReporter(ends.channel), setUpContainer(sandbox, spec, place, ends), spec.args,
        spec.env);
  };
  return spawnChild(options, body, spawned);
}

Status spawnExec(const ContainerSpec &spec, pid_t containerPid, const ExecSpec &exec,
                 Spawned &spawned) {
  const UniqueFd container(sys::pidfdOpen(containerPid));
  if (!container) return failed("pidfd_open", spec.id);
  CgroupPlace place;
  TRY(CgroupPlace::open(spec.cgroupDirs, place));
  SpawnOptions options;
  options.cgroupFd = place.unifiedFd();
  options.pidNamespaceFd = container.get();
  options.hasPipes = !exec.terminal;
  options.hasStdin = exec.hasStdin;
  options.kept = place.fds();
  options.kept.push_back(container.get());
  const auto body = [&](const ChildEnds &ends) {
    run(SetupReporter(ends.channel), setUpExec(spec, container.get(), place, exec, ends), exec.args,
        exec.hasEnv ? exec.env : spec.env);
  };
  return spawnChild(options, body, spawned);
}
