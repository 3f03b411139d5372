// Promises for work that happens away from Node's thread.
#pragma once

#include <napi.h>

#include <functional>

#include "failure.h"

// Turns the work's outcome into JavaScript; runs on Node's thread.
using Conversion = std::function<Napi::Value(Napi::Env)>;
// Does the work and says how to convert its outcome; may throw Failure.
using Work = std::function<Conversion()>;

// A promise that another thread settles, once.
class Pending {
 public:
  // `holds`: Node stays alive until the promise is settled.
  Pending(Napi::Env env, bool holds);
  Napi::Promise promise() const { return deferred_.Promise(); }

  // Runs `work` on the calling thread, settles the promise, and deletes this.
  void SettleBy(const Work& work);

 private:
  static void OnNodeThread(Napi::Env env, Napi::Function, Pending* self, Conversion* conversion);
  using Bridge = Napi::TypedThreadSafeFunction<Pending, Conversion, OnNodeThread>;

  Napi::Promise::Deferred deferred_;
  Bridge bridge_;
};

// Runs `work` on a fresh thread, which ends with it: a namespace joined there is nobody else's.
Napi::Promise RunOnFreshThread(Napi::Env env, Work work);
