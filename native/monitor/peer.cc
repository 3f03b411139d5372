#include "peer.h"

#include <unistd.h>

#include "frame.h"

const Peer::Route Peer::kRoutes[] = {
    {frame::kHello, &Peer::hello},       {frame::kState, &Peer::state},
    {frame::kStart, &Peer::start},       {frame::kSignal, &Peer::signal},
    {frame::kRemove, &Peer::remove},     {frame::kShutdown, &Peer::shutDown},
    {frame::kExec, &Peer::exec},         {frame::kAttach, &Peer::attach},
    {frame::kReopenLog, &Peer::reopenLog},
};

Peer::Peer(EventLoop &loop, Pod &pod, Peers &peers, uint64_t id, UniqueFd socket)
    : loop_(loop), pod_(pod), peers_(peers), id_(id), connection_(loop, std::move(socket), *this) {}

Peer::~Peer() {
  if (source_) source_->onClientGone();
}

void Peer::tell(uint8_t type, std::string_view payload) {
  if (wantsEvents_) connection_.send(type, payload);
}

void Peer::onFrame(uint8_t type, std::string_view payload) {
  if (source_) return stream(type, payload);
  Request request;
  request.payload = payload;
  FieldReader fields(payload);
  while (fields.next()) {
    if (fields.key() == "request") request.number = fields.value();
    if (fields.key() == "id") request.id = fields.value();
    if (fields.key() == "signal") parseNumber(fields.value(), request.signal);
    if (fields.key() == "events") request.wantsEvents = fields.value() == "1";
  }
  for (const Route &route : kRoutes) {
    if (route.type == type) return (this->*route.handle)(request);
  }
  // A newer agent may ask for what we do not know: it is told so, and goes on.
  error(request.number, refused(ENOSYS, "request"), false);
}

void Peer::onDrained() {
  if (source_) source_->onClientDrained();
}

void Peer::onClosed() {
  if (source_) source_->onClientGone();
  source_ = nullptr;
  loop_.defer([&peers = peers_, id = id_] { peers.erase(id); });
}

void Peer::sendOutput(Stream stream, std::string_view data) {
  connection_.send(stream == Stream::kStdout ? frame::kStdout : frame::kStderr, data);
}

void Peer::drop() { connection_.close(); }

void Peer::sendEnd(int exitCode) {
  FieldWriter fields;
  fields.add("exitCode", exitCode);
  connection_.send(frame::kStreamEnd, fields.text());
  connection_.closeWhenSent();
}

void Peer::hello(const Request &request) {
  wantsEvents_ = request.wantsEvents;
  FieldWriter fields;
  fields.add("version", frame::kVersion).add("pid", getpid());
  reply(request.number, fields);
}

void Peer::state(const Request &request) {
  FieldWriter fields;
  pod_.describe(fields);
  reply(request.number, fields);
}

void Peer::start(const Request &request) {
  ContainerSpec spec;
  const Status status = parseContainerSpec(request.payload, spec);
  if (!status.ok()) return error(request.number, status, false);
  // The answer comes later, and perhaps to nobody.
  pod_.start(std::move(spec), [&peers = peers_, id = id_, number = request.number](
                                  const Status &result, bool isExec, const Container *container) {
    const auto found = peers.find(id);
    if (found == peers.end()) return;
    if (!result.ok()) return found->second->error(number, result, isExec);
    FieldWriter fields;
    container->describe(fields);
    found->second->reply(number, fields);
  });
}

void Peer::signal(const Request &request) {
  answer(request, pod_.signal(request.id, request.signal));
}

void Peer::remove(const Request &request) { answer(request, pod_.remove(request.id)); }

void Peer::reopenLog(const Request &request) { answer(request, pod_.reopenLog(request.id)); }

void Peer::shutDown(const Request &request) {
  pod_.shutDown([&peers = peers_, &loop = loop_, id = id_, number = request.number] {
    const auto found = peers.find(id);
    if (found != peers.end()) found->second->reply(number, {});
    loop.stop();
  });
}

void Peer::exec(const Request &request) {
  ExecSpec spec;
  const Status status = parseExecSpec(request.payload, spec);
  if (!status.ok()) return error(request.number, status, false);
  // The session calls only while it has us for its client.
  pod_.exec(spec, *this, [this, number = request.number](const Status &result, bool isExec) {
    if (!result.ok()) return error(number, result, isExec);
    reply(number, {});
  });
}

void Peer::attach(const Request &request) {
  const Status status = pod_.attach(request.id, *this);
  if (!status.ok()) return error(request.number, status, false);
  reply(request.number, {});
}

/** Frames of a connection that is a process' stream. */
void Peer::stream(uint8_t type, std::string_view payload) {
  if (type == frame::kInput) return source_->onInput(payload);
  if (type == frame::kInputEnd) return source_->onInputEnd();
  if (type != frame::kResize) return;
  unsigned short columns = 0, rows = 0;
  FieldReader fields(payload);
  while (fields.next()) {
    if (fields.key() == "columns") parseNumber(fields.value(), columns);
    if (fields.key() == "rows") parseNumber(fields.value(), rows);
  }
  source_->onResize(columns, rows);
}

void Peer::answer(const Request &request, const Status &status) {
  if (!status.ok()) return error(request.number, status, false);
  reply(request.number, {});
}

void Peer::reply(const std::string &number, const FieldWriter &fields) {
  FieldWriter head;
  head.add("request", number);
  connection_.send(frame::kReply, head.text() + fields.text());
}

void Peer::error(const std::string &number, const Status &status, bool isExec) {
  FieldWriter fields;
  fields.add("request", number)
      .add("errno", status.error)
      .add("step", status.step)
      .add("detail", status.detail)
      .add("stage", isExec ? "exec" : "setup");
  connection_.send(frame::kError, fields.text());
}
