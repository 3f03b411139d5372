#include "js.h"

#include <cmath>
#include <cstring>
#include <limits>

namespace js {

Napi::Error ToError(Napi::Env env, const Failure& failure) {
  const char* code = strerrorname_np(failure.error());
  std::string message = std::string(failure.syscall()) + ": " + strerror(failure.error());
  if (!failure.path().empty()) message += " '" + failure.path() + "'";
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("code", Napi::String::New(env, code ? code : "EUNKNOWN"));
  error.Set("errno", Napi::Number::New(env, -failure.error()));
  error.Set("syscall", Napi::String::New(env, failure.syscall()));
  if (!failure.path().empty()) error.Set("path", Napi::String::New(env, failure.path()));
  return error;
}

void Refuse(Napi::Env env, const std::string& name, const char* what) {
  throw Napi::TypeError::New(env, name + " must be " + what);
}

int64_t ToInteger(Napi::Value value, const std::string& name, int64_t min, int64_t max) {
  if (!value.IsNumber()) Refuse(value.Env(), name, "a number");
  double number = value.As<Napi::Number>().DoubleValue();
  if (!(number >= static_cast<double>(min) && number <= static_cast<double>(max)) ||
      number != std::floor(number)) {
    std::string what = "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
    Refuse(value.Env(), name, what.c_str());
  }
  return static_cast<int64_t>(number);
}

int ToFd(Napi::Value value, const std::string& name) {
  return static_cast<int>(ToInteger(value, name, 0, std::numeric_limits<int>::max()));
}

bool ToBool(Napi::Value value, const std::string& name) {
  if (!value.IsBoolean()) Refuse(value.Env(), name, "true or false");
  return value.As<Napi::Boolean>().Value();
}

std::string ToText(Napi::Value value, const std::string& name) {
  if (!value.IsString()) Refuse(value.Env(), name, "a string");
  std::string text = value.As<Napi::String>().Utf8Value();
  if (text.find('\0') != std::string::npos) Refuse(value.Env(), name, "without NUL bytes");
  return text;
}

template <typename T>
static std::vector<T> ToList(Napi::Value value, const std::string& name,
                             T (*each)(Napi::Value, const std::string&)) {
  if (!value.IsArray()) Refuse(value.Env(), name, "an array");
  Napi::Array array = value.As<Napi::Array>();
  std::vector<T> list;
  list.reserve(array.Length());
  for (uint32_t index = 0; index < array.Length(); index++) {
    list.push_back(each(array.Get(index), name + "[" + std::to_string(index) + "]"));
  }
  return list;
}

std::vector<std::string> ToTexts(Napi::Value value, const std::string& name) {
  return ToList<std::string>(value, name, ToText);
}

std::vector<int> ToFds(Napi::Value value, const std::string& name) {
  return ToList<int>(value, name, ToFd);
}

Napi::Object ToObject(Napi::Value value, const std::string& name) {
  if (!value.IsObject()) Refuse(value.Env(), name, "an object");
  return value.As<Napi::Object>();
}

}  // namespace js
