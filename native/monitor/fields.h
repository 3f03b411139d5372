#pragma once

#include <charconv>
#include <string>
#include <string_view>

/**
 * Walks a list of NUL-terminated `key=value` strings, in order. What follows the last NUL, and an
 * entry without `=`, is malformed: the walk ends there.
 */
class FieldReader {
 public:
  explicit FieldReader(std::string_view text) : rest_(text) {}

  bool next() {
    if (rest_.empty()) return false;
    const size_t end = rest_.find('\0');
    const std::string_view entry = rest_.substr(0, end);
    const size_t equals = entry.find('=');
    isMalformed_ = end == std::string_view::npos || equals == std::string_view::npos;
    if (isMalformed_) return false;
    key_ = entry.substr(0, equals);
    value_ = entry.substr(equals + 1);
    rest_.remove_prefix(end + 1);
    return true;
  }

  std::string_view key() const { return key_; }
  std::string_view value() const { return value_; }
  bool isMalformed() const { return isMalformed_; }

 private:
  std::string_view rest_, key_, value_;
  bool isMalformed_ = false;
};

/** The other way round. Values must hold no NUL. */
class FieldWriter {
 public:
  FieldWriter &add(std::string_view key, std::string_view value) {
    text_.append(key).append(1, '=').append(value).append(1, '\0');
    return *this;
  }

  FieldWriter &add(std::string_view key, long long value) {
    char digits[24];
    const auto [end, error] = std::to_chars(digits, digits + sizeof digits, value);
    (void)error;
    return add(key, std::string_view(digits, static_cast<size_t>(end - digits)));
  }

  const std::string &text() const { return text_; }

 private:
  std::string text_;
};

/** False unless all of `text` is one decimal number that fits. */
template <typename T>
bool parseNumber(std::string_view text, T &number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}
