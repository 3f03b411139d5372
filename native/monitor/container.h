#pragma once

#include <functional>
#include <list>
#include <memory>

#include "fields.h"
#include "process.h"
#include "spec.h"
#include "stream-client.h"

/** One container: its process, its log, those who look on, and what is known of its end. */
class Container : public Process::Listener {
 public:
  /** Called once: with how the start went. */
  using OnSettled = std::function<void(const Status &status, bool isExec)>;
  using OnExited = std::function<void()>;

  Container(EventLoop &loop, ContainerSpec spec);
  ~Container() override;
  /** `targetPid`: born in that process' pid namespace; 0: in the pod's, or one of its own. */
  Status start(const struct Sandbox &sandbox, pid_t targetPid, OnSettled onSettled,
               OnExited onExited);
  const ContainerSpec &spec() const { return spec_; }
  Process *process() { return process_.get(); }
  bool isRunning() const { return isRunning_; }
  bool hasExited() const { return hasExited_; }
  /** A record as in a reply to `state`. */
  void describe(FieldWriter &fields) const;
  Status attach(StreamClient &client);
  Status reopenLog();

 private:
  /** One that looks on. A slow one makes the container wait, but not for ever. */
  class Onlooker;

  void onStarted() override;
  void onFailed(const Status &status, bool isExec) override;
  void onOutput(Stream stream, std::string_view data) override;
  void onOutputEnd(Stream stream) override;
  void onEnded(const ExitFacts &facts) override;
  void onInputDrained() override;
  void updateReading();
  void forget(const Onlooker *gone);

  EventLoop &loop_;
  ContainerSpec spec_;
  std::unique_ptr<LogFile> log_;
  std::unique_ptr<Process> process_;
  std::list<std::unique_ptr<Onlooker>> onlookers_;
  OnSettled onSettled_;
  OnExited onExited_;
  int64_t startedAtMs_ = 0, oomKillsBefore_ = 0;
  ExitFacts exit_;
  bool isRunning_ = false, hasExited_ = false, isOomKilled_ = false;
};
