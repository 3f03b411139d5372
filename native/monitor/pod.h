#pragma once

#include <functional>
#include <list>
#include <memory>
#include <string>

#include "container.h"
#include "exec-session.h"
#include "sandbox.h"

/** All that the monitor is parent of: pause, the containers, and what joins them. */
class Pod {
 public:
  using OnSettled = std::function<void(const Status &status, bool isExec, const Container *)>;

  Pod(EventLoop &loop, Sandbox sandbox) : loop_(loop), sandbox_(std::move(sandbox)) {}
  /** Told of each container that ends, once its log is complete. */
  void setOnExit(std::function<void(const Container &)> onExit) { onExit_ = std::move(onExit); }

  void describe(FieldWriter &fields) const;
  void start(ContainerSpec spec, OnSettled onSettled);
  Status signal(const std::string &id, int number);
  Status remove(const std::string &id);
  void exec(const ExecSpec &spec, StreamClient &client, ExecSession::OnSettled onSettled);
  Status attach(const std::string &id, StreamClient &client);
  Status reopenLog(const std::string &id);
  /** Kills everything, pause last; `onGone` when nothing is left. */
  void shutDown(std::function<void()> onGone);
  /** Children have ended. */
  void reap();

 private:
  using Containers = std::list<std::unique_ptr<Container>>;

  Container *find(const std::string &id);
  Status findTarget(const ContainerSpec &spec, pid_t &pid);
  void forget(const Container *container);
  void forget(const ExecSession *session);
  void settle(int pid, int code, int status);
  bool sharesPids(const Container &container) const;
  void continueShutdown(bool hasChildren);

  EventLoop &loop_;
  Sandbox sandbox_;
  Containers containers_;
  std::list<std::unique_ptr<ExecSession>> execs_;
  std::function<void(const Container &)> onExit_ = [](const Container &) {};
  std::function<void()> onGone_;
  std::shared_ptr<void> shutdownTimer_;
  bool isPauseKilled_ = false;
};
