// Waits for any number of descriptors on one thread. A pidfd is readable once its process has ended.
#include <fcntl.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/wait.h>

#include <memory>
#include <thread>

#include "js.h"
#include "kernel.h"
#include "task.h"
#include "unique_fd.h"

namespace {

struct Waiter {
  UniqueFd fd;  // Our own duplicate: the caller may close his at any time.
  Work work;
  Pending* pending;
};

// Never destroyed: its thread runs until the process ends.
class Waiting {
 public:
  static Waiting& Instance() {
    static auto* instance = new Waiting;
    return *instance;
  }

  void Add(std::unique_ptr<Waiter> waiter) {
    epoll_event event{EPOLLIN | EPOLLONESHOT, {}};
    event.data.ptr = waiter.get();
    Check(epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, waiter->fd.get(), &event), "epoll_ctl");
    waiter.release();
  }

 private:
  Waiting() : epoll_(Check(epoll_create1(EPOLL_CLOEXEC), "epoll_create1")) {
    std::thread([this] { Loop(); }).detach();
  }

  void Loop() {
    for (;;) {
      epoll_event event;
      if (epoll_wait(epoll_.get(), &event, 1, -1) != 1) continue;
      std::unique_ptr<Waiter> waiter(static_cast<Waiter*>(event.data.ptr));
      epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, waiter->fd.get(), nullptr);
      waiter->pending->SettleBy(waiter->work);
    }
  }

  UniqueFd epoll_;
};

Conversion Reap(int pidfd) {
  siginfo_t info{};
  Check(waitid(P_PIDFD, static_cast<id_t>(pidfd), &info, WEXITED | WNOHANG), "waitid");
  bool hasExited = info.si_code == CLD_EXITED;
  int status = info.si_status;
  return [hasExited, status](Napi::Env env) -> Napi::Value {
    Napi::Object result = Napi::Object::New(env);
    result.Set(hasExited ? "code" : "signal", Napi::Number::New(env, status));
    return result;
  };
}

Conversion Nothing() {
  return [](Napi::Env env) { return env.Undefined(); };
}

// Our own duplicate of what can be waited for. Only a child's end can be reaped.
UniqueFd Adopt(int pidfd, bool reaps) {
  UniqueFd own(Check(fcntl(pidfd, F_DUPFD_CLOEXEC, 3), "fcntl"));
  siginfo_t ignored{};
  int result = waitid(P_PIDFD, static_cast<id_t>(own.get()), &ignored, WEXITED | WNOHANG | WNOWAIT);
  if (result < 0 && (reaps || errno != ECHILD)) throw Failure(errno, "waitid");
  return own;
}

// `adopt` gives our own duplicate of the descriptor, or throws Failure.
template <typename Adopter>
Napi::Value Wait(Napi::Env env, bool reaps, Adopter adopt) {
  auto* pending = new Pending(env, reaps);
  Napi::Promise promise = pending->promise();
  try {
    UniqueFd own = adopt();
    int fd = own.get();
    Work work = reaps ? Work([fd] { return Reap(fd); }) : Work(Nothing);
    Waiting::Instance().Add(
        std::make_unique<Waiter>(std::move(own), std::move(work), pending));
  } catch (const Failure& failure) {
    pending->SettleBy([failure]() -> Conversion { throw failure; });
  }
  return promise;
}

Napi::Value WaitForProcess(const Napi::CallbackInfo& info, bool reaps) {
  int pidfd = js::ToFd(info[0], "pidfd");
  return Wait(info.Env(), reaps, [pidfd, reaps] { return Adopt(pidfd, reaps); });
}

}  // namespace

Napi::Value WaitPidfd(const Napi::CallbackInfo& info) { return WaitForProcess(info, true); }
Napi::Value PidfdEnded(const Napi::CallbackInfo& info) { return WaitForProcess(info, false); }

Napi::Value Readable(const Napi::CallbackInfo& info) {
  int fd = js::ToFd(info[0], "fd");
  return Wait(info.Env(), false,
              [fd] { return UniqueFd(Check(fcntl(fd, F_DUPFD_CLOEXEC, 3), "fcntl")); });
}
