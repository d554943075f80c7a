// The names of an enum's values, in one place, and both ways.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

namespace penstock {

/// A name for each of the first `kCount` values, in their order. One too few, too many, or given twice does not
/// compile.
template <class Enum, std::size_t kCount>
class EnumNames {
 public:
  template <class... Names>
  consteval explicit EnumNames(Names... names) : names_{std::string_view(names)...} {
    static_assert(sizeof...(Names) == kCount, "a name for each value");
    for (std::size_t i = 0; i < kCount; ++i) {
      for (std::size_t j = 0; j < i; ++j) {
        if (names_[i] == names_[j]) throw "a name that stands for two values";
      }
    }
  }

  constexpr std::string_view operator[](Enum value) const { return names_[static_cast<std::size_t>(value)]; }
  /// nullopt: it is the name of none.
  constexpr std::optional<Enum> find(std::string_view name) const {
    for (std::size_t i = 0; i < kCount; ++i) {
      if (names_[i] == name) return static_cast<Enum>(i);
    }
    return std::nullopt;
  }

 private:
  std::array<std::string_view, kCount> names_;
};

}  // namespace penstock
