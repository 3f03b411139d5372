#pragma once

#include <stdint.h>
#include <sys/epoll.h>

#include <functional>
#include <map>
#include <memory>
#include <unordered_map>
#include <vector>

#include "unique-fd.h"

/** One epoll loop, level-triggered, for everything that the monitor does. */
class EventLoop {
 public:
  using Handler = std::function<void(uint32_t events)>;

  /** A descriptor being watched; watching ends with it. Must go before the descriptor does. */
  class Watch {
   public:
    Watch() = default;
    Watch(EventLoop *loop, int fd, uint64_t key, uint32_t events)
        : loop_(loop), fd_(fd), key_(key), events_(events) {}
    Watch(Watch &&other) noexcept;
    Watch &operator=(Watch &&other) noexcept;
    ~Watch() { reset(); }
    void reset();
    void setEvents(uint32_t events);
    explicit operator bool() const { return loop_ != nullptr; }

   private:
    EventLoop *loop_ = nullptr;
    int fd_ = -1;
    uint64_t key_ = 0;
    uint32_t events_ = 0;
  };

  EventLoop();
  Watch watch(int fd, uint32_t events, Handler handler);
  /** Runs once the present batch of events is through: the place to delete who is speaking. */
  void defer(std::function<void()> task) { deferred_.push_back(std::move(task)); }
  /** The returned token ends the timer when it goes. */
  std::shared_ptr<void> after(int64_t milliseconds, std::function<void()> task);
  void run();
  void stop() { isRunning_ = false; }

 private:
  struct Timer {
    std::weak_ptr<void> token;
    std::function<void()> task;
  };

  int waitMs();
  void runTimers();
  void runDeferred();

  UniqueFd epoll_;
  bool isRunning_ = true;
  uint64_t nextKey_ = 1;
  // A key is never used twice: an event for what is no longer watched finds nobody.
  std::unordered_map<uint64_t, std::shared_ptr<Handler>> handlers_;
  std::multimap<int64_t, Timer> timers_;
  std::vector<std::function<void()>> deferred_;
};
