// Bytes in, bytes out: messages are built and read in TypeScript.
#include <linux/netlink.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstring>
#include <limits>
#include <unordered_set>

#include "js.h"
#include "kernel.h"
#include "task.h"

using Bytes = std::vector<uint8_t>;
using Clock = std::chrono::steady_clock;

namespace {

struct Request {
  Bytes bytes;
  std::unordered_set<uint32_t> sequences;   // Of all messages: other replies are stale.
  std::unordered_set<uint32_t> unanswered;  // Those that the kernel will answer for certain.
};

// Calls `each(header)` for every message that lies whole in `bytes`.
template <typename Each>
bool ForEachMessage(const uint8_t* bytes, size_t size, Each each) {
  size_t offset = 0;
  while (size - offset >= sizeof(nlmsghdr)) {
    nlmsghdr header;
    memcpy(&header, bytes + offset, sizeof header);
    if (header.nlmsg_len < sizeof header || header.nlmsg_len > size - offset) return false;
    each(header, bytes + offset);
    size_t aligned = NLMSG_ALIGN(static_cast<size_t>(header.nlmsg_len));
    if (aligned >= size - offset) return true;
    offset += aligned;
  }
  return offset == size;
}

bool IsAnswered(const nlmsghdr& header) {
  return (header.nlmsg_flags & NLM_F_ACK) || (header.nlmsg_flags & NLM_F_DUMP) == NLM_F_DUMP;
}

void Send(int fd, const Bytes& bytes) {
  int limit = 0;
  socklen_t length = sizeof limit;
  Check(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &limit, &length), "getsockopt");
  if (bytes.size() > static_cast<size_t>(limit) / 2) {
    int wanted = static_cast<int>(bytes.size() * 2);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &wanted, sizeof wanted);
  }
  sockaddr_nl kernel{};
  kernel.nl_family = AF_NETLINK;
  Check(sendto(fd, bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&kernel),
               sizeof kernel),
        "sendto");
}

void AwaitReply(int fd, Clock::time_point deadline) {
  for (;;) {
    auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    if (left <= 0) throw Failure(ETIMEDOUT, "recvmsg");
    pollfd entry{fd, POLLIN, 0};
    int ready = poll(&entry, 1, static_cast<int>(left));
    if (ready > 0) return;
    if (ready < 0 && errno != EINTR) throw Failure(errno, "poll");
  }
}

// Keeps the messages of a datagram that answer `request`, and crosses off what they answer.
void Take(const uint8_t* datagram, size_t size, Request& request, Bytes& replies) {
  bool isWhole = ForEachMessage(datagram, size, [&](const nlmsghdr& header, const uint8_t* start) {
    if (!request.sequences.contains(header.nlmsg_seq)) return;
    size_t aligned = NLMSG_ALIGN(static_cast<size_t>(header.nlmsg_len));
    replies.insert(replies.end(), start, start + header.nlmsg_len);
    replies.resize(replies.size() + aligned - header.nlmsg_len);
    if (header.nlmsg_type == NLMSG_ERROR || header.nlmsg_type == NLMSG_DONE) {
      request.unanswered.erase(header.nlmsg_seq);
    }
  });
  if (!isWhole) throw Failure(EBADMSG, "recvmsg");
}

Bytes Transact(int fd, Request& request, int64_t timeoutMs) {
  auto deadline = Clock::now() + std::chrono::milliseconds(timeoutMs);
  Send(fd, request.bytes);
  Bytes replies;
  Bytes datagram(64 << 10);  // The kernel fills dump datagrams up to 32 KiB.
  while (!request.unanswered.empty()) {
    ssize_t size = recv(fd, datagram.data(), datagram.size(), MSG_DONTWAIT | MSG_TRUNC);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
      AwaitReply(fd, deadline);
      continue;
    }
    Check(size, "recvmsg");
    if (static_cast<size_t>(size) > datagram.size()) throw Failure(EMSGSIZE, "recvmsg");
    Take(datagram.data(), static_cast<size_t>(size), request, replies);
  }
  return replies;
}

Request ToRequest(Napi::Value value) {
  if (!value.IsTypedArray() ||
      value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    js::Refuse(value.Env(), "request", "a Uint8Array");
  }
  auto array = value.As<Napi::Uint8Array>();
  Request request{Bytes(array.Data(), array.Data() + array.ByteLength()), {}, {}};
  auto note = [&](const nlmsghdr& header, const uint8_t*) {
    request.sequences.insert(header.nlmsg_seq);
    if (IsAnswered(header)) request.unanswered.insert(header.nlmsg_seq);
  };
  bool isWhole = ForEachMessage(request.bytes.data(), request.bytes.size(), note);
  if (!isWhole || request.sequences.empty()) {
    js::Refuse(value.Env(), "request", "whole netlink messages");
  }
  return request;
}

}  // namespace

Napi::Value NetlinkTransact(const Napi::CallbackInfo& info) {
  int fd = js::ToFd(info[0], "fd");
  Request request = ToRequest(info[1]);
  auto timeoutMs = js::ToInteger(info[2], "timeoutMs", 1, 3'600'000);
  return RunOnFreshThread(
      info.Env(), [fd, request = std::move(request), timeoutMs]() mutable -> Conversion {
        Bytes replies = Transact(fd, request, timeoutMs);
        return [replies = std::move(replies)](Napi::Env env) {
          return Napi::Buffer<uint8_t>::Copy(env, replies.data(), replies.size());
        };
      });
}

Napi::Value NetlinkJoin(const Napi::CallbackInfo& info) {
  int fd = js::ToFd(info[0], "fd");
  int group = static_cast<int>(js::ToInteger(info[1], "group", 1, 1024));
  Check(setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof group), "setsockopt");
  return info.Env().Undefined();
}

Napi::Value NetlinkReceive(const Napi::CallbackInfo& info) {
  int fd = js::ToFd(info[0], "fd");
  Bytes datagram(64 << 10);
  ssize_t size = recv(fd, datagram.data(), datagram.size(), MSG_DONTWAIT);
  if (size < 0 && errno != EAGAIN) throw Failure(errno, "recv");
  if (size <= 0) return info.Env().Undefined();
  return Napi::Buffer<uint8_t>::Copy(info.Env(), datagram.data(), static_cast<size_t>(size));
}
