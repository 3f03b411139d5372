#include "input-stream.h"

#include <fcntl.h>
#include <unistd.h>

InputStream::InputStream(EventLoop &loop, UniqueFd fd, std::function<void()> onDrained)
    : fd_(std::move(fd)), onDrained_(std::move(onDrained)) {
  fcntl(fd_.get(), F_SETFL, fcntl(fd_.get(), F_GETFL) | O_NONBLOCK);
  watch_ = loop.watch(fd_.get(), EPOLLOUT, [this](uint32_t) { flush(); });
  watch_.setEvents(0);
}

void InputStream::write(std::string_view data) {
  if (!fd_ || isEnding_) return;
  pending_.append(data);
  flush();
}

void InputStream::end() {
  isEnding_ = true;
  flush();
}

void InputStream::flush() {
  const bool wasFull = isFull();
  size_t written = 0;
  while (fd_ && written < pending_.size()) {
    const ssize_t count = ::write(fd_.get(), pending_.data() + written, pending_.size() - written);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) close();  // Nobody reads any more.
    if (count < 0) break;
    written += static_cast<size_t>(count);
  }
  pending_.erase(0, fd_ ? written : pending_.size());
  if (pending_.empty()) pending_.shrink_to_fit();
  if (fd_ && isEnding_ && pending_.empty()) close();
  if (fd_) watch_.setEvents(pending_.empty() ? 0U : static_cast<uint32_t>(EPOLLOUT));
  if (wasFull && pending_.empty()) onDrained_();
}

void InputStream::close() {
  watch_.reset();
  fd_.reset();
}
