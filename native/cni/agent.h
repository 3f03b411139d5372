// One call to the agent.
#pragma once

#include <string>

constexpr int kNoAgent = 255;    // Nobody listens, or he says that we must do it ourselves.
constexpr int kLostAgent = 256;  // He may have done part of it.

// The exit status, with what to print in `output`; or one of the above.
int AskAgent(const char* socketPath, const char* plugin, const std::string& input,
             std::string& output);
