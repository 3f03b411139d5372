#include "pod.h"

#include <signal.h>
#include <sys/wait.h>

#include <algorithm>

#include "cgroup.h"

namespace {
// Orphans that came to us from elsewhere, and end when they like, are not waited for longer.
constexpr int64_t kOrphansMs = 1000;
}  // namespace

void Pod::describe(FieldWriter &fields) const {
  fields.add("id", sandbox_.spec.id).add("pausePid", sandbox_.pausePid);
  for (const auto &container : containers_) {
    if (container->isRunning() || container->hasExited()) container->describe(fields);
  }
}

void Pod::start(ContainerSpec spec, OnSettled onSettled) {
  Status status = done();
  if (onGone_) status = refused(ESHUTDOWN, "start", spec.id);
  if (find(spec.id)) status = refused(EEXIST, "start", spec.id);
  if (!status.ok()) return onSettled(status, false, nullptr);
  Container *container =
      containers_.emplace_back(std::make_unique<Container>(loop_, std::move(spec))).get();
  const auto settled = [this, container, onSettled](const Status &result, bool isExec) {
    onSettled(result, isExec, result.ok() ? container : nullptr);
    if (!result.ok()) loop_.defer([this, container] { forget(container); });
  };
  pid_t targetPid = 0;
  status = findTarget(container->spec(), targetPid);
  if (status.ok()) {
    status = container->start(sandbox_, targetPid, settled,
                              [this, container] { onExit_(*container); });
  }
  if (!status.ok()) settled(status, false);
}

/** Whose processes the container is to see. */
Status Pod::findTarget(const ContainerSpec &spec, pid_t &pid) {
  if (spec.pidOf.empty()) return done();
  Container *target = find(spec.pidOf);
  if (!target) return refused(ENOENT, "container", spec.pidOf);
  if (!target->isRunning() || target->process()->hasExited()) {
    return refused(ESRCH, "pidOf", spec.pidOf);
  }
  pid = target->process()->pid();
  return done();
}

Status Pod::signal(const std::string &id, int number) {
  Container *container = find(id);
  if (!container) return refused(ENOENT, "container", id);
  if (!container->isRunning() || container->process()->hasExited()) {
    return refused(ESRCH, "signal", id);
  }
  return kill(container->process()->pid(), number) == 0 ? done() : failed("kill", id);
}

Status Pod::remove(const std::string &id) {
  const Container *container = find(id);
  if (!container) return refused(ENOENT, "container", id);
  if (!container->hasExited()) return refused(EBUSY, "remove", id);
  loop_.defer([this, container] { forget(container); });
  return done();
}

void Pod::exec(const ExecSpec &spec, StreamClient &client, ExecSession::OnSettled onSettled) {
  Container *container = find(spec.container);
  if (!container) return onSettled(refused(ENOENT, "container", spec.container), false);
  if (!container->isRunning() || container->process()->hasExited()) {
    return onSettled(refused(ESRCH, "exec", spec.container), false);
  }
  ExecSession *session =
      execs_.emplace_back(std::make_unique<ExecSession>(loop_, client)).get();
  const auto forgotten = [this, session] {
    loop_.defer([this, session] { forget(session); });
  };
  const Status status = session->start(container->spec(), container->process()->pid(), spec,
                                       onSettled, forgotten);
  if (status.ok()) return;
  onSettled(status, false);
  forgotten();
}

Status Pod::attach(const std::string &id, StreamClient &client) {
  Container *container = find(id);
  return container ? container->attach(client) : refused(ENOENT, "container", id);
}

Status Pod::reopenLog(const std::string &id) {
  Container *container = find(id);
  return container ? container->reopenLog() : refused(ENOENT, "container", id);
}

void Pod::reap() {
  for (;;) {
    siginfo_t facts = {};
    if (waitid(P_ALL, 0, &facts, WEXITED | WNOHANG) != 0) return continueShutdown(false);
    if (facts.si_pid == 0) return continueShutdown(true);
    settle(facts.si_pid, facts.si_code, facts.si_status);
  }
}

/** Whose end it is. Of the exited ones the number may have been given away again. */
void Pod::settle(int pid, int code, int status) {
  const auto isIt = [pid](Process *process) {
    return process && process->pid() == pid && !process->hasExited();
  };
  if (pid == sandbox_.pausePid) sandbox_.pausePid = 0;
  for (const auto &container : containers_) {
    if (!isIt(container->process())) continue;
    // In a pid namespace of its own all others have ended with it.
    if (sharesPids(*container)) CgroupPlace::killAll(container->spec().cgroupDirs);
    return container->process()->reaped(code, status);
  }
  for (const auto &session : execs_) {
    if (isIt(session->process())) return session->process()->reaped(code, status);
  }
}

void Pod::shutDown(std::function<void()> onGone) {
  onGone_ = [first = std::move(onGone_), second = std::move(onGone)] {
    if (first) first();
    second();
  };
  for (const auto &container : containers_) {
    Process *process = container->process();
    if (process && !process->hasExited()) kill(process->pid(), SIGKILL);
  }
  reap();
}

void Pod::continueShutdown(bool hasChildren) {
  if (!onGone_) return;
  const bool isAnyLeft = std::any_of(containers_.begin(), containers_.end(), [](const auto &each) {
    return each->process() && !each->process()->hasExited();
  });
  if (isAnyLeft) return;
  if (sandbox_.pausePid != 0 && !isPauseKilled_) kill(sandbox_.pausePid, SIGKILL);
  isPauseKilled_ = true;
  if (sandbox_.pausePid != 0) return;
  if (!hasChildren) return loop_.defer(onGone_);
  if (!shutdownTimer_) shutdownTimer_ = loop_.after(kOrphansMs, onGone_);
}

Container *Pod::find(const std::string &id) {
  for (const auto &container : containers_) {
    if (container->spec().id == id) return container.get();
  }
  return nullptr;
}

void Pod::forget(const Container *gone) {
  containers_.remove_if([gone](const auto &container) { return container.get() == gone; });
}

void Pod::forget(const ExecSession *gone) {
  execs_.remove_if([gone](const auto &session) { return session.get() == gone; });
}

bool Pod::sharesPids(const Container &container) const {
  const ContainerSpec &spec = container.spec();
  return sandbox_.spec.hostPid || spec.sharedPid || !spec.pidOf.empty();
}
