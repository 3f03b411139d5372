#include "agent.h"

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <limits.h>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

extern char** environ;

namespace {

int Connect(const char* path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (strlen(path) >= sizeof address.sun_path) return -1;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  if (connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0) return fd;
  close(fd);
  return -1;
}

void AppendWord(std::string& payload, const char* text) {
  payload.append(text, strlen(text) + 1);
}

void AppendLink(std::string& payload, const char* path) {
  char target[PATH_MAX];
  ssize_t size = readlink(path, target, sizeof target - 1);
  target[size < 0 ? 0 : size] = '\0';
  // An empty word would end the list: this one matches no namespace.
  AppendWord(payload, size > 0 ? target : "?");
}

std::string Request(const char* plugin, const std::string& input) {
  std::string payload;
  AppendWord(payload, *plugin ? plugin : "?");
  AppendWord(payload, std::to_string(getpid()).c_str());
  AppendLink(payload, "/proc/self/ns/net");
  AppendLink(payload, "/proc/self/ns/mnt");
  for (char** variable = environ; *variable; variable++) {
    if (strncmp(*variable, "CNI_", 4) == 0) AppendWord(payload, *variable);
  }
  AppendWord(payload, "");
  payload += input;
  // Every machine that this builds for is little endian, as the wire is.
  uint32_t length = static_cast<uint32_t>(payload.size());
  return std::string(reinterpret_cast<char*>(&length), sizeof length) + payload;
}

bool SendAll(int fd, const std::string& bytes) {
  for (size_t done = 0; done < bytes.size();) {
    ssize_t size = send(fd, bytes.data() + done, bytes.size() - done, MSG_NOSIGNAL);
    if (size < 0 && errno == EINTR) continue;
    if (size < 0) return false;
    done += static_cast<size_t>(size);
  }
  return true;
}

std::string ReceiveAll(int fd) {
  std::string bytes;
  char buffer[16 << 10];
  for (;;) {
    ssize_t size = recv(fd, buffer, sizeof buffer, 0);
    if (size < 0 && errno == EINTR) continue;
    if (size <= 0) return bytes;
    bytes.append(buffer, static_cast<size_t>(size));
  }
}

}  // namespace

int AskAgent(const char* socketPath, const char* plugin, const std::string& input,
             std::string& output) {
  int fd = Connect(socketPath);
  if (fd < 0) return kNoAgent;
  std::string answer = SendAll(fd, Request(plugin, input)) ? ReceiveAll(fd) : "";
  close(fd);
  uint32_t length;
  if (answer.size() < sizeof length + 1) return kLostAgent;
  memcpy(&length, answer.data(), sizeof length);
  if (answer.size() < sizeof length + length) return kLostAgent;
  output = answer.substr(sizeof length + 1, length - 1);
  return static_cast<uint8_t>(answer[sizeof length]);
}
