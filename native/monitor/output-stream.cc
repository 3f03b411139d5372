#include "output-stream.h"

#include <fcntl.h>
#include <unistd.h>

#include "buffer.h"

namespace {
constexpr int kCutOffReadsMax = 16;  // A writer that never stops must not hold us.
}

OutputStream::OutputStream(EventLoop &loop, UniqueFd fd, OnData onData, OnEnd onEnd)
    : fd_(std::move(fd)), onData_(std::move(onData)), onEnd_(std::move(onEnd)) {
  fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
  watch_ = loop.watch(fd_.get(), EPOLLIN, [this](uint32_t) { onReadable(); });
}

void OutputStream::setReading(bool isReading) {
  if (hasEnded_ || isReading == isReading_) return;
  isReading_ = isReading;
  watch_.setEvents(isReading ? static_cast<uint32_t>(EPOLLIN) : 0U);
}

void OutputStream::cutOff() {
  for (int reads = 0; reads < kCutOffReadsMax && !hasEnded_; reads++) {
    const ssize_t count = read(fd_.get(), scratch, sizeof scratch);
    if (count <= 0) break;
    onData_({scratch, static_cast<size_t>(count)});
  }
  end();
}

void OutputStream::onReadable() {
  const ssize_t count = read(fd_.get(), scratch, sizeof scratch);
  if (count > 0) return onData_({scratch, static_cast<size_t>(count)});
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  end();  // A terminal says EIO when its last user has gone.
}

void OutputStream::end() {
  if (hasEnded_) return;
  hasEnded_ = true;
  watch_.reset();
  fd_.reset();
  onEnd_();
}
