#pragma once

#include <functional>
#include <string_view>

#include "event-loop.h"

/** Reads a pipe or a terminal to its end, as fast as its owner lets it. */
class OutputStream {
 public:
  using OnData = std::function<void(std::string_view data)>;
  using OnEnd = std::function<void()>;

  OutputStream(EventLoop &loop, UniqueFd fd, OnData onData, OnEnd onEnd);
  /** While not reading the pipe fills, and then its writer waits: nothing is lost. */
  void setReading(bool isReading);
  bool isReading() const { return isReading_; }
  bool hasEnded() const { return hasEnded_; }
  /** Takes what is there and ends, whoever else still holds the other side. */
  void cutOff();

 private:
  void onReadable();
  void end();

  UniqueFd fd_;
  OnData onData_;
  OnEnd onEnd_;
  EventLoop::Watch watch_;
  bool isReading_ = true, hasEnded_ = false;
};
