// Work in other network namespaces, each time on a fresh thread: a thread's namespace is its own,
// and Node's threads never change theirs.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <cstring>
#include <string_view>

#include "js.h"
#include "kernel.h"
#include "task.h"
#include "unique_fd.h"

static void SetLoopbackUp() {
  UniqueFd socket(Check(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
  ifreq request{};
  strcpy(request.ifr_name, "lo");
  request.ifr_flags = IFF_UP | IFF_RUNNING;
  Check(ioctl(socket.get(), SIOCSIFFLAGS, &request), "ioctl");
}

static void MakeAndPin(const std::string& path) {
  int flags = O_RDONLY | O_CREAT | O_EXCL | O_CLOEXEC;
  UniqueFd file(Check(open(path.c_str(), flags, 0444), "open", path));
  try {
    Check(unshare(CLONE_NEWNET), "unshare");
    SetLoopbackUp();
    Check(mount("/proc/thread-self/ns/net", path.c_str(), "none", MS_BIND, nullptr), "mount", path);
  } catch (const Failure&) {
    unlink(path.c_str());
    throw;
  }
}

Napi::Value CreateNetns(const Napi::CallbackInfo& info) {
  std::string path = js::ToText(info[0], "path");
  return RunOnFreshThread(info.Env(), [path]() -> Conversion {
    MakeAndPin(path);
    return [](Napi::Env env) { return env.Undefined(); };
  });
}

// Does nothing for an empty path. Only for threads that end soon.
static void JoinNetns(const std::string& path) {
  if (path.empty()) return;
  UniqueFd netns(Check(open(path.c_str(), O_RDONLY | O_CLOEXEC), "open", path));
  Check(setns(netns.get(), CLONE_NEWNET), "setns", path);
}

// /proc/sys/net shows the namespace of the thread that opens it.
static void SetSysctl(const std::string& path, const std::string& value) {
  UniqueFd file(Check(open(path.c_str(), O_RDWR | O_CLOEXEC), "open", path));
  char before[256];
  ssize_t size = Check(read(file.get(), before, sizeof before), "read", path);
  if (std::string_view(before, static_cast<size_t>(size)) == value + "\n") return;
  Check(pwrite(file.get(), value.data(), value.size(), 0), "write", path);
}

Napi::Value WriteSysctl(const Napi::CallbackInfo& info) {
  std::string name = js::ToText(info[0], "name");
  if (name.empty() || name.front() == '/' || name.find("..") != std::string::npos) {
    js::Refuse(info.Env(), "name", "a path below /proc/sys");
  }
  std::string value = js::ToText(info[1], "value");
  std::string netns = js::IsAbsent(info[2]) ? "" : js::ToText(info[2], "netnsPath");
  return RunOnFreshThread(info.Env(), [name, value, netns]() -> Conversion {
    JoinNetns(netns);
    SetSysctl("/proc/sys/" + name, value);
    return [](Napi::Env env) { return env.Undefined(); };
  });
}

// Extended errors are asked for; acknowledgements come without the request's bytes.
static int OpenNetlinkHere(int protocol) {
  UniqueFd socket(Check(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol), "socket"));
  int on = 1;
  for (int option : {NETLINK_EXT_ACK, NETLINK_CAP_ACK, NETLINK_GET_STRICT_CHK}) {
    Check(setsockopt(socket.get(), SOL_NETLINK, option, &on, sizeof on), "setsockopt");
  }
  // Replies to a big batch are queued while we still send; without CAP_NET_ADMIN the default stays.
  int bytes = 4 << 20;
  setsockopt(socket.get(), SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof bytes);
  sockaddr_nl address{};
  address.nl_family = AF_NETLINK;
  Check(bind(socket.get(), reinterpret_cast<sockaddr*>(&address), sizeof address), "bind");
  return socket.Release();
}

Napi::Value OpenNetlink(const Napi::CallbackInfo& info) {
  int protocol = static_cast<int>(js::ToInteger(info[0], "protocol", 0, 31));
  std::string path;
  if (!js::IsAbsent(info[1])) path = js::ToText(info[1], "netnsPath");
  return RunOnFreshThread(info.Env(), [protocol, path]() -> Conversion {
    JoinNetns(path);
    int fd = OpenNetlinkHere(protocol);
    return [fd](Napi::Env env) { return Napi::Number::New(env, fd); };
  });
}

Napi::Value OpenSocket(const Napi::CallbackInfo& info) {
  int domain = static_cast<int>(js::ToInteger(info[0], "domain", 0, 255));
  int type = static_cast<int>(js::ToInteger(info[1], "type", 0, 15));
  int protocol = static_cast<int>(js::ToInteger(info[2], "protocol", 0, 65'535));
  std::string path = js::IsAbsent(info[3]) ? "" : js::ToText(info[3], "netnsPath");
  return RunOnFreshThread(info.Env(), [domain, type, protocol, path]() -> Conversion {
    JoinNetns(path);
    int fd = Check(::socket(domain, type | SOCK_CLOEXEC, protocol), "socket");
    return [fd](Napi::Env env) { return Napi::Number::New(env, fd); };
  });
}

// Blocks: on a fresh thread that is no harm, and a failure comes with the call that caused it.
static int ConnectHere(const sockaddr_storage& address, int timeoutMs) {
  UniqueFd socket(Check(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0), "socket"));
  timeval patience{timeoutMs / 1000, timeoutMs % 1000 * 1000};
  Check(setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience),
        "setsockopt");
  socklen_t size = address.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
  int result = connect(socket.get(), reinterpret_cast<const sockaddr*>(&address), size);
  if (result == -1 && errno == EINPROGRESS) errno = ETIMEDOUT;  // The patience of above is over.
  Check(result, "connect");
  timeval none{};
  setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &none, sizeof none);
  return socket.Release();
}

static sockaddr_storage ToAddress(Napi::Env env, const std::string& text, uint16_t port) {
  sockaddr_storage address{};
  auto* v4 = reinterpret_cast<sockaddr_in*>(&address);
  auto* v6 = reinterpret_cast<sockaddr_in6*>(&address);
  if (inet_pton(AF_INET, text.c_str(), &v4->sin_addr) == 1) {
    v4->sin_family = AF_INET;
    v4->sin_port = htons(port);
  } else if (inet_pton(AF_INET6, text.c_str(), &v6->sin6_addr) == 1) {
    v6->sin6_family = AF_INET6;
    v6->sin6_port = htons(port);
  } else {
    js::Refuse(env, "address", "an IP address");
  }
  return address;
}

Napi::Value ConnectTcp(const Napi::CallbackInfo& info) {
  std::string text = js::ToText(info[0], "address");
  auto port = static_cast<uint16_t>(js::ToInteger(info[1], "port", 1, 65535));
  int timeoutMs = static_cast<int>(js::ToInteger(info[2], "timeoutMs", 1, 600'000));
  std::string netns = js::IsAbsent(info[3]) ? "" : js::ToText(info[3], "netnsPath");
  sockaddr_storage address = ToAddress(info.Env(), text, port);
  return RunOnFreshThread(info.Env(), [address, timeoutMs, netns]() -> Conversion {
    JoinNetns(netns);
    int fd = ConnectHere(address, timeoutMs);
    return [fd](Napi::Env env) { return Napi::Number::New(env, fd); };
  });
}
