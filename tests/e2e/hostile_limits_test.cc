// Small input that would cost much memory or time, and sizes at their limits.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

std::string fields(int count, const std::string& value) {
  std::string out;
  for (int i = 0; i < count; ++i) out += "X-" + std::to_string(i) + ": " + value + "\r\n";
  return out;
}

TEST_F(Hostile, WhatIsTooLargeIsRefused) {
  Gateway gateway(backend);
  const std::string kilobytes(9'000, 'a');
  const std::string megabyte(1 << 20, 'a');
  expect_all(gateway,
             {refused("a path", head("GET /" + kilobytes + " HTTP/1.1"), {414}),
              refused("a query", head("GET /?" + kilobytes + " HTTP/1.1"), {414}),
              refused("an absolute target", head("GET http://a/" + kilobytes + " HTTP/1.1"), {414}),
              refused("a path without end", "GET /" + megabyte, {414}),
              refused("a method without end", megabyte, {400, 414, 501}),
              refused("spaces without end", "GET " + std::string(1 << 20, ' '), {400, 414}),
              refused("a value", get_with("X: " + std::string(40'000, 'a') + "\r\n"), {431}),
              refused("a value without end", "GET / HTTP/1.1\r\nHost: a\r\nX: " + megabyte, {431}),
              refused("a name without end", "GET / HTTP/1.1\r\nHost: a\r\n" + megabyte, {431}),
              refused("white space without end", "GET / HTTP/1.1\r\nHost: a\r\nX:" + std::string(1 << 20, ' '), {431}),
              refused("fields", get_with(fields(101, "1")), {431}),
              refused("fields without end", "GET / HTTP/1.1\r\nHost: a\r\n" + fields(50'000, "1"), {431}),
              refused("empty fields", get_with(fields(200, "")), {431}),
              refused("a Host", "GET / HTTP/1.1\r\nHost: " + std::string(40'000, 'a') + "\r\n\r\n", {431}),
              refused("a Connection field", get_with("Connection: " + std::string(40'000, ',') + "\r\n"), {431}),
              refused("a body", post_with("Content-Length: 10485761\r\n"), {413}),
              refused("a body of exabytes", post_with("Content-Length: 999999999999999999\r\n"), {413})});
}

TEST_F(Hostile, ChunksThatGrowTooLargeAreCut) {
  Gateway gateway(backend, {.listener = "max: { body: 1KiB }"});
  expect_all(gateway,
             {cut("one chunk", post_with("Transfer-Encoding: chunked\r\n", chunk(std::string(1025, 'x')) + "0\r\n\r\n"),
                  {413}),
              cut("small chunks",
                  post_with("Transfer-Encoding: chunked\r\n",
                            chunk(std::string(600, 'x')) + chunk(std::string(600, 'x')) + "0\r\n\r\n"),
                  {413}),
              passed("at the limit",
                     post_with("Transfer-Encoding: chunked\r\n", chunk(std::string(1024, 'x')) + "0\r\n\r\n"))});
}

TEST_F(Hostile, RefusedHeadersDoNotLingerInTheNextRequest) {
  Gateway gateway(backend);
  expect_all(gateway, {refused("HEAD first", "HEAD / HTTP/1.1\r\n\r\n"), refused("then GET", "GET / HTTP/1.1\r\n\r\n"),
                       refused("HEAD, a bad version", "HEAD / HTTP/3.1\r\nHost: a\r\n\r\n", {505}),
                       refused("HEAD, too large", head("HEAD /" + std::string(9'000, 'a') + " HTTP/1.1"), {414}),
                       refused("HEAD, a bad field", head("HEAD / HTTP/1.1", "X : 1\r\n"))});
}

}  // namespace
}  // namespace penstock::e2e
