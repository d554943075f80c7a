// Shapes of single values: numbers, durations, sizes, texts, words to choose from.
#pragma once

#include <chrono>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "conf/address.h"
#include "conf/config.h"
#include "conf/describe/schema.h"
#include "conf/describe/shape.h"
#include "conf/parsed.h"
#include "conf/suggest.h"
#include "conf/values.h"
#include "conf/words.h"

namespace penstock::conf {

ShapeOf<milliseconds> duration(milliseconds min = kShortestDuration, milliseconds max = kLongestDuration);

/// A number with decimal places or without, such as 0.2.
ShapeOf<double> decimal(double min, double max);

enum class Unlimited { refused, allowed };
/// Bytes; kUnlimited is written "unlimited", where allowed.
ShapeOf<std::uint64_t> size(std::uint64_t min, std::uint64_t max, Unlimited unlimited = Unlimited::refused);

ShapeOf<bool> truth();

ShapeOf<Address> address(AddressUse use);

/// Turns what is written into what is kept, or says what is wrong with it.
using TextReader = Parsed<std::string> (*)(std::string_view);
/// Text of a certain form. `pattern` is that form as an ECMAScript regular expression, for the schema: it may allow
/// more than the reader, never less. An empty value stands for none and is not written.
ShapeOf<std::string> text_like(const std::string& pattern, TextReader reader);
/// Any text that the reader takes, the empty one too. A number or a truth value is taken as it is written.
ShapeOf<std::string> free_text(TextReader reader);

/// A text that is never written out, nor told in a problem; kHidden stands for it, and is never taken for one. An empty
/// value stands for none, and may be read if `min_characters` is 0: of an environment variable that is not set.
ShapeOf<std::string> secret(std::size_t min_characters);

template <class T>
class NumberShape final : public Shape<T> {
 public:
  NumberShape(T min, T max) : min_(min), max_(max) {}

  void read(const Node& node, T& out, Problems& problems) const override {
    if (!node.is(Node::Type::text, problems)) return;
    const auto number = parse_number(node.text, static_cast<std::uint64_t>(min_), static_cast<std::uint64_t>(max_));
    if (number) {
      out = static_cast<T>(*number);
    } else {
      problems.add(node.mark, number.problem());
    }
  }
  Json write(const T& value) const override { return value; }
  Json schema() const override {
    return number_schema(static_cast<std::uint64_t>(min_), static_cast<std::uint64_t>(max_));
  }

 private:
  const T min_, max_;
};

/// A whole number within bounds, 0 ≤ min ≤ max ≤ 2^63-1.
template <class T>
ShapeOf<T> number(T min, T max) {
  return std::make_shared<NumberShape<T>>(min, max);
}

/// One of a few words (or numbers, as they are written).
template <class E>
class ChoiceShape final : public Shape<E> {
 public:
  explicit ChoiceShape(std::vector<Word<E>> choices) : choices_(std::move(choices)) {}

  void read(const Node& node, E& out, Problems& problems) const override {
    if (!node.is(Node::Type::text, problems)) return;
    for (const auto& [word, value] : choices_) {
      if (node.text == word) {
        out = value;
        return;
      }
    }
    problems.add(node.mark, refusal(node.text));
  }
  Json write(const E& value) const override {
    for (const auto& [word, choice] : choices_) {
      if (choice == value) return as_written(word, choice);
    }
    return {};
  }
  Json schema() const override {
    Json::List words;
    for (const auto& [word, value] : choices_) words.push_back(as_written(word, value));
    return or_environment(Json::Map{{"enum", words}});
  }

 private:
  static Json as_written(std::string_view word, const E& value) {
    if constexpr (std::is_integral_v<E>) return value;
    return word;
  }
  std::string refusal(const std::string& text) const {
    std::vector<std::string> words;
    std::string list;
    for (const auto& choice : choices_) {
      words.emplace_back(choice.text);
      list += (words.size() == 1 ? "" : ", ") + words.back();
    }
    return "must be " + (words.size() > 1 ? "one of " + list : list) + ", is " + in_quotes(text) +
           did_you_mean(text, words);
  }

  const std::vector<Word<E>> choices_;
};

/// The words must outlive the shape, as literals do.
template <class E, std::size_t N>
ShapeOf<E> choice(const Word<E> (&words)[N]) {
  return std::make_shared<ChoiceShape<E>>(std::vector<Word<E>>(std::begin(words), std::end(words)));
}

}  // namespace penstock::conf
