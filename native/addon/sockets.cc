// What sockets of other kinds than netlink can do: frames out of a link, facts about iptables.
#include <netinet/in.h>
#include <sys/socket.h>

// After netinet/in.h, which the kernel's headers then leave to it.
#include <linux/if_packet.h>
#include <linux/netfilter_ipv4/ip_tables.h>

#include <cstring>

#include "js.h"
#include "kernel.h"

Napi::Value SendFrame(const Napi::CallbackInfo& info) {
  int fd = js::ToFd(info[0], "fd");
  int index = static_cast<int>(js::ToInteger(info[1], "index", 1, INT32_MAX));
  Napi::Value frame = info[2];
  if (!frame.IsTypedArray() || frame.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    js::Refuse(info.Env(), "frame", "a Uint8Array");
  }
  auto bytes = frame.As<Napi::Uint8Array>();
  sockaddr_ll to{};
  to.sll_family = AF_PACKET;
  to.sll_ifindex = index;
  Check(sendto(fd, bytes.Data(), bytes.ByteLength(), MSG_DONTWAIT,
               reinterpret_cast<sockaddr*>(&to), sizeof to),
        "sendto");
  return info.Env().Undefined();
}

// IP6T_SO_GET_INFO has the same number, and its answer the same shape.
Napi::Value IptablesInfo(const Napi::CallbackInfo& info) {
  int fd = js::ToFd(info[0], "fd");
  bool isIpv6 = js::ToBool(info[1], "isIpv6");
  std::string table = js::ToText(info[2], "table");
  ipt_getinfo answer{};
  if (table.size() >= sizeof answer.name) js::Refuse(info.Env(), "table", "at most 31 bytes");
  memcpy(answer.name, table.data(), table.size());
  socklen_t size = sizeof answer;
  Check(getsockopt(fd, isIpv6 ? SOL_IPV6 : SOL_IP, IPT_SO_GET_INFO, &answer, &size), "getsockopt");
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("entries", Napi::Number::New(info.Env(), answer.num_entries));
  result.Set("bytes", Napi::Number::New(info.Env(), answer.size));
  return result;
}
