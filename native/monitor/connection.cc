#include "connection.h"

#include <string.h>
#include <sys/socket.h>

#include "buffer.h"
#include "frame.h"

namespace {

uint32_t readLength(const char *bytes) {
  const auto *octets = reinterpret_cast<const uint8_t *>(bytes);
  return octets[0] | octets[1] << 8 | octets[2] << 16 | static_cast<uint32_t>(octets[3]) << 24;
}

void appendHeader(std::string &out, uint8_t type, size_t payloadBytes) {
  const size_t length = payloadBytes + 1;
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(length >> shift & 0xff);
  out += static_cast<char>(type);
}

}  // namespace

Connection::Connection(EventLoop &loop, UniqueFd socket, Listener &listener)
    : listener_(listener), socket_(std::move(socket)) {
  watch_ = loop.watch(socket_.get(), EPOLLIN | EPOLLRDHUP,
                      [this](uint32_t events) { onEvents(events); });
}

void Connection::send(uint8_t type, std::string_view payload) {
  if (isClosed_) return;
  appendHeader(outgoing_, type, payload.size());
  outgoing_.append(payload);
  flush();
}

void Connection::setReading(bool isReading) {
  if (isReading == isReading_ || isClosed_ || isDiscarding_) return;
  isReading_ = isReading;
  if (isReading && !isParsing_) parse();
  updateEvents();
}

void Connection::closeWhenSent() {
  isEnding_ = true;
  flush();
}

void Connection::onEvents(uint32_t events) {
  if (events & EPOLLOUT) flush();
  if (!isClosed_ && isReading_ && events & EPOLLIN) read();
  // Who has hung up hears nothing: what is unread stays so.
  if (!isClosed_ && events & (EPOLLHUP | EPOLLERR)) close();
  if (!isClosed_ && !isReading_ && events & EPOLLRDHUP) close();
}

void Connection::read() {
  const ssize_t count = recv(socket_.get(), scratch, sizeof scratch, MSG_DONTWAIT);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return close();
  if (isDiscarding_) return;
  incoming_.append(scratch, static_cast<size_t>(count));
  parse();
}

/** Hands out whole frames, for as long as the listener wants them. */
void Connection::parse() {
  isParsing_ = true;
  size_t start = 0;
  while (isReading_ && !isClosed_ && !isDiscarding_ && incoming_.size() - start >= frame::kHeaderBytes) {
    const uint32_t length = readLength(incoming_.data() + start);
    if (length == 0 || length > frame::kLengthMax) {
      isParsing_ = false;
      return close();
    }
    if (incoming_.size() - start < length + 4UL) break;
    const std::string_view payload(incoming_.data() + start + frame::kHeaderBytes, length - 1);
    const auto type = static_cast<uint8_t>(incoming_[start + 4]);
    start += length + 4UL;
    listener_.onFrame(type, payload);
  }
  isParsing_ = false;
  incoming_.erase(0, start);
  if (incoming_.empty()) incoming_.shrink_to_fit();
}

void Connection::flush() {
  while (!isClosed_ && sent_ < outgoing_.size()) {
    const ssize_t count = ::send(socket_.get(), outgoing_.data() + sent_, outgoing_.size() - sent_,
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno != EAGAIN) return close();
    if (count < 0) break;
    sent_ += static_cast<size_t>(count);
  }
  if (isClosed_) return;
  if (isFull()) wasFull_ = true;
  if (sent_ == outgoing_.size()) {
    outgoing_.clear();
    outgoing_.shrink_to_fit();
    sent_ = 0;
    if (isEnding_) return endOutput();
  }
  updateEvents();
  if (wasFull_ && outgoing_.size() - sent_ < kLowWater) {
    wasFull_ = false;
    listener_.onDrained();
  }
}

/**
 * The client closes, once it has read everything: if we did it while input of its own is on the
 * way, its write would fail, and with it go our last words.
 */
void Connection::endOutput() {
  if (isDiscarding_) return;
  isDiscarding_ = true;
  isReading_ = true;
  shutdown(socket_.get(), SHUT_WR);
  updateEvents();
}

void Connection::close() {
  if (isClosed_) return;
  isClosed_ = true;
  watch_.reset();
  socket_.reset();
  listener_.onClosed();
}

void Connection::updateEvents() {
  const uint32_t reading = isReading_ ? static_cast<uint32_t>(EPOLLIN) : 0U;
  const uint32_t writing = sent_ < outgoing_.size() ? static_cast<uint32_t>(EPOLLOUT) : 0U;
  if (!isClosed_) watch_.setEvents(reading | writing | EPOLLRDHUP);
}
