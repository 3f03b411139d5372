{
  # The same sources as CMakeLists.txt, for those who prefer node-gyp; a test keeps the lists equal.
  "variables": {
    "list": "node -p \"require('fs').readdirSync(process.argv[1]).filter(f=>f.endsWith('.cc')).map(f=>process.argv[1]+'/'+f).join(' ')\""
  },
  "target_defaults": {
    "cflags": ["-Wall", "-Wextra", "-Werror", "-fvisibility=hidden"],
    "defines": ["_GNU_SOURCE"]
  },
  "targets": [
    {
      "target_name": "wherry",
      "sources": ["<!@(<(list) native/addon)"],
      "include_dirs": ["<!(node -p \"require('node-addon-api').include_dir\")"],
      "defines": ["NAPI_VERSION=9", "NODE_ADDON_API_DISABLE_DEPRECATED", "NAPI_CPP_EXCEPTIONS"],
      "cflags": ["-Wno-unused-parameter"],
      "cflags_cc!": ["-fno-exceptions", "-std=gnu++17"],
      "cflags_cc": ["-std=gnu++20", "-fexceptions"]
    },
    {
      "target_name": "wherry-monitor",
      "type": "executable",
      "sources": ["<!@(<(list) native/monitor)"],
      "cflags_cc!": ["-std=gnu++17"],
      "cflags_cc": ["-std=gnu++20", "-fno-exceptions", "-fno-rtti"],
      "ldflags": ["-static", "-s"]
    },
    {
      "target_name": "wherry-pause",
      "type": "executable",
      "sources": ["native/pause/pause.c"],
      "ldflags": ["-static", "-s"]
    },
    {
      "target_name": "wherry-cni",
      "type": "executable",
      "sources": ["<!@(<(list) native/cni)"],
      "cflags_cc!": ["-std=gnu++17"],
      "cflags_cc": ["-std=gnu++20", "-fno-exceptions", "-fno-rtti"],
      "ldflags": ["-static", "-s"]
    }
  ]
}
