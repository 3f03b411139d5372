#pragma once

#include <stdint.h>

#include <string_view>

#include "log-file.h"

/** What sends to a process: an exec's own connection, or one attached to a container. */
class StreamSource {
 public:
  virtual ~StreamSource() = default;
  virtual void onInput(std::string_view data) = 0;
  virtual void onInputEnd() = 0;
  virtual void onResize(unsigned short columns, unsigned short rows) = 0;
  /** The client has taken what made it full. */
  virtual void onClientDrained() = 0;
  /** The client is gone, and must not be spoken to any more. */
  virtual void onClientGone() = 0;
};

/** The other way: a connection that shows a process' streams. */
class StreamClient {
 public:
  virtual ~StreamClient() = default;
  virtual void setSource(StreamSource *source) = 0;
  virtual void sendOutput(Stream stream, std::string_view data) = 0;
  virtual bool isFull() const = 0;
  virtual void setReadingInput(bool isReading) = 0;
  /** Hangs up at once; `onClientGone` follows. */
  virtual void drop() = 0;
  /** The last frame; then the connection ends. */
  virtual void sendEnd(int exitCode) = 0;
};
