#include "container.h"

#include <algorithm>

#include "cgroup.h"
#include "clock.h"
#include "container-child.h"

namespace {
// A client that takes nothing for so long is let go, or it could stop the container for good.
constexpr int64_t kStalledMs = 10'000;
}  // namespace

class Container::Onlooker : public StreamSource {
 public:
  Onlooker(Container &container, StreamClient &client) : container_(container), client_(&client) {
    client.setSource(this);
  }
  ~Onlooker() override {
    if (client_) client_->setSource(nullptr);
  }

  void onInput(std::string_view data) override {
    container_.process_->writeInput(data);
    client_->setReadingInput(!container_.process_->isInputFull());
  }
  void onInputEnd() override { container_.process_->endInput(); }
  void onResize(unsigned short columns, unsigned short rows) override {
    container_.process_->resize(columns, rows);
  }
  void onClientDrained() override {
    stallTimer_.reset();
    container_.updateReading();
  }
  void onClientGone() override {
    client_ = nullptr;
    stallTimer_.reset();
    container_.loop_.defer([&container = container_, self = this] { container.forget(self); });
    container_.updateReading();
  }

  void show(Stream stream, std::string_view data) {
    if (!client_) return;
    client_->sendOutput(stream, data);
    if (!isFull() || stallTimer_) return;
    stallTimer_ = container_.loop_.after(kStalledMs, [this] { client_->drop(); });
  }
  void end(int exitCode) {
    if (client_) client_->sendEnd(exitCode);
  }
  bool isFull() const { return client_ && client_->isFull(); }
  void setReadingInput(bool isReading) {
    if (client_) client_->setReadingInput(isReading);
  }

 private:
  Container &container_;
  StreamClient *client_;
  std::shared_ptr<void> stallTimer_;
};

Container::Container(EventLoop &loop, ContainerSpec spec) : loop_(loop), spec_(std::move(spec)) {}
Container::~Container() = default;

Status Container::start(const Sandbox &sandbox, pid_t targetPid, OnSettled onSettled,
                        OnExited onExited) {
  if (!spec_.logPath.empty()) {
    log_ = std::make_unique<LogFile>(spec_.logPath);
    TRY(log_->open());
  }
  oomKillsBefore_ = CgroupPlace::countOomKills(spec_.cgroupDirs);
  Spawned spawned;
  TRY(spawnContainer(sandbox, spec_, targetPid, spawned));
  onSettled_ = std::move(onSettled);
  onExited_ = std::move(onExited);
  process_ = std::make_unique<Process>(loop_, *this, std::move(spawned));
  return done();
}

void Container::describe(FieldWriter &fields) const {
  fields.add("container", spec_.id)
      .add("status", hasExited_ ? "exited" : "running")
      .add("pid", process_->pid())
      .add("startedAtMs", startedAtMs_);
  if (!hasExited_) return;
  fields.add("finishedAtMs", exit_.finishedAtMs).add("exitCode", exit_.exitCode);
  if (exit_.signal != 0) fields.add("signal", exit_.signal);
  if (isOomKilled_) fields.add("oomKilled", 1);
}

Status Container::attach(StreamClient &client) {
  if (!isRunning_) return refused(ESRCH, "attach", spec_.id);
  onlookers_.push_back(std::make_unique<Onlooker>(*this, client));
  return done();
}

Status Container::reopenLog() { return log_ ? log_->open() : refused(ENOENT, "log", spec_.id); }

void Container::forget(const Onlooker *gone) {
  onlookers_.remove_if([gone](const auto &onlooker) { return onlooker.get() == gone; });
}

void Container::onStarted() {
  startedAtMs_ = wallClockMs();
  isRunning_ = true;
  onSettled_(done(), false);
}

void Container::onFailed(const Status &status, bool isExec) { onSettled_(status, isExec); }

void Container::onOutput(Stream stream, std::string_view data) {
  if (log_) log_->write(stream, data);
  for (const auto &onlooker : onlookers_) onlooker->show(stream, data);
  updateReading();
}

void Container::onOutputEnd(Stream stream) {
  if (log_) log_->end(stream);
}

void Container::onEnded(const ExitFacts &facts) {
  exit_ = facts;
  isRunning_ = false;
  hasExited_ = true;
  isOomKilled_ = CgroupPlace::countOomKills(spec_.cgroupDirs) > oomKillsBefore_;
  for (const auto &onlooker : onlookers_) onlooker->end(facts.exitCode);
  log_.reset();
  onExited_();
}

void Container::onInputDrained() {
  for (const auto &onlooker : onlookers_) onlooker->setReadingInput(true);
}

void Container::updateReading() {
  const bool isHeld = std::any_of(onlookers_.begin(), onlookers_.end(),
                                  [](const auto &onlooker) { return onlooker->isFull(); });
  if (process_) process_->setReadingOutput(!isHeld);
}
