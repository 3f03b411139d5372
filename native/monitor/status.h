#pragma once

#include <errno.h>

#include <string>
#include <string_view>

/** How a step went: errno (0: well), its name, and what it was about (a path, or nothing). */
struct [[nodiscard]] Status {
  int error = 0;
  std::string step;
  std::string detail;

  bool ok() const { return error == 0; }
  std::string where() const {
    return detail.empty() ? step : step + " " + detail;
  }
};

inline Status done() { return {}; }

/** The step that has just failed; errno says why. */
inline Status failed(const char *step, std::string_view detail = {}) {
  return {errno != 0 ? errno : EINVAL, step, std::string(detail)};
}

/** A refusal of our own. */
inline Status refused(int error, const char *step, std::string_view detail = {}) {
  return {error, step, std::string(detail)};
}

/** Leaves the function with the status of `expression` unless all went well. */
#define TRY(expression)                                    \
  do {                                                     \
    if (Status status_ = (expression); !status_.ok()) return status_; \
  } while (false)
