#include "setup-channel.h"

#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

namespace {

struct Packet {
  SetupMessage::Kind kind;
  int error;
  char step[64];
  char detail[1024];
};

template <size_t size>
void copyText(char (&target)[size], std::string_view text) {
  const size_t count = std::min(text.size(), size - 1);
  memcpy(target, text.data(), count);
  target[count] = '\0';
}

int takeDescriptor(msghdr &message) {
  for (cmsghdr *part = CMSG_FIRSTHDR(&message); part; part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) continue;
    int fd = -1;
    memcpy(&fd, CMSG_DATA(part), sizeof fd);
    return fd;
  }
  return -1;
}

}  // namespace

SetupMessage receiveSetupMessage(int channel) {
  Packet packet = {};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  iovec part = {&packet, sizeof packet};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  const ssize_t count = recvmsg(channel, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  SetupMessage result;
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return result;
  result.terminal.reset(count > 0 ? takeDescriptor(message) : -1);
  result.kind = count == sizeof packet ? packet.kind : SetupMessage::Kind::kEnd;
  if (packet.error != 0) result.status = {packet.error, packet.step, packet.detail};
  return result;
}

void SetupReporter::ready() const { send(SetupMessage::Kind::kReady, {}, -1); }

void SetupReporter::sendTerminal(int master) const {
  send(SetupMessage::Kind::kTerminal, {}, master);
}

void SetupReporter::fail(const Status &status, bool isExec) const {
  using Kind = SetupMessage::Kind;
  send(isExec ? Kind::kExecFailed : Kind::kSetupFailed, status, -1);
  _exit(127);
}

void SetupReporter::send(SetupMessage::Kind kind, const Status &status, int fd) const {
  Packet packet = {};
  packet.kind = kind;
  packet.error = status.error;
  copyText(packet.step, status.step);
  copyText(packet.detail, status.detail);
  iovec part = {&packet, sizeof packet};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (fd >= 0) {
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &fd, sizeof fd);
  }
  sendmsg(channel_, &message, MSG_NOSIGNAL);
}
