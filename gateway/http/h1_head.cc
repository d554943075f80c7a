#include "gateway/http/h1_head.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "gateway/base/slice.h"
#include "gateway/http/target.h"

namespace penstock::http {
namespace {

constexpr std::array<bool, 256> make_token_chars() {
  std::array<bool, 256> chars{};
  for (int c = 'a'; c <= 'z'; ++c) chars[static_cast<std::size_t>(c)] = true;
  for (int c = 'A'; c <= 'Z'; ++c) chars[static_cast<std::size_t>(c)] = true;
  for (int c = '0'; c <= '9'; ++c) chars[static_cast<std::size_t>(c)] = true;
  for (char c : std::string_view("!#$%&'*+-.^_`|~")) chars[static_cast<unsigned char>(c)] = true;
  return chars;
}
constexpr std::array<bool, 256> kTokenChars = make_token_chars();

/// What a head may hold at all: visible characters, spaces, tabs, bytes from 0x80 (RFC 9110 §5.5), and line ends. One
/// pass over the whole head, written so that it vectorises. Where CR and LF stand is for the lines to say, but for
/// stray CRs: there must be as many as lines.
class Characters {
 public:
  explicit Characters(std::string_view head) {
    constexpr std::size_t kBlock = 128;  // so that a byte can count
    while (!head.empty()) {
      const std::string_view block = slice(head, 0, std::min(kBlock, head.size()));
      std::uint8_t bad = 0;
      std::uint8_t returns = 0;
      for (const char c : block) {
        const auto byte = static_cast<std::uint8_t>(c);
        const std::uint8_t is_return = byte == '\r';
        returns = static_cast<std::uint8_t>(returns + is_return);
        bad |= static_cast<std::uint8_t>((byte < 0x20) & (byte != '\t') & (byte != '\n') & !is_return);
        bad |= static_cast<std::uint8_t>(byte == 0x7f);
      }
      bad_ = bad_ || bad != 0;
      returns_ += returns;
      head = slice_from(head, block.size());
    }
  }
  bool good() const { return !bad_; }
  std::size_t returns() const { return returns_; }

