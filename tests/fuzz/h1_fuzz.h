// What both roles of the HTTP/1.1 parser are held to, whatever the bytes.
#pragma once

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/http/h1_codec.h"
#include "tests/support/codec_trace.h"

namespace penstock::http {

/// Ends the run, and so makes a finding, if the claim does not hold.
inline void must(bool claim, const char* what) {
  if (claim) return;
  std::fprintf(stderr, "broken: %s\n", what);
  std::abort();
}

inline void must_equal(const std::string& a, const std::string& b, const char* what) {
  if (a == b) return;
  std::fprintf(stderr, "broken: %s\n--- one\n%s\n--- other\n%s\n", what, a.c_str(), b.c_str());
  std::abort();
}

inline void must_be_clean(std::string_view text) {
  must(text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos, "a view holds CR, LF or NUL");
}

inline void must_be_clean(const std::vector<Field>& fields) {
  for (const Field& field : fields) {
    must_be_clean(field.name);
    must_be_clean(field.value);
    must(!field.name.empty(), "a field has no name");
  }
}

/// Reads one message after the other, and hands each head to `check`.
template <class Parser, class Check>
void read_whole(Parser& parser, std::string_view input, Check check) {
  std::string_view in = input;
  std::size_t body_bytes = 0;
  for (std::size_t events = 0;; ++events) {
    must(events <= 3 * input.size() + 3, "the parser makes no progress");
    switch (parser.next(in)) {
      case H1Parser::Event::need_more:
        must(in.empty(), "more is asked for while there is some");
        return;
      case H1Parser::Event::error:
        must(parser.error().kind != ErrorKind::none, "an error is none");
        return;
      case H1Parser::Event::head:
        must_be_clean(parser.head().fields);
        check(parser.head());
        break;
      case H1Parser::Event::body:
        body_bytes += parser.body().size();
        must(!parser.body().empty(), "a body event is empty");
        must(parser.body().data() >= input.data() &&
                 parser.body().data() + parser.body().size() <= input.data() + input.size(),
             "a body is not in the input");
        must(body_bytes <= input.size(), "more body than input");
        break;
      case H1Parser::Event::end:
        must_be_clean(parser.trailers());
        break;
    }
  }
}

/// The events of the input in pieces of random sizes up to `most` bytes; 0 is all in one piece.
template <class Parser, class Prepare>
std::string trace(std::string_view input, const HeadLimits& limits, std::size_t most, std::uint64_t seed,
                  Prepare prepare) {
  CodecTrace<Parser> trace(limits);
  prepare(trace.parser);
  std::mt19937_64 random(seed);
  // Each piece ends where its memory ends, so that the sanitizers see a read beyond it.
  const std::size_t total = input.size();
  const auto memory = std::make_unique<char[]>(total);
  while (!input.empty()) {
    const std::size_t size = most ? std::min<std::size_t>(input.size(), 1 + random() % most) : input.size();
    char* const begin = memory.get() + total - size;
    input.copy(begin, size);
    input.remove_prefix(size);
    if (!trace.feed({begin, size})) return trace.text();
  }
  trace.finish();
  return trace.text();
}

/// However the input is cut, the same is told; with the usual limits, and with limits that are soon reached.
template <class Parser, class Prepare>
void must_not_depend_on_pieces(std::string_view input, Prepare prepare) {
  std::uint64_t seed = 0;
  for (const char c : input) seed = seed * 31 + static_cast<unsigned char>(c);
  for (const HeadLimits& limits : {HeadLimits{}, HeadLimits{.line_bytes = 40, .head_bytes = 100, .fields = 4}}) {
    const std::string whole = trace<Parser>(input, limits, 0, seed, prepare);
    for (const std::size_t most : {std::size_t{1}, std::size_t{1} + seed % 61}) {
      must_equal(trace<Parser>(input, limits, most, seed, prepare), whole, "it matters how the bytes were cut");
    }
  }
}

}  // namespace penstock::http
