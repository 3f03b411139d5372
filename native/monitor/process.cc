#include "process.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/wait.h>

#include "clock.h"

namespace {
// A grandchild that keeps stdout open keeps us this long at most after the exit.
constexpr int64_t kDrainMs = 1000;
constexpr int kSignalled = 128;
}  // namespace

Process::Process(EventLoop &loop, Listener &listener, Spawned spawned)
    : loop_(loop), listener_(listener), pid_(spawned.pid), channel_(std::move(spawned.channel)) {
  if (spawned.input) {
    input_ = std::make_unique<InputStream>(loop_, std::move(spawned.input),
                                           [this] { listener_.onInputDrained(); });
  }
  if (spawned.output) addOutput(Stream::kStdout, std::move(spawned.output));
  if (spawned.errors) addOutput(Stream::kStderr, std::move(spawned.errors));
  channelWatch_ = loop_.watch(channel_.get(), EPOLLIN, [this](uint32_t) { onChannel(); });
}

void Process::reaped(int code, int status) {
  hasExited_ = true;
  exit_.finishedAtMs = wallClockMs();
  exit_.signal = code == CLD_EXITED ? 0 : status;
  exit_.exitCode = code == CLD_EXITED ? status : kSignalled + status;
  while (isChannelOpen_) onChannel();  // Its side is closed: there is an end to this.
  if (!isStarted_) return listener_.onFailed(failure_, isExecFailure_);
  awaitDrain();
}

void Process::onChannel() {
  SetupMessage message = receiveSetupMessage(channel_.get());
  using Kind = SetupMessage::Kind;
  if (message.kind == Kind::kReady) isReady_ = true;
  if (message.kind == Kind::kTerminal) takeTerminal(std::move(message.terminal));
  if (message.kind == Kind::kSetupFailed || message.kind == Kind::kExecFailed) {
    failure_ = message.status;
    isExecFailure_ = message.kind == Kind::kExecFailed;
  }
  if (message.kind != Kind::kEnd) return;
  isChannelOpen_ = false;
  channelWatch_.reset();
  channel_.reset();
  settleStart();
}

/** The channel closed without a failure: execve has taken place, if the child had come to it. */
void Process::settleStart() {
  if (failure_.ok() && !isReady_) failure_ = refused(ECHILD, "setup", "killed");
  if (!failure_.ok()) return;  // Told once it has been reaped, and so all is undone.
  isStarted_ = true;
  listener_.onStarted();
}

void Process::takeTerminal(UniqueFd master) {
  UniqueFd input(fcntl(master.get(), F_DUPFD_CLOEXEC, 3));
  UniqueFd output(fcntl(master.get(), F_DUPFD_CLOEXEC, 3));
  terminal_ = std::move(master);
  input_ = std::make_unique<InputStream>(loop_, std::move(input),
                                         [this] { listener_.onInputDrained(); });
  addOutput(Stream::kStdout, std::move(output));
}

void Process::addOutput(Stream stream, UniqueFd fd) {
  output_[static_cast<int>(stream)] = std::make_unique<OutputStream>(
      loop_, std::move(fd),
      [this, stream](std::string_view data) { listener_.onOutput(stream, data); },
      [this, stream] {
        listener_.onOutputEnd(stream);
        endIfDrained();
      });
}

void Process::awaitDrain() {
  endIfDrained();
  if (hasEnded_) return;
  drainTimer_ = loop_.after(kDrainMs, [this] {
    for (const auto &output : output_) {
      // Whoever stopped the reading has not yet taken all: that is waited for.
      if (output && !output->isReading()) return awaitDrain();
    }
    dropOutput();
  });
}

void Process::dropOutput() {
  for (const auto &output : output_) {
    if (output) output->cutOff();
  }
}

void Process::endIfDrained() {
  if (!hasExited_ || hasEnded_ || !isStarted_) return;
  for (const auto &output : output_) {
    if (output && !output->hasEnded()) return;
  }
  hasEnded_ = true;
  drainTimer_.reset();
  listener_.onEnded(exit_);
}

void Process::writeInput(std::string_view data) {
  if (input_) input_->write(data);
}

/** A terminal has no end of input: that is a character typed in it. */
void Process::endInput() {
  if (input_ && !terminal_) input_->end();
}

void Process::resize(unsigned short columns, unsigned short rows) {
  const winsize size = {rows, columns, 0, 0};
  if (terminal_) ioctl(terminal_.get(), TIOCSWINSZ, &size);
}

void Process::setReadingOutput(bool isReading) {
  for (const auto &output : output_) {
    if (output) output->setReading(isReading);
  }
}