 private:
  bool bad_ = false;
  std::size_t returns_ = 0;
};

/// Each is compared with the name of each field: without a bound, time grows with the square of the head's size.
constexpr std::size_t kConnectionOptionsMax = 64;

constexpr bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

HeadError bad(const char* detail) {
  return {ErrorKind::bad_request, detail};
}

/// Takes one line, without its CRLF, off the front. nullopt if a bare LF ends it, or nothing does.
std::optional<std::string_view> take_line(std::string_view& bytes) {
  const auto* lf = static_cast<const char*>(std::memchr(bytes.data(), '\n', bytes.size()));
  if (!lf) return std::nullopt;
  const auto size = static_cast<std::size_t>(lf - bytes.data());
  if (size == 0 || lf[-1] != '\r') return std::nullopt;
  const std::string_view line = slice(bytes, 0, size - 1);
  bytes = slice_from(bytes, size + 1);
  return line;
}

HeadError parse_field(std::string_view line, Field& field) {
  if (is_blank(line.front())) return bad("a folded or indented field line");
  std::size_t colon = 0;
  while (colon < line.size() && kTokenChars[static_cast<unsigned char>(line[colon])]) ++colon;
  if (colon == 0) return bad("a field without a name");
  if (colon == line.size() || line[colon] != ':') return bad("a character that a field name can't have");
  std::size_t begin = colon + 1;
  std::size_t end = line.size();
  while (begin < end && is_blank(line[begin])) ++begin;
  while (end > begin && is_blank(line[end - 1])) --end;
  field.name = slice(line, 0, colon);
  field.value = slice(line, begin, end - begin);
  field.canonical = begin == colon + 2 && line[colon + 1] == ' ' && end == line.size() && end > begin;
  field.id = parse_field_id(field.name);
  return {};
}

/// `lines` is how many have been taken off the head before; `characters` are the whole head's.
HeadError parse_fields(std::string_view bytes, std::size_t lines, const Characters& characters,
                       const HeadLimits& limits, std::vector<Field>& fields) {
  fields.clear();
  if (!characters.good()) return bad("a control character");
  while (true) {
    const auto line = take_line(bytes);
    if (!line) return bad("a line that does not end in CRLF");
    ++lines;
    if (line->empty()) return lines == characters.returns() ? HeadError{} : bad("a CR without its LF");
    if (fields.size() == limits.fields) return {ErrorKind::headers_too_large, "too many header fields"};
    if (HeadError error = parse_field(*line, fields.emplace_back())) return error;
  }
}

/// 1 … 18 digits and nothing else.
std::optional<std::uint64_t> parse_length(std::string_view text) {
  if (text.empty() || text.size() > 18) return std::nullopt;
  std::uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return value;
}

HeadError parse_transfer_encoding(std::string_view value) {
  int codings = 0;
  int chunked = 0;
  bool last_is_chunked = false;
  bool all_tokens = true;
  for_each_token(value, [&](std::string_view coding) {
    ++codings;
    last_is_chunked = iequals(coding, "chunked");
    chunked += last_is_chunked;
    all_tokens = all_tokens && is_token(coding.substr(0, coding.find_first_of("; \t")));
  });
  if (!last_is_chunked || chunked != 1 || !all_tokens)
    return bad("a Transfer-Encoding that does not end in one chunked");
  if (codings > 1) return {ErrorKind::coding_unknown, "a transfer coding other than chunked"};
  if (value.size() != 7) return bad("an odd Transfer-Encoding");
  return {};
}

/// Content-Length, Transfer-Encoding and Connection, in both kinds of message.
HeadError parse_framing(Head& head) {
  bool has_length = false;
  bool has_coding = false;
  std::size_t connection_options = 0;
  bool close = false;
  bool keep_alive = false;
  bool upgrade_option = false;
  bool upgrade_field = false;
  head.body = BodyKind::none;
  head.content_length = 0;
  head.has_connection_options = false;
  for (const Field& field : head.fields) {
    switch (field.id) {
      case FieldId::content_length: {
        if (has_length) return bad("a repeated Content-Length");
        const auto length = parse_length(field.value);
        if (!length) return bad("a Content-Length that is not a number");
        has_length = true;
        head.body = BodyKind::length;
        head.content_length = *length;
        break;
      }
      case FieldId::transfer_encoding:
        if (has_coding) return bad("a repeated Transfer-Encoding");
        if (HeadError error = parse_transfer_encoding(field.value)) return error;
        has_coding = true;
        head.body = BodyKind::chunked;
        break;
      case FieldId::connection: {
        bool tokens = true;
        for_each_token(field.value, [&](std::string_view option) {
          ++connection_options;
          tokens = tokens && is_token(option);
          if (iequals(option, "close")) {
            close = true;
          } else if (iequals(option, "keep-alive")) {
            keep_alive = true;
          } else if (iequals(option, "upgrade")) {
            upgrade_option = true;
          } else {
            head.has_connection_options = true;
          }
        });
        if (!tokens) return bad("a Connection option that is no token");
        if (connection_options > kConnectionOptionsMax)
          return {ErrorKind::headers_too_large, "too many Connection options"};
        break;
      }
      case FieldId::upgrade:
        upgrade_field = true;
        break;
      default:
        break;
    }
  }
  if (has_length && has_coding) return bad("both Content-Length and Transfer-Encoding");
  if (has_coding && head.version == Version::http10) return bad("Transfer-Encoding in HTTP/1.0");
  head.keep_alive = !close && (head.version == Version::http11 || keep_alive);
  head.wants_upgrade = upgrade_option && upgrade_field && head.version == Version::http11;
  return {};
}

/// What stands where a version that we speak should.
HeadError no_version(std::string_view text) {
  const bool is_version = text.size() == 8 && text.starts_with("HTTP/") && text[6] == '.' && text[5] >= '0' &&
                          text[5] <= '9' && text[7] >= '0' && text[7] <= '9';
  if (is_version) return HeadError{ErrorKind::version_unsupported, "an HTTP version other than 1.0 and 1.1"};
  return bad("a request line without a version");
}

HeadError parse_request_line(std::string_view line, RequestHead& head) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return bad("a request line without a version");
  head.method_text = slice(line, 0, first);
  if (!is_token(head.method_text)) return bad("a bad method");
  head.method = parse_method(head.method_text);
  head.target = slice(line, first + 1, last - first - 1);
  if (head.target.empty() || head.target.find(' ') != std::string_view::npos)
    return bad("a space too many in the request line");
  const std::string_view text = slice_from(line, last + 1);
  const auto version = parse_version(text);
  if (!version) return no_version(text);
  head.version = *version;
  return {};
}

HeadError parse_request_semantics(RequestHead& head, std::string& scratch) {
  const Field* host = nullptr;
  head.expect_continue = false;
  for (const Field& field : head.fields) {
    if (field.id == FieldId::host) {
      if (host) return bad("a repeated Host");
      host = &field;
    } else if (field.id == FieldId::expect) {
      if (!iequals(field.value, "100-continue"))
        return {ErrorKind::expectation_failed, "an expectation other than 100-continue"};
      head.expect_continue = head.version == Version::http11;
    }
  }
  if (!host && head.version == Version::http11) return bad("no Host");
  if (const char* why = parse_target(head, host ? &host->value : nullptr, scratch)) return bad(why);
  return {};
}

/// RFC 9110 §6.5.1: controls, conditionals, credentials and what describes the content belong into the header section.
bool may_trail(const Field& field) {
  switch (field.id) {
    case FieldId::referer:
    case FieldId::user_agent:
    case FieldId::date:
      return true;
    case FieldId::other:
      break;
    default:
      return false;
  }
  constexpr std::string_view kHeaderOnly[] = {"age",
                                              "cache-control",
                                              "content-encoding",
                                              "content-range",
                                              "expires",
                                              "if-match",
                                              "if-modified-since",
                                              "if-none-match",
                                              "if-range",
                                              "if-unmodified-since",
                                              "location",
                                              "pragma",
                                              "range",
                                              "retry-after",
                                              "set-cookie",
                                              "vary",
                                              "warning",
                                              "www-authenticate"};
  return std::none_of(std::begin(kHeaderOnly), std::end(kHeaderOnly),
                      [&](std::string_view name) { return iequals(name, field.name); });
}

HeadError check_size(std::string_view bytes, const HeadLimits& limits) {
  const std::size_t line = std::min(bytes.find('\n'), bytes.size());
  if (line > limits.line_bytes + 1) return {ErrorKind::uri_too_long, "a request line over the limit"};
  if (bytes.size() > limits.head_bytes) return {ErrorKind::headers_too_large, "a head over the limit"};
  return {};
}

}  // namespace

