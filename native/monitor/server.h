#pragma once

#include <map>
#include <memory>

#include "peer.h"

/** The path socket that agents connect to. */
class Server {
 public:
  Server(EventLoop &loop, Pod &pod) : loop_(loop), pod_(pod) {}
  /** `<runDir>/monitor.sock`, for us alone. */
  Status listen(const std::string &runDir);
  /** Unlinks it, so that nobody finds a socket without a server. */
  void close();
  /** Sends an exit to everyone who wants to know. */
  void tellExit(const Container &container);

 private:
  void accept();

  EventLoop &loop_;
  Pod &pod_;
  UniqueFd runDir_, socket_;
  EventLoop::Watch watch_;
  uint64_t nextPeer_ = 1;
  Peers peers_;
};
