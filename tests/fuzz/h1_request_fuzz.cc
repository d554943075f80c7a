// Streams of requests: never a crash, the same events however they were cut, and what is accepted is sent on without a
// change of meaning.
#include "gateway/http/h1_writer.h"
#include "tests/fuzz/h1_fuzz.h"

namespace penstock::http {
namespace {

/// The fields that go on; framing is written anew, and Host is the target's (RFC 9112 §3.2.2).
std::vector<Field> passed_fields(const RequestHead& head) {
  std::vector<Field> passed;
  for (const Field& field : head.fields) {
    const bool rewritten =
        field.id == FieldId::content_length || field.id == FieldId::transfer_encoding || field.id == FieldId::host;
    if (!rewritten) passed.push_back(field);
  }
  return passed;
}

std::string write(const RequestHead& head, const std::vector<Field>& passed, const std::vector<Field>& added) {
  const RequestLine line = {head.method_text, head.path, head.query, head.has_query};
  const HeadFields fields = {passed, added, {head.body, head.content_length}, {}};
  const auto out = std::make_unique<char[]>(head_bound(line, fields));
  const char* end = write_head(out.get(), line, fields);
  return {out.get(), static_cast<std::size_t>(end - out.get())};
}

std::string meaning(const RequestHead& head, const std::vector<Field>& passed) {
  std::string text = std::string(head.method_text) + " " + std::string(head.path);
  if (head.has_query) text.append("?").append(head.query);
  text += " body=" + std::to_string(static_cast<int>(head.body)) + "/" + std::to_string(head.content_length);
  describe_fields(passed, text);
  return text;
}

void must_survive_forwarding(const RequestHead& head) {
  if (head.method == Method::connect) return;  // is answered, never forwarded
  const std::vector<Field> passed = passed_fields(head);
  const std::vector<Field> added = {{"Host", head.authority.empty() ? "none" : head.authority}};
  const std::string written = write(head, passed, added);
  H1RequestParser again({.line_bytes = 1 << 20, .head_bytes = 1 << 20, .fields = 1000});
  std::string_view in = written;
  must(again.next(in) == H1Parser::Event::head && in.empty(), "what was accepted is refused when it is sent on");
  must_equal(meaning(again.head(), passed_fields(again.head())), meaning(head, passed),
             "forwarding changes the meaning");
  must(head.authority.empty() || again.head().authority == head.authority, "forwarding changes the host");
}

void check_head(const RequestHead& head) {
  for (const std::string_view view : {head.method_text, head.target, head.authority, head.path, head.query})
    must_be_clean(view);
  must(head.path == "*" || head.path.starts_with('/'), "a path that is none");
  must(head.body != BodyKind::until_close, "a request that ends with its connection");
  must_survive_forwarding(head);
}

}  // namespace
}  // namespace penstock::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::http;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  H1RequestParser parser;
  read_whole(parser, input, check_head);
  must_not_depend_on_pieces<H1RequestParser>(input, [](H1RequestParser&) {});
  return 0;
}
