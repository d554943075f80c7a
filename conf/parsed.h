// The outcome of reading one value: the value, or one sentence on what is wrong with the text.
#pragma once

#include <optional>
#include <string>
#include <utility>

namespace penstock::conf {

struct Failure {
  std::string problem;  ///< completes "KEY: …", e.g. "must be 1 … 65535, is 0"
};

template <class T>
class Parsed {
 public:
  Parsed(T value) : value_(std::move(value)) {}
  Parsed(Failure failure) : problem_(std::move(failure.problem)) {}

  explicit operator bool() const { return value_.has_value(); }
  const T& operator*() const { return *value_; }
  T& operator*() { return *value_; }
  const T* operator->() const { return &*value_; }
  /// Empty if there is a value.
  const std::string& problem() const { return problem_; }

 private:
  std::optional<T> value_;
  std::string problem_;
};

}  // namespace penstock::conf
