#include "event-loop.h"

#include <utility>

#include "clock.h"

EventLoop::Watch::Watch(Watch &&other) noexcept
    : loop_(std::exchange(other.loop_, nullptr)),
      fd_(other.fd_),
      key_(other.key_),
      events_(other.events_) {}

EventLoop::Watch &EventLoop::Watch::operator=(Watch &&other) noexcept {
  reset();
  loop_ = std::exchange(other.loop_, nullptr);
  fd_ = other.fd_;
  key_ = other.key_;
  events_ = other.events_;
  return *this;
}

void EventLoop::Watch::reset() {
  if (!loop_) return;
  epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
  loop_->handlers_.erase(key_);
  loop_ = nullptr;
}

void EventLoop::Watch::setEvents(uint32_t events) {
  if (!loop_ || events == events_) return;
  // The kernel reports a hang-up even to those who ask for nothing: so nothing means not watching.
  const int operation =
      events == 0 ? EPOLL_CTL_DEL : (events_ == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD);
  epoll_event event = {};
  event.events = events;
  event.data.u64 = key_;
  if (epoll_ctl(loop_->epoll_.get(), operation, fd_, &event) == 0) events_ = events;
}

EventLoop::EventLoop() : epoll_(epoll_create1(EPOLL_CLOEXEC)) {}

EventLoop::Watch EventLoop::watch(int fd, uint32_t events, Handler handler) {
  epoll_event event = {};
  event.events = events;
  event.data.u64 = nextKey_;
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return {};
  handlers_.emplace(nextKey_, std::make_shared<Handler>(std::move(handler)));
  return Watch(this, fd, nextKey_++, events);
}

std::shared_ptr<void> EventLoop::after(int64_t milliseconds, std::function<void()> task) {
  auto token = std::make_shared<int>(0);
  timers_.emplace(monotonicMs() + milliseconds, Timer{token, std::move(task)});
  return token;
}

void EventLoop::run() {
  epoll_event events[32];
  while (isRunning_) {
    const int count = epoll_wait(epoll_.get(), events, 32, waitMs());
    for (int index = 0; index < count; index++) {
      const auto found = handlers_.find(events[index].data.u64);
      if (found == handlers_.end()) continue;
      const std::shared_ptr<Handler> handler = found->second;
      (*handler)(events[index].events);
    }
    runTimers();
    runDeferred();
  }
}

void EventLoop::runTimers() {
  const int64_t now = monotonicMs();
  while (!timers_.empty() && timers_.begin()->first <= now) {
    const Timer timer = std::move(timers_.begin()->second);
    timers_.erase(timers_.begin());
    if (!timer.token.expired()) timer.task();
  }
}

/** Until the next timer; for ever (-1) when there is none. */
int EventLoop::waitMs() {
  while (!timers_.empty() && timers_.begin()->second.token.expired()) {
    timers_.erase(timers_.begin());
  }
  if (timers_.empty()) return -1;
  const int64_t remaining = timers_.begin()->first - monotonicMs();
  return remaining > 0 ? static_cast<int>(remaining) : 0;
}

void EventLoop::runDeferred() {
  while (!deferred_.empty()) {
    for (const auto &task : std::exchange(deferred_, {})) task();
  }
}
