// The bpf(2) system call: maps, programs, and where they hang. Everything ends with its descriptor.
#include <fcntl.h>
#include <linux/bpf.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstring>
#include <vector>

#include "js.h"
#include "kernel.h"
#include "unique_fd.h"

namespace {

int Bpf(bpf_cmd command, bpf_attr& attr) {
  return static_cast<int>(syscall(SYS_bpf, command, &attr, sizeof attr));
}

uint64_t Address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

Napi::Uint8Array ToBytes(Napi::Value value, const char* name) {
  if (!value.IsTypedArray() || value.As<Napi::TypedArray>().TypedArrayType() != napi_uint8_array) {
    js::Refuse(value.Env(), name, "a Uint8Array");
  }
  return value.As<Napi::Uint8Array>();
}

uint32_t ToCount(Napi::Object options, const char* name) {
  return static_cast<uint32_t>(
      js::ToInteger(options.Get(name), std::string("options.") + name, 0, 1 << 30));
}

}  // namespace

Napi::Value BpfMap(const Napi::CallbackInfo& info) {
  Napi::Object options = js::ToObject(info[0], "options");
  bpf_attr attr{};
  attr.map_type = ToCount(options, "type");
  attr.key_size = ToCount(options, "keyBytes");
  attr.value_size = ToCount(options, "valueBytes");
  attr.max_entries = ToCount(options, "entriesMax");
  attr.map_flags = ToCount(options, "flags");
  return Napi::Number::New(info.Env(), Check(Bpf(BPF_MAP_CREATE, attr), "bpf"));
}

Napi::Value BpfSet(const Napi::CallbackInfo& info) {
  auto key = ToBytes(info[1], "key");
  auto value = ToBytes(info[2], "value");
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(js::ToFd(info[0], "fd"));
  attr.key = Address(key.Data());
  attr.value = Address(value.Data());
  Check(Bpf(BPF_MAP_UPDATE_ELEM, attr), "bpf");
  return info.Env().Undefined();
}

Napi::Value BpfDelete(const Napi::CallbackInfo& info) {
  auto key = ToBytes(info[1], "key");
  bpf_attr attr{};
  attr.map_fd = static_cast<uint32_t>(js::ToFd(info[0], "fd"));
  attr.key = Address(key.Data());
  if (Bpf(BPF_MAP_DELETE_ELEM, attr) < 0 && errno != ENOENT) throw Failure(errno, "bpf");
  return info.Env().Undefined();
}

Napi::Value BpfProgram(const Napi::CallbackInfo& info) {
  Napi::Object options = js::ToObject(info[0], "options");
  auto instructions = ToBytes(options.Get("instructions"), "options.instructions");
  static const char license[] = "Dual BSD/GPL";
  std::vector<char> said(64 << 10);
  bpf_attr attr{};
  attr.prog_type = ToCount(options, "type");
  attr.expected_attach_type = ToCount(options, "attachType");
  attr.insns = Address(instructions.Data());
  attr.insn_cnt = static_cast<uint32_t>(instructions.ByteLength() / sizeof(bpf_insn));
  attr.license = Address(license);
  int fd = Bpf(BPF_PROG_LOAD, attr);
  if (fd < 0 && errno != EPERM && errno != ENOSYS) {
    // Once more, for what the verifier has to say.
    attr.log_level = 1;
    attr.log_buf = Address(said.data());
    attr.log_size = static_cast<uint32_t>(said.size());
    fd = Bpf(BPF_PROG_LOAD, attr);
    if (fd < 0) throw Failure(errno, "bpf", said.data());
  }
  return Napi::Number::New(info.Env(), Check(fd, "bpf"));
}

Napi::Value BpfAttach(const Napi::CallbackInfo& info) {
  Napi::Object options = js::ToObject(info[0], "options");
  std::string path = js::ToText(options.Get("cgroup"), "options.cgroup");
  UniqueFd cgroup(Check(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC), "open", path));
  bpf_attr attr{};
  attr.link_create.prog_fd = static_cast<uint32_t>(js::ToFd(options.Get("program"), "program"));
  attr.link_create.target_fd = static_cast<uint32_t>(cgroup.get());
  attr.link_create.attach_type = ToCount(options, "attachType");
  return Napi::Number::New(info.Env(), Check(Bpf(BPF_LINK_CREATE, attr), "bpf", path));
}
