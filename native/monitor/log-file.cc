#include "log-file.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

namespace {
constexpr size_t kPieceMax = 16 << 10;
constexpr size_t kSecondBytes = sizeof "2026-11-22T10:00:00." - 1;
constexpr mode_t kMode = 0640;
}  // namespace

Status LogFile::open() {
  // Not blocking: somebody may have put a FIFO there.
  constexpr int kFlags =
      O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK | O_CLOEXEC;
  UniqueFd file(::open(path_.c_str(), kFlags, kMode));
  struct stat facts = {};
  if (!file || fstat(file.get(), &facts) != 0) return failed("open log", path_);
  if (!S_ISREG(facts.st_mode)) return refused(EINVAL, "open log", path_);
  fchmod(file.get(), kMode);  // Whatever the umask was.
  file_ = std::move(file);
  isTorn_ = false;
  return done();
}

void LogFile::write(Stream stream, std::string_view data) {
  std::string &pending = pending_[static_cast<int>(stream)];
  stamp();
  while (!data.empty()) {
    const size_t room = kPieceMax - pending.size();
    const size_t newline = data.substr(0, room).find('\n');
    const bool isWhole = newline != std::string_view::npos;
    const size_t taken = isWhole ? newline : std::min(room, data.size());
    if (!isWhole && pending.size() + taken < kPieceMax) {
      pending.append(data.substr(0, taken));
      break;
    }
    pending.append(data.substr(0, taken));
    appendLine(stream, pending, isWhole);
    pending.clear();
    data.remove_prefix(taken + (isWhole ? 1 : 0));
  }
  if (pending.empty()) pending.shrink_to_fit();
  flush();
}

void LogFile::end(Stream stream) {
  std::string &pending = pending_[static_cast<int>(stream)];
  if (pending.empty()) return;
  stamp();
  appendLine(stream, pending, true);
  pending.clear();
  flush();
}

void LogFile::appendLine(Stream stream, std::string_view line, bool isWhole) {
  batch_.append(stamp_);
  batch_.append(stream == Stream::kStdout ? " stdout " : " stderr ");
  batch_.append(isWhole ? "F " : "P ");
  batch_.append(line).append(1, '\n');
}

void LogFile::stamp() {
  timespec now = {};
  clock_gettime(CLOCK_REALTIME, &now);
  if (now.tv_sec != stampedSecond_) {
    tm parts = {};
    gmtime_r(&now.tv_sec, &parts);
    strftime(stamp_, sizeof stamp_, "%Y-%m-%dT%H:%M:%S.", &parts);
    stampedSecond_ = now.tv_sec;
  }
  long nanoseconds = now.tv_nsec;
  for (int digit = 8; digit >= 0; digit--, nanoseconds /= 10) {
    stamp_[kSecondBytes + digit] = static_cast<char>('0' + nanoseconds % 10);
  }
  stamp_[kSecondBytes + 9] = 'Z';
  stamp_[kSecondBytes + 10] = '\0';
}

void LogFile::flush() {
  std::string_view rest = batch_;
  if (isTorn_ && !rest.empty()) batch_.insert(0, 1, '\n');
  rest = batch_;
  while (file_ && !rest.empty()) {
    const ssize_t count = ::write(file_.get(), rest.data(), rest.size());
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) break;
    rest.remove_prefix(static_cast<size_t>(count));
  }
  if (rest.size() < batch_.size()) isTorn_ = !rest.empty();
  batch_.clear();
  if (batch_.capacity() > kPieceMax) batch_.shrink_to_fit();
}
