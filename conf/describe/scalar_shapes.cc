#include "conf/describe/scalar_shapes.h"

#include <algorithm>

#include "conf/describe/parsed_shape.h"
#include "conf/environment.h"
#include "conf/secrets.h"

namespace penstock::conf {
namespace {

Json size_schema(std::uint64_t min, std::uint64_t max, Unlimited unlimited) {
  const std::string sizes = "^(0|[1-9][0-9]*)(KiB|MiB|GiB)?$";
  const Json::Map bytes = {{"type", "integer"}, {"minimum", min}, {"maximum", max}};
  return either(bytes, text_schema(unlimited == Unlimited::allowed ? sizes + "|^unlimited$" : sizes));
}

}  // namespace

ShapeOf<milliseconds> duration(milliseconds min, milliseconds max) {
  return parsed<milliseconds>([=](std::string_view text) { return parse_duration(text, min, max); },
                              [](const milliseconds& value) { return format_duration(value); },
                              text_schema("^(0|[1-9][0-9]*)(ms|s|m|h|d)$"));
}

ShapeOf<double> decimal(double min, double max) {
  return parsed<double>([=](std::string_view text) { return parse_decimal(text, min, max); },
                        [](const double& value) { return value; }, decimal_schema(min, max));
}

ShapeOf<std::uint64_t> size(std::uint64_t min, std::uint64_t max, Unlimited unlimited) {
  const auto read = [=](std::string_view text) -> Parsed<std::uint64_t> {
    if (unlimited == Unlimited::allowed && text == "unlimited") return kUnlimited;
    return parse_size(text, min, max);
  };
  const auto write = [](const std::uint64_t& bytes) -> Json {
    const std::string text = format_size(bytes);
    return text.back() >= '0' && text.back() <= '9' ? Json(bytes) : Json(text);
  };
  return parsed<std::uint64_t>(read, write, size_schema(min, max, unlimited));
}

ShapeOf<bool> truth() {
  return parsed<bool>([](std::string_view text) { return parse_bool(text); }, [](const bool& yes) { return yes; },
                      either(Json::Map{{"type", "boolean"}}, text_schema("^(true|false)$")));
}

ShapeOf<Address> address(AddressUse use) {
  const auto write = [](const Address& value) -> Json { return value == Address{} ? Json() : Json(value.text()); };
  return parsed<Address>([=](std::string_view text) { return parse_address(text, use); }, write,
                         text_schema(R"(^unix:/.+$|^[^\s/]+:[0-9]{1,5}$)"));
}

ShapeOf<std::string> text_like(const std::string& pattern, TextReader reader) {
  const auto write = [](const std::string& text) -> Json {
    return text.empty() ? Json() : Json(escape_environment(text));
  };
  return parsed<std::string>(reader, write, text_schema(pattern));
}

ShapeOf<std::string> free_text(TextReader reader) {
  return parsed<std::string>(
      reader, [](const std::string& text) { return escape_environment(text); },
      Json::Map{{"type", Json::List{"string", "number", "boolean"}}});
}

ShapeOf<std::string> secret(std::size_t min_characters) {
  const auto read = [=](std::string_view text) -> Parsed<std::string> {
    const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
    const auto characters = static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
    if (characters >= min_characters && text != kHidden) return std::string(text);
    if (text == kHidden) return Failure{"\"***\" stands for a secret that was not shown: put the secret back"};
    return Failure{"must have at least " + std::to_string(min_characters) + " characters"};
  };
  const auto write = [](const std::string& text) -> Json { return text.empty() ? Json() : Json(kHidden); };
  return parsed<std::string>(read, write, text_schema(R"([\s\S]{)" + std::to_string(min_characters) + "}"));
}

}  // namespace penstock::conf
