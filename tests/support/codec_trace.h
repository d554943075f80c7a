// What a parser tells of a stream, as one text that can be compared: however the stream was cut into pieces, it must be
// the same. Used by unit tests and fuzz targets.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/h1_codec.h"

namespace penstock::http {

inline void describe_fields(const std::vector<Field>& fields, std::string& out) {
  for (const Field& field : fields) out.append(" <").append(field.name).append("|").append(field.value).append(">");
}

inline std::string describe(const Head& head) {
  std::string out = head.version == Version::http11 ? " 1.1" : " 1.0";
  out += " body=" + std::to_string(static_cast<int>(head.body)) + "/" + std::to_string(head.content_length);
  if (head.keep_alive) out += " keep";
  if (head.wants_upgrade) out += " upgrade";
  describe_fields(head.fields, out);
  return out;
}

inline std::string describe(const RequestHead& head) {
  std::string out =
      "head " + std::string(head.method_text) + " " + std::string(head.authority) + " " + std::string(head.path);
  if (head.has_query) out.append("?").append(head.query);
  if (head.expect_continue) out += " expect";
  return out + describe(static_cast<const Head&>(head));
}

inline std::string describe(const ResponseHead& head) {
  return "head " + std::to_string(head.status) + " " + std::string(head.reason) +
         describe(static_cast<const Head&>(head));
}

/// A parser and the record of its events. Bodies are joined: how they are cut is the network's doing.
template <class Parser>
class CodecTrace {
 public:
  explicit CodecTrace(const HeadLimits& limits = {}) : parser(limits) {}

  /// False once the parser has failed. `in` may be freed afterwards.
  bool feed(std::string_view in) {
    while (true) {
      switch (parser.next(in)) {
        case H1Parser::Event::need_more:
          return true;
        case H1Parser::Event::head:
          note(describe(parser.head()));
          break;
        case H1Parser::Event::body:
          if (!in_body_) note("body ");
          in_body_ = true;
          text_ += parser.body();
          break;
        case H1Parser::Event::end:
          note("end");
          describe_fields(parser.trailers(), text_);
          break;
        case H1Parser::Event::error:
          note_error();
          return false;
      }
    }
  }
  /// The peer has closed.
  void finish() {
    const H1Parser::Event event = parser.finish();
    if (event == H1Parser::Event::end) note("end by close");
    if (event == H1Parser::Event::error) note_error();
  }
  const std::string& text() const { return text_; }

  Parser parser;

 private:
  void note(std::string_view what) {
    if (!text_.empty()) text_ += '\n';
    text_ += what;
    in_body_ = false;
  }
  void note_error() {
    note("error ");
    text_ += name(parser.error().kind);
  }

  std::string text_;
  bool in_body_ = false;
};

}  // namespace penstock::http
