#pragma once

#include <stddef.h>
#include <time.h>

#include <string>
#include <string_view>

#include "status.h"
#include "unique-fd.h"

enum class Stream { kStdout = 0, kStderr = 1 };

/**
 * A container's log in CRI's format: `2026-11-22T10:00:00.123456789Z stdout F message`, with P
 * for a piece of a line longer than 16 KiB. What cannot be written (a full disk) is let go: a
 * container never waits for its log's disk to be repaired.
 */
class LogFile {
 public:
  explicit LogFile(std::string path) : path_(std::move(path)) {}
  Status open();
  void write(Stream stream, std::string_view data);
  /** The last line of a stream needs no newline. */
  void end(Stream stream);

 private:
  void appendLine(Stream stream, std::string_view line, bool isWhole);
  void stamp();
  void flush();

  std::string path_;
  UniqueFd file_;
  std::string pending_[2], batch_;
  bool isTorn_ = false;  // The last write ended within a line.
  time_t stampedSecond_ = -1;
  char stamp_[32] = {};
};
