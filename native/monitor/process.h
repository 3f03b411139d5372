#pragma once

#include <memory>

#include "event-loop.h"
#include "input-stream.h"
#include "log-file.h"
#include "output-stream.h"
#include "spawn.h"

/** How a process ended. */
struct ExitFacts {
  int exitCode = 0;  // 128 + signal when a signal ended it.
  int signal = 0;
  int64_t finishedAtMs = 0;
};

/**
 * A child from its birth to the last byte of its output: set-up, running, exited, drained. Its
 * owner tells it when it has been reaped, and may not delete it from within a callback.
 */
class Process {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    /** execve has succeeded. */
    virtual void onStarted() = 0;
    /** It never came to run, and is gone. */
    virtual void onFailed(const Status &status, bool isExec) = 0;
    virtual void onOutput(Stream stream, std::string_view data) = 0;
    virtual void onOutputEnd(Stream stream) = 0;
    /** It has exited and all its output has been handed out. */
    virtual void onEnded(const ExitFacts &facts) = 0;
    virtual void onInputDrained() = 0;
  };

  Process(EventLoop &loop, Listener &listener, Spawned spawned);
  pid_t pid() const { return pid_; }
  bool isStarted() const { return isStarted_; }
  bool hasExited() const { return hasExited_; }
  /** What waitid said: `code` is CLD_EXITED or how a signal ended it. */
  void reaped(int code, int status);

  void writeInput(std::string_view data);
  void endInput();
  bool isInputFull() const { return input_ && input_->isFull(); }
  void resize(unsigned short columns, unsigned short rows);
  void setReadingOutput(bool isReading);
  /** Whose output nobody wants any more: what is left of it is let go. */
  void dropOutput();

 private:
  void onChannel();
  void takeTerminal(UniqueFd master);
  void settleStart();
  void addOutput(Stream stream, UniqueFd fd);
  void awaitDrain();
  void endIfDrained();

  EventLoop &loop_;
  Listener &listener_;
  pid_t pid_;
  UniqueFd channel_, terminal_;
  EventLoop::Watch channelWatch_;
  std::unique_ptr<InputStream> input_;
  std::unique_ptr<OutputStream> output_[2];
  std::shared_ptr<void> drainTimer_;
  Status failure_;
  ExitFacts exit_;
  bool isExecFailure_ = false, isReady_ = false, isChannelOpen_ = true;
  bool isStarted_ = false, hasExited_ = false, hasEnded_ = false;
};
