// Words that users write for what can be chosen: a table each, for reading, for writing and for messages.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::conf {

template <class E>
struct Word {
  std::string_view text;
  E value;
};

/// nullopt if there is no such word.
template <class E, std::size_t N>
constexpr std::optional<E> value_of(const Word<E> (&words)[N], std::string_view text) {
  for (const Word<E>& word : words) {
    if (word.text == text) return word.value;
  }
  return std::nullopt;
}

/// Empty if it has none.
template <class E, std::size_t N>
constexpr std::string_view word_for(const Word<E> (&words)[N], const E& value) {
  for (const Word<E>& word : words) {
    if (word.value == value) return word.text;
  }
  return {};
}

/// In their order.
template <class E, std::size_t N>
std::vector<std::string> texts_of(const Word<E> (&words)[N]) {
  std::vector<std::string> texts;
  for (const Word<E>& word : words) texts.emplace_back(word.text);
  return texts;
}

/// "a, b and c"; `last` stands before the last one.
template <class E, std::size_t N>
std::string listed(const Word<E> (&words)[N], std::string_view last = " and ") {
  std::string list;
  for (std::size_t i = 0; i < N; ++i) {
    list += i == 0 ? "" : i + 1 == N ? last : ", ";
    list += words[i].text;
  }
  return list;
}

}  // namespace penstock::conf
