// mount(2), umount2(2), and the two calls on plain descriptors.
#include <fcntl.h>
#include <sys/mount.h>
#include <unistd.h>

#include <limits>

#include "js.h"
#include "kernel.h"
#include "unique_fd.h"

Napi::Value Mount(const Napi::CallbackInfo& info) {
  Napi::Object options = js::ToObject(info[0], "options");
  std::string source = js::ToText(options.Get("source"), "options.source");
  std::string target = js::ToText(options.Get("target"), "options.target");
  std::string type = js::ToText(options.Get("type"), "options.type");
  auto flags = js::ToInteger(options.Get("flags"), "options.flags", 0,
                             std::numeric_limits<uint32_t>::max());
  std::string data;
  if (!js::IsAbsent(options.Get("data"))) data = js::ToText(options.Get("data"), "options.data");
  Check(mount(source.c_str(), target.c_str(), type.c_str(), static_cast<unsigned long>(flags),
              data.empty() ? nullptr : data.c_str()),
        "mount", target);
  return info.Env().Undefined();
}

Napi::Value Umount(const Napi::CallbackInfo& info) {
  std::string path = js::ToText(info[0], "path");
  auto flags = js::ToInteger(info[1], "flags", 0, std::numeric_limits<int>::max());
  Check(umount2(path.c_str(), static_cast<int>(flags)), "umount2", path);
  return info.Env().Undefined();
}

Napi::Value Pipe(const Napi::CallbackInfo& info) {
  int ends[2];
  Check(pipe2(ends, O_CLOEXEC), "pipe2");
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("readFd", Napi::Number::New(info.Env(), ends[0]));
  result.Set("writeFd", Napi::Number::New(info.Env(), ends[1]));
  return result;
}

Napi::Value Close(const Napi::CallbackInfo& info) {
  Check(close(js::ToFd(info[0], "fd")), "close");
  return info.Env().Undefined();
}
