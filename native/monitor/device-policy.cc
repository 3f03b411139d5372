#include "device-policy.h"

#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/magic.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cstddef>

#include "unique-fd.h"

namespace {

constexpr int kAnyMinor = -1;

struct Rule {
  int major, minor;
};
/** null, zero, full, random, urandom, tty, console, ptmx, terminals. */
constexpr Rule kAllowed[] = {{1, 3}, {1, 5}, {1, 7}, {1, 8},          {1, 9},
                             {5, 0}, {5, 1}, {5, 2}, {136, kAnyMinor}};

// cgroup v1: a list in a file.

Status writeRule(int dir, const char *name, const std::string &rule) {
  const UniqueFd file(openat(dir, name, O_WRONLY | O_CLOEXEC));
  if (!file) return failed("open", name);
  return write(file.get(), rule.data(), rule.size()) > 0 ? done() : failed("write", name);
}

Status restrictLegacy(int dir) {
  TRY(writeRule(dir, "devices.deny", "a"));
  TRY(writeRule(dir, "devices.allow", "c *:* m"));
  TRY(writeRule(dir, "devices.allow", "b *:* m"));
  for (const Rule &rule : kAllowed) {
    const std::string minor = rule.minor == kAnyMinor ? "*" : std::to_string(rule.minor);
    TRY(writeRule(dir, "devices.allow", "c " + std::to_string(rule.major) + ":" + minor + " rwm"));
  }
  return done();
}

// cgroup v2: a program that answers 1 (allowed) or 0.

using Program = std::vector<bpf_insn>;
constexpr uint8_t kContext = BPF_REG_1, kType = BPF_REG_2, kAccess = BPF_REG_3, kMajor = BPF_REG_4,
                  kMinor = BPF_REG_5;

bpf_insn instruction(int code, uint8_t to, uint8_t from, int16_t offset, int32_t value) {
  bpf_insn result = {};
  result.code = static_cast<uint8_t>(code);
  result.dst_reg = to & 0xf;
  result.src_reg = from & 0xf;
  result.off = offset;
  result.imm = value;
  return result;
}

bpf_insn load(uint8_t to, size_t offset) {
  return instruction(BPF_LDX | BPF_MEM | BPF_W, to, kContext, static_cast<int16_t>(offset), 0);
}

bpf_insn compute(int operation, uint8_t to, int32_t value) {
  return instruction(BPF_ALU64 | operation | BPF_K, to, 0, 0, value);
}

bpf_insn skipUnless(uint8_t what, int32_t value, int16_t count) {
  return instruction(BPF_JMP | BPF_JNE | BPF_K, what, 0, count, value);
}

void answer(Program &program, int32_t result) {
  program.push_back(compute(BPF_MOV, BPF_REG_0, result));
  program.push_back(instruction(BPF_JMP | BPF_EXIT, 0, 0, 0, 0));
}

Program makeProgram() {
  Program program = {
      load(kType, offsetof(bpf_cgroup_dev_ctx, access_type)),
      instruction(BPF_ALU64 | BPF_MOV | BPF_X, kAccess, kType, 0, 0),
      compute(BPF_AND, kType, 0xffff),
      compute(BPF_RSH, kAccess, 16),
      load(kMajor, offsetof(bpf_cgroup_dev_ctx, major)),
      load(kMinor, offsetof(bpf_cgroup_dev_ctx, minor)),
      skipUnless(kAccess, BPF_DEVCG_ACC_MKNOD, 2),
  };
  answer(program, 1);
  program.push_back(instruction(BPF_JMP | BPF_JEQ | BPF_K, kType, 0, 2, BPF_DEVCG_DEV_CHAR));
  answer(program, 0);
  for (const Rule &rule : kAllowed) {
    const bool hasMinor = rule.minor != kAnyMinor;
    program.push_back(skipUnless(kMajor, rule.major, hasMinor ? 3 : 2));
    if (hasMinor) program.push_back(skipUnless(kMinor, rule.minor, 2));
    answer(program, 1);
  }
  answer(program, 0);
  return program;
}

int bpf(int command, bpf_attr &attributes) {
  return static_cast<int>(syscall(SYS_bpf, command, &attributes, sizeof attributes));
}

Status restrictUnified(int dir) {
  const Program program = makeProgram();
  bpf_attr load = {};
  load.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
  load.insns = reinterpret_cast<uintptr_t>(program.data());
  load.insn_cnt = static_cast<uint32_t>(program.size());
  load.license = reinterpret_cast<uintptr_t>("Apache-2.0");
  const UniqueFd loaded(bpf(BPF_PROG_LOAD, load));
  if (!loaded) return failed("bpf", "load");
  bpf_attr attach = {};
  attach.target_fd = static_cast<uint32_t>(dir);
  attach.attach_bpf_fd = static_cast<uint32_t>(loaded.get());
  attach.attach_type = BPF_CGROUP_DEVICE;
  attach.attach_flags = BPF_F_ALLOW_MULTI;  // And all of them must agree: ours never widens.
  return bpf(BPF_PROG_ATTACH, attach) == 0 ? done() : failed("bpf", "attach");
}

}  // namespace

Status restrictDevices(const std::vector<std::string> &cgroupDirs) {
  UniqueFd unified;
  for (const std::string &path : cgroupDirs) {
    UniqueFd dir(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!dir) return failed("open cgroup", path);
    if (faccessat(dir.get(), "devices.deny", F_OK, 0) == 0) return restrictLegacy(dir.get());
    struct statfs facts = {};
    if (fstatfs(dir.get(), &facts) != 0) return failed("statfs", path);
    if (facts.f_type == CGROUP2_SUPER_MAGIC) unified = std::move(dir);
  }
  return unified ? restrictUnified(unified.get()) : done();
}
