#pragma once

#include <string>

#include "status.h"
#include "unique-fd.h"

/** What a child tells us between its birth and its execve; execve itself is the channel's end. */
struct SetupMessage {
  enum class Kind : char {
    kNothing,         // Nothing to read yet.
    kEnd,             // execve has closed the child's side, or the child has ended.
    kReady,           // The next thing is execve.
    kTerminal,        // `terminal` is the master of the child's new terminal.
    kSetupFailed,     // A step failed; the child has ended.
    kExecFailed,      // All was set up, but the program cannot be executed.
  };
  Kind kind = Kind::kNothing;
  Status status;
  UniqueFd terminal;
};

SetupMessage receiveSetupMessage(int channel);

/** The child's end. */
class SetupReporter {
 public:
  explicit SetupReporter(int channel) : channel_(channel) {}
  void ready() const;
  void sendTerminal(int master) const;
  /** Reports and ends the process. */
  [[noreturn]] void fail(const Status &status, bool isExec = false) const;
  int fd() const { return channel_; }

 private:
  void send(SetupMessage::Kind kind, const Status &status, int fd) const;
  int channel_;
};
