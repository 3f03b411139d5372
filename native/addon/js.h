// The few conversions between JavaScript and us. Every argument is checked here: TypeScript's
// types are a promise, and the kernel must see none that was broken.
#pragma once

#include <napi.h>

#include <string>
#include <vector>

#include "failure.h"

namespace js {

// A SyscallError, shaped as Node's own: code, errno (negative), syscall, and path if there is one.
Napi::Error ToError(Napi::Env env, const Failure& failure);

// Throws a TypeError: `name must be what`.
[[noreturn]] void Refuse(Napi::Env env, const std::string& name, const char* what);

int64_t ToInteger(Napi::Value value, const std::string& name, int64_t min, int64_t max);
int ToFd(Napi::Value value, const std::string& name);
bool ToBool(Napi::Value value, const std::string& name);
// Without NUL bytes, which would end the string early for the kernel.
std::string ToText(Napi::Value value, const std::string& name);
std::vector<std::string> ToTexts(Napi::Value value, const std::string& name);
std::vector<int> ToFds(Napi::Value value, const std::string& name);
Napi::Object ToObject(Napi::Value value, const std::string& name);

inline bool IsAbsent(Napi::Value value) { return value.IsUndefined() || value.IsNull(); }

// Adapts a function to what Node calls: failed system calls become SyscallErrors.
template <Napi::Value (*function)(const Napi::CallbackInfo&)>
Napi::Value Entry(const Napi::CallbackInfo& info) {
  try {
    return function(info);
  } catch (const Failure& failure) {
    throw ToError(info.Env(), failure);
  }
}

}  // namespace js
