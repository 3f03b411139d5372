#pragma once

#include <stdint.h>

#include <string>
#include <string_view>

#include "event-loop.h"

/** Frames in and out over one stream socket. Sending never blocks: callers look at `isFull`. */
class Connection {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void onFrame(uint8_t type, std::string_view payload) = 0;
    /** What was full is empty again. */
    virtual void onDrained() = 0;
    /** Once, and nothing after it. */
    virtual void onClosed() = 0;
  };

  Connection(EventLoop &loop, UniqueFd socket, Listener &listener);
  void send(uint8_t type, std::string_view payload);
  bool isFull() const { return outgoing_.size() - sent_ > kHighWater; }
  void setReading(bool isReading);
  /** Says no more after the last byte; the client then hangs up. */
  void closeWhenSent();
  /** Hangs up at once. */
  void close();

 private:
  static constexpr size_t kHighWater = 128 << 10;
  static constexpr size_t kLowWater = 32 << 10;

  void onEvents(uint32_t events);
  void read();
  void parse();
  void flush();
  void endOutput();
  void updateEvents();

  Listener &listener_;
  UniqueFd socket_;
  EventLoop::Watch watch_;
  std::string incoming_, outgoing_;
  size_t sent_ = 0;
  bool isReading_ = true, isParsing_ = false, wasFull_ = false;
  bool isEnding_ = false, isDiscarding_ = false, isClosed_ = false;
};
