#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "event-loop.h"

/** Writes to a pipe or a terminal without ever blocking; its source waits while `isFull`. */
class InputStream {
 public:
  InputStream(EventLoop &loop, UniqueFd fd, std::function<void()> onDrained);
  void write(std::string_view data);
  bool isFull() const { return !pending_.empty(); }
  /** Closes once all is written. */
  void end();

 private:
  void flush();
  void close();

  UniqueFd fd_;
  std::function<void()> onDrained_;
  EventLoop::Watch watch_;
  std::string pending_;
  bool isEnding_ = false;
};
