#include "spec.h"

#include <errno.h>
#include <linux/mount.h>

#include "fields.h"

namespace {

template <typename Spec>
struct Field {
  std::string_view key;
  bool (*set)(Spec &spec, std::string_view value);
};

bool isSet(std::string_view value) { return value == "1"; }

bool startMount(ContainerSpec &spec, std::string_view kind) {
  MountSpec mount;
  mount.isTmpfs = kind == "tmpfs";
  mount.propagation = MS_PRIVATE;
  spec.mounts.push_back(mount);
  return kind == "tmpfs" || kind == "bind";
}

template <std::string MountSpec::*field>
bool setMount(ContainerSpec &spec, std::string_view value) {
  if (spec.mounts.empty()) return false;
  spec.mounts.back().*field = value;
  return true;
}

bool setPropagation(ContainerSpec &spec, std::string_view value) {
  if (spec.mounts.empty()) return false;
  uint64_t &propagation = spec.mounts.back().propagation;
  if (value == "slave") propagation = MS_SLAVE;
  if (value == "shared") propagation = MS_SHARED;
  return value == "private" || value == "slave" || value == "shared";
}

bool addCapability(ContainerSpec &spec, std::string_view name) {
  const int number = capabilityNumber(name);
  if (number >= 0) spec.capabilities |= 1ULL << number;
  return number >= 0;
}

bool addGid(ContainerSpec &spec, std::string_view value) {
  return parseNumber(value, spec.additionalGids.emplace_back());
}

template <typename Spec, auto field>
bool setText(Spec &spec, std::string_view value) {
  spec.*field = value;
  return true;
}

template <typename Spec, auto field>
bool setFlag(Spec &spec, std::string_view value) {
  spec.*field = isSet(value);
  return true;
}

template <typename Spec, auto field>
bool addText(Spec &spec, std::string_view value) {
  (spec.*field).emplace_back(value);
  return true;
}

template <typename Spec, auto field>
bool setNumber(Spec &spec, std::string_view value) {
  return parseNumber(value, spec.*field);
}

using S = SandboxSpec;
constexpr Field<S> kSandboxFields[] = {
    {"id", setText<S, &S::id>},
    {"runDir", setText<S, &S::runDir>},
    {"hostname", setText<S, &S::hostname>},
    {"netnsPath", setText<S, &S::netnsPath>},
    {"pausePath", setText<S, &S::pausePath>},
    {"pauseFd", setNumber<S, &S::pauseFd>},
    {"hostPid", setFlag<S, &S::hostPid>},
    {"hostIpc", setFlag<S, &S::hostIpc>},
    {"cgroupDir", addText<S, &S::cgroupDirs>},
    {"monitorCgroupDir", addText<S, &S::monitorCgroupDirs>},
    {"sysctl", addText<S, &S::sysctls>},
};

using C = ContainerSpec;
constexpr Field<C> kContainerFields[] = {
    {"id", setText<C, &C::id>},
    {"arg", addText<C, &C::args>},
    {"env", addText<C, &C::env>},
    {"cwd", setText<C, &C::cwd>},
    {"lowerDir", addText<C, &C::lowerDirs>},
    {"upperDir", setText<C, &C::upperDir>},
    {"workDir", setText<C, &C::workDir>},
    {"rootDir", setText<C, &C::rootDir>},
    {"mount", startMount},
    {"mount.source", setMount<&MountSpec::source>},
    {"mount.target", setMount<&MountSpec::target>},
    {"mount.subPath", setMount<&MountSpec::subPath>},
    {"mount.options", setMount<&MountSpec::options>},
    {"mount.propagation", setPropagation},
    {"mount.readOnly",
     [](C &spec, std::string_view value) {
       if (!spec.mounts.empty()) spec.mounts.back().readOnly = isSet(value);
       return !spec.mounts.empty();
     }},
    {"uid", setNumber<C, &C::uid>},
    {"gid", setNumber<C, &C::gid>},
    {"additionalGid", addGid},
    {"capability", addCapability},
    {"noNewPrivileges", setFlag<C, &C::noNewPrivileges>},
    {"privileged", setFlag<C, &C::privileged>},
    {"readOnlyRoot", setFlag<C, &C::readOnlyRoot>},
    {"oomScoreAdj", setNumber<C, &C::oomScoreAdj>},
    {"cgroupDir", addText<C, &C::cgroupDirs>},
    {"logPath", setText<C, &C::logPath>},
    {"terminal", setFlag<C, &C::terminal>},
    {"stdin", setFlag<C, &C::hasStdin>},
    {"sharedPid", setFlag<C, &C::sharedPid>},
    {"pidOf", setText<C, &C::pidOf>},
};

using X = ExecSpec;
constexpr Field<X> kExecFields[] = {
    {"id", setText<X, &X::container>},   {"arg", addText<X, &X::args>},
    {"env", addText<X, &X::env>},        {"hasEnv", setFlag<X, &X::hasEnv>},
    {"terminal", setFlag<X, &X::terminal>}, {"stdin", setFlag<X, &X::hasStdin>},
};

/** Unknown keys are passed over: a newer agent may say more than we know. */
template <typename Spec, size_t count>
Status parse(const Field<Spec> (&table)[count], std::string_view text, Spec &spec) {
  FieldReader fields(text);
  while (fields.next()) {
    for (const Field<Spec> &field : table) {
      if (field.key != fields.key()) continue;
      if (!field.set(spec, fields.value())) return refused(EINVAL, "spec", fields.key());
      break;
    }
  }
  return fields.isMalformed() ? refused(EINVAL, "spec") : done();
}

bool isAbsolute(const std::string &path) { return !path.empty() && path[0] == '/'; }

}  // namespace

Status parseSandboxSpec(std::string_view text, SandboxSpec &spec) {
  TRY(parse(kSandboxFields, text, spec));
  if (spec.id.empty()) return refused(EINVAL, "spec", "id");
  if (!isAbsolute(spec.runDir)) return refused(EINVAL, "spec", "runDir");
  if (spec.pauseFd < 0 && !isAbsolute(spec.pausePath)) return refused(EINVAL, "spec", "pausePath");
  return done();
}

Status parseContainerSpec(std::string_view text, ContainerSpec &spec) {
  TRY(parse(kContainerFields, text, spec));
  if (spec.id.empty()) return refused(EINVAL, "spec", "id");
  if (spec.args.empty()) return refused(EINVAL, "spec", "arg");
  if (spec.lowerDirs.empty()) return refused(EINVAL, "spec", "lowerDir");
  if (!isAbsolute(spec.cwd)) return refused(EINVAL, "spec", "cwd");
  if (!isAbsolute(spec.rootDir)) return refused(EINVAL, "spec", "rootDir");
  for (const MountSpec &mount : spec.mounts) {
    if (!isAbsolute(mount.target)) return refused(EINVAL, "spec", "mount.target");
  }
  return done();
}

Status parseExecSpec(std::string_view text, ExecSpec &spec) {
  TRY(parse(kExecFields, text, spec));
  return spec.args.empty() ? refused(EINVAL, "spec", "arg") : done();
}
