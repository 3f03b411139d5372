#pragma once

#include <map>
#include <memory>

#include "connection.h"
#include "fields.h"
#include "pod.h"
#include "stream-client.h"

class Peer;
using Peers = std::map<uint64_t, std::unique_ptr<Peer>>;

/**
 * One connection. It asks and is answered, one request or many at a time; a granted `exec` or
 * `attach` makes it that process' stream until it ends.
 */
class Peer : public Connection::Listener, public StreamClient {
 public:
  Peer(EventLoop &loop, Pod &pod, Peers &peers, uint64_t id, UniqueFd socket);
  ~Peer() override;
  /** For those who have asked for events. */
  void tell(uint8_t type, std::string_view payload);

 private:
  struct Request {
    std::string number;  // Given back with the answer.
    std::string_view payload;
    std::string id;
    int signal = 0;
    bool wantsEvents = false;
  };
  struct Route {
    uint8_t type;
    void (Peer::*handle)(const Request &request);
  };
  static const Route kRoutes[];

  void onFrame(uint8_t type, std::string_view payload) override;
  void onDrained() override;
  void onClosed() override;

  void setSource(StreamSource *source) override { source_ = source; }
  void sendOutput(Stream stream, std::string_view data) override;
  bool isFull() const override { return connection_.isFull(); }
  void setReadingInput(bool isReading) override { connection_.setReading(isReading); }
  void drop() override;
  void sendEnd(int exitCode) override;

  void hello(const Request &request);
  void state(const Request &request);
  void start(const Request &request);
  void signal(const Request &request);
  void remove(const Request &request);
  void shutDown(const Request &request);
  void exec(const Request &request);
  void attach(const Request &request);
  void reopenLog(const Request &request);

  void stream(uint8_t type, std::string_view payload);
  void answer(const Request &request, const Status &status);
  void reply(const std::string &number, const FieldWriter &fields);
  void error(const std::string &number, const Status &status, bool isExec);

  EventLoop &loop_;
  Pod &pod_;
  Peers &peers_;
  uint64_t id_;
  StreamSource *source_ = nullptr;
  bool wantsEvents_ = false;
  Connection connection_;
};
