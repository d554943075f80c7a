// What a request and an answer cost between the two sockets: parsing, the choice of fields to forward, and writing.
#include <benchmark/benchmark.h>

#include <array>
#include <string>
#include <string_view>

#include "gateway/http/h1_codec.h"
#include "gateway/http/h1_writer.h"
#include "gateway/proxy/forwarding.h"

namespace penstock {
namespace {

const std::string kSmallRequest = "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n";  // wrk's

const std::string kBrowserRequest =
    "GET /products/42/reviews?sort=newest&page=3&lang=en HTTP/1.1\r\n"
    "Host: shop.example.com\r\n"
    "Connection: keep-alive\r\n"
    "sec-ch-ua: \"Chromium\";v=\"124\", \"Google Chrome\";v=\"124\", \"Not-A.Brand\";v=\"99\"\r\n"
    "sec-ch-ua-mobile: ?0\r\n"
    "sec-ch-ua-platform: \"Linux\"\r\n"
    "Upgrade-Insecure-Requests: 1\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/124.0.0.0 "
    "Safari/537.36\r\n"
    "Accept: text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8\r\n"
    "Sec-Fetch-Site: same-origin\r\n"
    "Sec-Fetch-Mode: navigate\r\n"
    "Referer: https://shop.example.com/products/42\r\n"
    "Accept-Encoding: gzip, deflate, br, zstd\r\n"
    "Accept-Language: en-GB,en;q=0.9\r\n"
    "Cookie: session=0f8fad5b-d9cb-469f-a165-70867728950e; theme=dark; consent=all\r\n\r\n";

const std::string kAnswer =
    "HTTP/1.1 200 OK\r\n"
    "Server: nginx/1.22.1\r\n"
    "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n"
    "Content-Type: application/json; charset=utf-8\r\n"
    "Content-Length: 26\r\n"
    "Connection: keep-alive\r\n"
    "Cache-Control: no-store\r\n"
    "X-Content-Type-Options: nosniff\r\n\r\n"
    "{\"status\":\"ok\",\"items\":[]}";

/// One message, from its first byte to its end.
template <class Parser>
void read(Parser& parser, std::string_view bytes) {
  while (parser.next(bytes) != http::H1Parser::Event::end) continue;
}

template <class Parser>
void parse(benchmark::State& state, const std::string& message) {
  Parser parser;
  for (auto _ : state) {
    read(parser, message);
    benchmark::DoNotOptimize(parser.head().fields.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * message.size()));
}

proxy::RequestContext about(const conf::ForwardedHeaders& settings) {
  return {.peer_ip = "203.0.113.9",
          .request_id = "01hx5zzkbkactav9wevgemmvrz",
          .endpoint = "127.0.0.1:9001",
          .forwarded = &settings};
}

void parse_request(benchmark::State& state, const std::string& message) {
  parse<http::H1RequestParser>(state, message);
}
void parse_answer(benchmark::State& state) {
  parse<http::H1ResponseParser>(state, kAnswer);
}

template <class Line>
void write(benchmark::State& state, const Line& line, const proxy::FieldSet& fields, const http::Framing& framing) {
  const http::HeadFields all = {fields.passed, fields.added, framing, {}};
  std::array<char, 4096> out;
  if (http::head_bound(line, all) > out.size()) return state.SkipWithError("too long for its buffer");
  for (auto _ : state) {
    benchmark::DoNotOptimize(http::head_bound(line, all));
    benchmark::DoNotOptimize(http::write_head(out.data(), line, all));
    benchmark::ClobberMemory();
  }
}

void write_request(benchmark::State& state, const std::string& message) {
  http::H1RequestParser parser;
  read(parser, message);
  const http::RequestHead& head = parser.head();
  const conf::ForwardedHeaders settings;
  proxy::FieldSet fields;
  forward_request(head, about(settings), fields);
  write(state, http::RequestLine{head.method_text, head.path, head.query, head.has_query}, fields,
        {head.body, head.content_length});
}

void write_answer(benchmark::State& state) {
  http::H1ResponseParser parser;
  read(parser, kAnswer);
  const http::ResponseHead& head = parser.head();
  proxy::FieldSet fields;
  proxy::forward_response(head, "01hx5zzkbkactav9wevgemmvrz", "Sun, 06 Nov 1994 08:49:37 GMT", fields);
  write(state, http::StatusLine{head.status, head.reason}, fields, {head.body, head.content_length});
}

void forward_a_request(benchmark::State& state, const std::string& message) {
  http::H1RequestParser parser;
  read(parser, message);
  const conf::ForwardedHeaders settings;
  const proxy::RequestContext context = about(settings);
  proxy::FieldSet fields;
  for (auto _ : state) {
    forward_request(parser.head(), context, fields);
    benchmark::DoNotOptimize(fields.passed.data());
  }
}

void forward_an_answer(benchmark::State& state) {
  http::H1ResponseParser parser;
  read(parser, kAnswer);
  proxy::FieldSet fields;
  for (auto _ : state) {
    proxy::forward_response(parser.head(), "01hx5zzkbkactav9wevgemmvrz", "Sun, 06 Nov 1994 08:49:37 GMT", fields);
    benchmark::DoNotOptimize(fields.passed.data());
  }
}

void field_id(benchmark::State& state, std::string_view name) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(name);
    benchmark::DoNotOptimize(http::parse_field_id(name));
  }
}

void parse_chunks(benchmark::State& state) {
  const auto chunk = static_cast<std::size_t>(state.range(0));
  std::array<char, http::kChunkSizeMax> size;
  std::string body = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n";
  for (std::size_t sent = 0; sent < 64 << 10; sent += chunk) {
    body.append(size.data(), http::write_chunk_size(size.data(), chunk)).append(chunk, 'x').append("\r\n");
  }
  body += "0\r\n\r\n";
  parse<http::H1RequestParser>(state, body);
}

BENCHMARK_CAPTURE(parse_request, small, kSmallRequest);
BENCHMARK_CAPTURE(parse_request, browser, kBrowserRequest);
BENCHMARK(parse_answer);
BENCHMARK_CAPTURE(forward_a_request, small, kSmallRequest);
BENCHMARK_CAPTURE(forward_a_request, browser, kBrowserRequest);
BENCHMARK(forward_an_answer);
BENCHMARK_CAPTURE(write_request, small, kSmallRequest);
BENCHMARK_CAPTURE(write_request, browser, kBrowserRequest);
BENCHMARK(write_answer);
BENCHMARK_CAPTURE(field_id, host, "Host");
BENCHMARK_CAPTURE(field_id, transfer_encoding, "Transfer-Encoding");
BENCHMARK_CAPTURE(field_id, unknown, "X-Api-Version");
BENCHMARK(parse_chunks)->Arg(100)->Arg(16 << 10);

}  // namespace
}  // namespace penstock