bool is_token(std::string_view text) {
  for (const char c : text) {
    if (!kTokenChars[static_cast<unsigned char>(c)]) return false;
  }
  return !text.empty();
}

HeadError parse_request_head(std::string_view bytes, const HeadLimits& limits, RequestHead& head,
                             std::string& scratch) {
  if (HeadError error = check_size(bytes, limits)) return error;
  const Characters characters(bytes);
  const auto line = take_line(bytes);
  if (!line) return bad("a line that does not end in CRLF");
  if (HeadError error = parse_request_line(*line, head)) return error;
  if (HeadError error = parse_fields(bytes, 1, characters, limits, head.fields)) return error;
  if (HeadError error = parse_framing(head)) return error;
  return parse_request_semantics(head, scratch);
}

HeadError parse_response_head(std::string_view bytes, const HeadLimits& limits, Method to, ResponseHead& head) {
  if (check_size(bytes, limits)) return bad("an answer's head over the limit");
  const Characters characters(bytes);
  const auto line = take_line(bytes);
  if (!line || line->size() < 12 || (line->size() > 12 && (*line)[12] != ' ')) return bad("a bad status line");
  const auto version = parse_version(slice(*line, 0, 8));
  if ((*line)[8] != ' ' || !version) return bad("a bad status line");
  head.version = *version;
  const auto status = parse_length(slice(*line, 9, 3));
  if (!status || *status < 100 || *status > 599) return bad("a bad status code");
  head.status = static_cast<int>(*status);
  head.reason = line->size() > 13 ? slice_from(*line, 13) : std::string_view();
  if (HeadError error = parse_fields(bytes, 1, characters, limits, head.fields)) return error;
  if (HeadError error = parse_framing(head)) return error;
  const bool bodiless = head.status < 200 || head.status == 204 || head.status == 304;
  if (head.body == BodyKind::chunked && (head.status < 200 || head.status == 204))
    return bad("Transfer-Encoding in a 1xx or 204");
  if (to == Method::head || bodiless) {
    // A length is kept where it speaks of what a GET would have had; content after a 204 is left on the connection.
    if (head.body == BodyKind::length && head.content_length > 0 && head.status < 300 && bodiless)
      head.keep_alive = false;
    head.body = BodyKind::none;
  } else if (head.body == BodyKind::none) {
    head.body = BodyKind::until_close;
    head.keep_alive = false;
  }
  return {};
}

HeadError parse_trailers(std::string_view bytes, const HeadLimits& limits, std::vector<Field>& fields) {
  if (HeadError error = parse_fields(bytes, 0, Characters(bytes), limits, fields)) return error;
  std::erase_if(fields, [](const Field& field) { return !may_trail(field); });
  return {};
}

bool named_by_connection(const Head& head, const Field& field) {
  if (!head.has_connection_options) return false;
  if (field.id == FieldId::host || field.id == FieldId::content_length || field.id == FieldId::expect) return false;
  bool named = false;
  for (const Field& connection : head.fields) {
    if (connection.id != FieldId::connection) continue;
    for_each_token(connection.value, [&](std::string_view option) { named = named || iequals(option, field.name); });
  }
  return named;
}

}  // namespace penstock::http
