// Streams of answers, to GET and to HEAD: never a crash, the same events however they were cut, and nothing in a head
// that could split it when it is sent on.
#include "gateway/http/h1_writer.h"
#include "tests/fuzz/h1_fuzz.h"

namespace penstock::http {
namespace {

std::string meaning(const ResponseHead& head) {
  std::string text = std::to_string(head.status) + " " + std::string(head.reason);
  for (const Field& field : head.fields) {
    if (field.id == FieldId::content_length || field.id == FieldId::transfer_encoding) continue;
    text.append(" <").append(field.name).append("|").append(field.value).append(">");
  }
  return text;
}

void must_survive_forwarding(const ResponseHead& head, Method to) {
  std::vector<Field> passed;
  for (const Field& field : head.fields) {
    if (field.id != FieldId::content_length && field.id != FieldId::transfer_encoding) passed.push_back(field);
  }
  const StatusLine line = {head.status, head.reason};
  const HeadFields fields = {passed, {}, {head.body, head.content_length}, {}};
  const auto out = std::make_unique<char[]>(head_bound(line, fields));
  const char* end = write_head(out.get(), line, fields);
  H1ResponseParser again({.line_bytes = 1 << 20, .head_bytes = 1 << 20, .fields = 1000});
  again.expect_answer_to(to);
  std::string_view in(out.get(), static_cast<std::size_t>(end - out.get()));
  must(again.next(in) == H1Parser::Event::head && in.empty(), "what was accepted is refused when it is sent on");
  must_equal(meaning(again.head()), meaning(head), "forwarding changes the meaning");
  must(again.head().body == head.body, "forwarding changes the framing");
}

void check(std::string_view input, Method to) {
  H1ResponseParser parser;
  parser.expect_answer_to(to);
  read_whole(parser, input, [to](const ResponseHead& head) {
    must_be_clean(head.reason);
    must(head.status >= 100 && head.status <= 599, "a status that is none");
    must(to != Method::head || head.body == BodyKind::none, "an answer to HEAD has a body");
    must_survive_forwarding(head, to);
  });
  must_not_depend_on_pieces<H1ResponseParser>(input, [to](H1ResponseParser& p) { p.expect_answer_to(to); });
}

}  // namespace
}  // namespace penstock::http

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::http;
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  check(input, Method::get);
  check(input, Method::head);
  return 0;
}
