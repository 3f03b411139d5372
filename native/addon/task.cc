#include "task.h"

#include <thread>

#include "js.h"

Pending::Pending(Napi::Env env, bool holds)
    : deferred_(Napi::Promise::Deferred::New(env)),
      bridge_(Bridge::New(env, "wherry", 0, 1, this)) {
  if (!holds) bridge_.Unref(env);
}

void Pending::SettleBy(const Work& work) {
  auto* conversion = new Conversion;
  try {
    *conversion = work();
  } catch (const Failure& failure) {
    *conversion = [failure](Napi::Env env) -> Napi::Value { throw js::ToError(env, failure); };
  }
  // After the call, `this` is Node's thread's to delete. Where Node is ending, the call refuses,
  // has released the bridge by itself, and nobody deletes us.
  Bridge bridge = bridge_;
  if (bridge.NonBlockingCall(conversion) == napi_ok) {
    bridge.Release();
  } else {
    delete conversion;
  }
}

void Pending::OnNodeThread(Napi::Env env, Napi::Function, Pending* self, Conversion* conversion) {
  if (env != nullptr) {
    try {
      self->deferred_.Resolve((*conversion)(env));
    } catch (const Napi::Error& error) {
      self->deferred_.Reject(error.Value());
    }
  }
  delete conversion;
  delete self;
}

Napi::Promise RunOnFreshThread(Napi::Env env, Work work) {
  auto* pending = new Pending(env, true);
  Napi::Promise promise = pending->promise();
  std::thread([pending, work = std::move(work)] { pending->SettleBy(work); }).detach();
  return promise;
}
