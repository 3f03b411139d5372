// The table: name -> function. native/kernel.ts is its documentation.
#include "js.h"
#include "kernel.h"

template <Napi::Value (*function)(const Napi::CallbackInfo&)>
static void Export(Napi::Object exports, const char* name) {
  exports.Set(name, Napi::Function::New(exports.Env(), js::Entry<function>, name));
}

static Napi::Object Init(Napi::Env, Napi::Object exports) {
  Export<Spawn>(exports, "spawn");
  Export<WaitPidfd>(exports, "waitPidfd");
  Export<PidfdOpen>(exports, "pidfdOpen");
  Export<PidfdEnded>(exports, "pidfdEnded");
  Export<Readable>(exports, "readable");
  Export<PidfdSendSignal>(exports, "pidfdSendSignal");
  Export<CreateNetns>(exports, "createNetns");
  Export<WriteSysctl>(exports, "writeSysctl");
  Export<ConnectTcp>(exports, "connectTcp");
  Export<OpenNetlink>(exports, "openNetlink");
  Export<OpenSocket>(exports, "openSocket");
  Export<SendFrame>(exports, "sendFrame");
  Export<IptablesInfo>(exports, "iptablesInfo");
  Export<NetlinkTransact>(exports, "netlinkTransact");
  Export<NetlinkJoin>(exports, "netlinkJoin");
  Export<NetlinkReceive>(exports, "netlinkReceive");
  Export<BpfMap>(exports, "bpfMap");
  Export<BpfSet>(exports, "bpfSet");
  Export<BpfDelete>(exports, "bpfDelete");
  Export<BpfProgram>(exports, "bpfProgram");
  Export<BpfAttach>(exports, "bpfAttach");
  Export<Mount>(exports, "mount");
  Export<Umount>(exports, "umount");
  Export<Pipe>(exports, "pipe");
  Export<Close>(exports, "close");
  return exports;
}

NODE_API_MODULE(wherry, Init)
