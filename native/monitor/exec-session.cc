#include "exec-session.h"

#include <signal.h>

#include "container-child.h"

ExecSession::ExecSession(EventLoop &loop, StreamClient &client) : loop_(loop), client_(&client) {}

ExecSession::~ExecSession() {
  if (client_) client_->setSource(nullptr);
}

Status ExecSession::start(const ContainerSpec &owner, pid_t containerPid, const ExecSpec &spec,
                          OnSettled onSettled, OnDone onDone) {
  Spawned spawned;
  TRY(spawnExec(owner, containerPid, spec, spawned));
  onSettled_ = std::move(onSettled);
  onDone_ = std::move(onDone);
  process_ = std::make_unique<Process>(loop_, *this, std::move(spawned));
  // Output before the reply would confuse the client; the pipe keeps it.
  process_->setReadingOutput(false);
  client_->setSource(this);
  return done();
}

void ExecSession::onStarted() {
  if (client_) onSettled_(done(), false);
  process_->setReadingOutput(true);
}

void ExecSession::onFailed(const Status &status, bool isExec) {
  if (client_) client_->setSource(nullptr);
  if (client_) onSettled_(status, isExec);
  client_ = nullptr;
  onDone_();
}

void ExecSession::onOutput(Stream stream, std::string_view data) {
  if (!client_) return;
  client_->sendOutput(stream, data);
  if (client_ && client_->isFull()) process_->setReadingOutput(false);
}

void ExecSession::onEnded(const ExitFacts &facts) {
  if (client_) client_->sendEnd(facts.exitCode);
  onDone_();
}

void ExecSession::onInputDrained() {
  if (client_) client_->setReadingInput(true);
}

void ExecSession::onInput(std::string_view data) {
  process_->writeInput(data);
  if (client_) client_->setReadingInput(!process_->isInputFull());
}

void ExecSession::onResize(unsigned short columns, unsigned short rows) {
  process_->resize(columns, rows);
}

/** The group too: it is the exec's own session, and nobody else will end it. */
void ExecSession::onClientGone() {
  client_ = nullptr;
  if (!process_->hasExited()) {
    kill(process_->pid(), SIGKILL);
    kill(-process_->pid(), SIGKILL);
  }
  process_->setReadingOutput(true);
  if (process_->hasExited()) loop_.defer([this] { process_->dropOutput(); });
}
