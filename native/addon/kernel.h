// What addon.cc's table exports; native/kernel.ts documents each.
#pragma once

#include <napi.h>

Napi::Value Spawn(const Napi::CallbackInfo& info);
Napi::Value WaitPidfd(const Napi::CallbackInfo& info);
Napi::Value PidfdOpen(const Napi::CallbackInfo& info);
Napi::Value PidfdEnded(const Napi::CallbackInfo& info);
Napi::Value Readable(const Napi::CallbackInfo& info);
Napi::Value PidfdSendSignal(const Napi::CallbackInfo& info);
Napi::Value CreateNetns(const Napi::CallbackInfo& info);
Napi::Value WriteSysctl(const Napi::CallbackInfo& info);
Napi::Value ConnectTcp(const Napi::CallbackInfo& info);
Napi::Value OpenNetlink(const Napi::CallbackInfo& info);
Napi::Value OpenSocket(const Napi::CallbackInfo& info);
Napi::Value SendFrame(const Napi::CallbackInfo& info);
Napi::Value IptablesInfo(const Napi::CallbackInfo& info);
Napi::Value NetlinkTransact(const Napi::CallbackInfo& info);
Napi::Value NetlinkJoin(const Napi::CallbackInfo& info);
Napi::Value NetlinkReceive(const Napi::CallbackInfo& info);
Napi::Value BpfMap(const Napi::CallbackInfo& info);
Napi::Value BpfSet(const Napi::CallbackInfo& info);
Napi::Value BpfDelete(const Napi::CallbackInfo& info);
Napi::Value BpfProgram(const Napi::CallbackInfo& info);
Napi::Value BpfAttach(const Napi::CallbackInfo& info);
Napi::Value Mount(const Napi::CallbackInfo& info);
Napi::Value Umount(const Napi::CallbackInfo& info);
Napi::Value Pipe(const Napi::CallbackInfo& info);
Napi::Value Close(const Napi::CallbackInfo& info);
