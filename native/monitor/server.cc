#include "server.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "frame.h"

namespace {
constexpr char kName[] = "monitor.sock";
constexpr int kBacklog = 128;
}  // namespace

Status Server::listen(const std::string &runDir) {
  runDir_.reset(open(runDir.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  socket_.reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!runDir_ || !socket_) return failed("open", runDir);
  unlinkat(runDir_.get(), kName, 0);  // Of a monitor that was killed: we hold the pid file's lock.
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  // A socket's path is short; by way of the descriptor any directory will do.
  snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/%s", runDir_.get(), kName);
  const mode_t mask = umask(0177);
  const int result =
      bind(socket_.get(), reinterpret_cast<const sockaddr *>(&address), sizeof address);
  umask(mask);
  if (result != 0) return failed("bind", runDir);
  if (::listen(socket_.get(), kBacklog) != 0) return failed("listen");
  watch_ = loop_.watch(socket_.get(), EPOLLIN, [this](uint32_t) { accept(); });
  return done();
}

void Server::close() {
  watch_.reset();
  socket_.reset();
  unlinkat(runDir_.get(), kName, 0);
}

void Server::tellExit(const Container &container) {
  FieldWriter fields;
  container.describe(fields);
  for (const auto &[id, peer] : peers_) peer->tell(frame::kExited, fields.text());
}

void Server::accept() {
  UniqueFd socket(accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
  ucred who = {};
  socklen_t length = sizeof who;
  if (!socket || getsockopt(socket.get(), SOL_SOCKET, SO_PEERCRED, &who, &length) != 0) return;
  if (who.uid != geteuid()) return;
  const uint64_t id = nextPeer_++;
  peers_.emplace(id, std::make_unique<Peer>(loop_, pod_, peers_, id, std::move(socket)));
}
