#include "credentials.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "sys.h"
#include "unique-fd.h"

namespace {

constexpr std::string_view kCapabilities[] = {
    "CAP_CHOWN",           "CAP_DAC_OVERRIDE",     "CAP_DAC_READ_SEARCH", "CAP_FOWNER",
    "CAP_FSETID",          "CAP_KILL",             "CAP_SETGID",          "CAP_SETUID",
    "CAP_SETPCAP",         "CAP_LINUX_IMMUTABLE",  "CAP_NET_BIND_SERVICE", "CAP_NET_BROADCAST",
    "CAP_NET_ADMIN",       "CAP_NET_RAW",          "CAP_IPC_LOCK",        "CAP_IPC_OWNER",
    "CAP_SYS_MODULE",      "CAP_SYS_RAWIO",        "CAP_SYS_CHROOT",      "CAP_SYS_PTRACE",
    "CAP_SYS_PACCT",       "CAP_SYS_ADMIN",        "CAP_SYS_BOOT",        "CAP_SYS_NICE",
    "CAP_SYS_RESOURCE",    "CAP_SYS_TIME",         "CAP_SYS_TTY_CONFIG",  "CAP_MKNOD",
    "CAP_LEASE",           "CAP_AUDIT_WRITE",      "CAP_AUDIT_CONTROL",   "CAP_SETFCAP",
    "CAP_MAC_OVERRIDE",    "CAP_MAC_ADMIN",        "CAP_SYSLOG",          "CAP_WAKE_ALARM",
    "CAP_BLOCK_SUSPEND",   "CAP_AUDIT_READ",       "CAP_PERFMON",         "CAP_BPF",
    "CAP_CHECKPOINT_RESTORE",
};

constexpr rlim_t kOpenFilesSoft = 1024, kOpenFilesHard = 524'288;

Status readOwnCapabilities(uint64_t &permitted) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  if (syscall(SYS_capget, &header, data) != 0) return failed("capget");
  permitted = data[0].permitted | static_cast<uint64_t>(data[1].permitted) << 32;
  return done();
}

/** Inheritable and ambient stay empty: a program gets only what its file gives it. */
Status setCapabilities(uint64_t set) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct data[2] = {};
  data[0].permitted = data[0].effective = static_cast<uint32_t>(set);
  data[1].permitted = data[1].effective = static_cast<uint32_t>(set >> 32);
  if (syscall(SYS_capset, &header, data) != 0) return failed("capset");
  return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) == 0 ? done()
                                                                        : failed("prctl ambient");
}

Status boundCapabilities(uint64_t set) {
  for (int number = 0; number < 64; number++) {
    if (set >> number & 1) continue;
    if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0) continue;
    return errno == EINVAL ? done() : failed("prctl bounding");  // The kernel's last is behind us.
  }
  return done();
}

/** The container's user may then open /dev/stdout and its like again. */
Status givePipes(uid_t uid) {
  for (int fd = 0; fd < 3; fd++) {
    struct stat facts = {};
    if (fstat(fd, &facts) != 0) return failed("fstat", "stdio");
    if (!S_ISFIFO(facts.st_mode)) continue;
    if (fchown(fd, uid, static_cast<gid_t>(-1)) != 0) return failed("fchown", "stdio");
  }
  return done();
}

Status becomeUser(const ContainerSpec &spec) {
  if (setgroups(spec.additionalGids.size(), spec.additionalGids.data()) != 0) {
    return failed("setgroups");
  }
  // For the moment between leaving root and setting the container's own capabilities.
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) return failed("prctl keepcaps");
  if (setresgid(spec.gid, spec.gid, spec.gid) != 0) return failed("setresgid");
  if (setresuid(spec.uid, spec.uid, spec.uid) != 0) return failed("setresuid");
  return prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0) == 0 ? done() : failed("prctl keepcaps");
}

}  // namespace

int capabilityNumber(std::string_view name) {
  const auto found = std::find(std::begin(kCapabilities), std::end(kCapabilities), name);
  return found == std::end(kCapabilities) ? -1
                                          : static_cast<int>(found - std::begin(kCapabilities));
}

Status takeIdentity(const ContainerSpec &spec) {
  uint64_t own = 0;
  TRY(readOwnCapabilities(own));
  const uint64_t wanted = own & (spec.privileged ? ~0ULL : spec.capabilities);
  TRY(boundCapabilities(wanted));
  TRY(givePipes(spec.uid));
  TRY(becomeUser(spec));
  TRY(setCapabilities(wanted));
  // A change of identity forgets it: so it comes after. Without a monitor nobody would read the
  // output, or learn of the end.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) != 0) return failed("prctl death signal");
  if (spec.noNewPrivileges && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
    return failed("prctl no_new_privs");
  }
  return done();
}

Status makeSession() {
  if (setsid() < 0) return failed("setsid");
  const bool isMissing = sys::keyctl(KEYCTL_JOIN_SESSION_KEYRING, nullptr) < 0 &&
                         errno != ENOSYS && errno != EDQUOT;
  return isMissing ? failed("keyctl") : done();
}

Status setOomScoreAdj(int score) {
  const UniqueFd file(open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  const std::string text = std::to_string(score);
  if (!file) return failed("open", "oom_score_adj");
  const bool isWritten = write(file.get(), text.data(), text.size()) > 0;
  return isWritten || errno == EACCES ? done() : failed("write", "oom_score_adj");
}

Status setDefaultLimits() {
  rlimit limit = {};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return failed("getrlimit");
  limit.rlim_max = std::min(limit.rlim_max, kOpenFilesHard);
  limit.rlim_cur = std::min(limit.rlim_max, kOpenFilesSoft);
  return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? done() : failed("setrlimit");
}
