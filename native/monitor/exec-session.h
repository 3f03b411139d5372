#pragma once

#include <functional>
#include <memory>

#include "process.h"
#include "spec.h"
#include "stream-client.h"

/** A process in a running container and the connection that asked for it. They end together. */
class ExecSession : public Process::Listener, public StreamSource {
 public:
  /** How the start went; when it went well, the client may be told of output from now on. */
  using OnSettled = std::function<void(const Status &status, bool isExec)>;
  using OnDone = std::function<void()>;

  ExecSession(EventLoop &loop, StreamClient &client);
  ~ExecSession() override;
  Status start(const ContainerSpec &owner, pid_t containerPid, const ExecSpec &spec,
               OnSettled onSettled, OnDone onDone);
  Process *process() { return process_.get(); }

 private:
  void onStarted() override;
  void onFailed(const Status &status, bool isExec) override;
  void onOutput(Stream stream, std::string_view data) override;
  void onOutputEnd(Stream) override {}
  void onEnded(const ExitFacts &facts) override;
  void onInputDrained() override;

  void onInput(std::string_view data) override;
  void onInputEnd() override { process_->endInput(); }
  void onResize(unsigned short columns, unsigned short rows) override;
  void onClientDrained() override { process_->setReadingOutput(true); }
  void onClientGone() override;

  EventLoop &loop_;
  StreamClient *client_;
  OnSettled onSettled_;
  OnDone onDone_;
  std::unique_ptr<Process> process_;
};
