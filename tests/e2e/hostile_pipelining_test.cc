// What comes behind a request on the same connection: remainders that one side takes for a body and the other for a
// request.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

const std::string kSmuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
const std::string kPlain = get_with("");

RequestCase then_refused(RequestCase one, std::vector<int> statuses = {400}) {
  one.refusal = std::move(statuses);
  return one;
}

RequestCase both_served(RequestCase one) {
  one.served = 2;
  return one;
}

std::string length_of(const std::string& body) {
  return "Content-Length: " + std::to_string(body.size()) + "\r\n";
}

TEST_F(Hostile, NothingBehindARefusedRequestIsServed) {
  Gateway gateway(backend);
  const std::string chunked = "Transfer-Encoding: chunked\r\n";
  expect_all(gateway,
             {refused("CL.TE", post_with("Content-Length: 6\r\n" + chunked, "0\r\n\r\nG" + kSmuggled)),
              refused("TE.CL", post_with(chunked + "Content-Length: 4\r\n", "24\r\n" + kSmuggled + "\r\n0\r\n\r\n")),
              refused("TE.TE", post_with(chunked + "Transfer-encoding: x\r\n", "0\r\n\r\n" + kSmuggled), {400, 501}),
              refused("TE.0", head("OPTIONS / HTTP/1.1", "Transfer-Encoding: xchunked\r\n") + "0\r\n\r\n" + kSmuggled),
              refused("two lengths", post_with("Content-Length: 0\r\n" + length_of(kSmuggled), kSmuggled)),
              refused("no Host", "GET / HTTP/1.1\r\n\r\n" + kSmuggled),
              refused("a bad field", get_with("X : 1\r\n") + kSmuggled),
              refused("a bad version", "GET / HTTP/3.0\r\nHost: a\r\n\r\n" + kSmuggled, {505}),
              refused("an unknown method", head("FOO / HTTP/1.1") + kSmuggled, {501}),
              refused("too large", head("GET /" + std::string(9000, 'a') + " HTTP/1.1") + kSmuggled, {414}),
              cut("a bad chunk (CVE-2022-22720)", post_with(chunked, "x\r\n" + kSmuggled)),
              cut("a chunk that is too long", post_with(chunked, "2\r\nhello\r\n" + kSmuggled)),
              cut("behind the last chunk", post_with(chunked, "0\r\nX\r\n\r\n" + kSmuggled))});
}

TEST_F(Hostile, ABodyIsNeverARequest) {
  Gateway gateway(backend);
  const std::string by_length = post_with(length_of(kSmuggled), kSmuggled);
  const std::string by_chunks = post_with("Transfer-Encoding: chunked\r\n", chunk(kSmuggled) + "0\r\n\r\n");
  expect_all(gateway,
             {passed("CL", by_length), passed("CL of a GET", get_with(length_of(kSmuggled)) + kSmuggled),
              passed("CL of a HEAD", head("HEAD / HTTP/1.1", length_of(kSmuggled)) + kSmuggled),
              passed("CL of OPTIONS", head("OPTIONS / HTTP/1.1", length_of(kSmuggled)) + kSmuggled),
              passed("chunks", by_chunks), both_served(passed("one after the other", by_length + by_chunks)),
              passed_and_closed("nothing behind close", get_with("Connection: close\r\n") + kSmuggled, kPlain),
              passed_and_closed("nothing behind HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n" + kSmuggled, kPlain),
              passed_and_closed("CL in HTTP/1.0",
                                "POST / HTTP/1.0\r\nHost: a\r\n" + length_of("12345") + "\r\n12345" + kSmuggled,
                                post_with("Content-Length: 5\r\n", "12345"))});
}

TEST_F(Hostile, ABodyThatNobodyAnnouncedIsTheNextRequest) {
  Gateway gateway(backend);
  expect_all(
      gateway,
      {then_refused(
           passed("CL.0", post_with("Content-Length: 0\r\n", "hello\r\n\r\n"), post_with("Content-Length: 0\r\n")),
           {400, 501}),
       then_refused(passed("no length", post_with("", "hello\r\n\r\n"), post_with("")), {400, 501}),
       then_refused(passed("more than the length", post_with("Content-Length: 5\r\n", "hello!\r\n\r\n"),
                           post_with("Content-Length: 5\r\n", "hello")),
                    {400, 501}),
       then_refused(passed("more than the last chunk", post_with("Transfer-Encoding: chunked\r\n", "0\r\n\r\nmore\r\n"),
                           post_with("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")),
                    {400, 501}),
       then_refused(passed("a second last chunk", post_with("Transfer-Encoding: chunked\r\n", "0\r\n\r\n0\r\n\r\n"),
                           post_with("Transfer-Encoding: chunked\r\n", "0\r\n\r\n")),
                    {400, 501}),
       then_refused(
           passed("chunks behind another name", post_with("Transfer_Encoding: chunked\r\n", "0\r\n\r\n" + kSmuggled),
                  post_with("Transfer_Encoding: chunked\r\n")),
           {400, 501})});
}

TEST_F(Hostile, AfterAGoodRequestABadOneIsRefused) {
  Gateway gateway(backend);
  const std::string twice = post_with("Content-Length: 1\r\nContent-Length: 2\r\n", "xx");
  expect_all(gateway,
             {then_refused(passed("no Host", kPlain + "GET / HTTP/1.1\r\n\r\n", kPlain)),
              then_refused(passed("two lengths", kPlain + twice + kSmuggled, kPlain)),
              then_refused(passed("a bare LF", kPlain + "\n" + kSmuggled, kPlain)),
              then_refused(passed("a NUL", kPlain + std::string(1, '\0') + kSmuggled, kPlain)),
              then_refused(passed("behind a body", post_with("Content-Length: 5\r\n", "hello") + twice,
                                  post_with("Content-Length: 5\r\n", "hello"))),
              both_served(passed("an empty line between is allowed", kPlain + "\r\n" + kPlain, kPlain + kPlain)),
              then_refused(passed("two are not", kPlain + "\r\n\r\n" + kPlain, kPlain))});
}

// CVE-2019-20372, CVE-2025-4366: the body of a request that is answered without asking a backend.
TEST_F(Hostile, ABodyThatNobodyReadsIsNoRequest) {
  Gateway gateway(backend, {.routes = "- { match: { path: /here }, respond: { status: 200, body: here } }\n"
                                      "- { match: { path: /moved }, redirect: { to: /new, status: 301 } }\n"});
  expect_all(
      gateway,
      {passed("by length", head("POST /here HTTP/1.1", length_of(kSmuggled)) + kSmuggled, ""),
       passed("of a GET", head("GET /here HTTP/1.1", length_of(kSmuggled)) + kSmuggled, ""),
       passed("by chunks",
              head("POST /here HTTP/1.1", "Transfer-Encoding: chunked\r\n") + chunk(kSmuggled) + "0\r\n\r\n", ""),
       cut("by bad chunks", head("POST /here HTTP/1.1", "Transfer-Encoding: chunked\r\n") + "z\r\n" + kSmuggled)});
  Client client(gateway);
  client.send(head("GET /moved HTTP/1.1", length_of(kSmuggled)) + kSmuggled);
  EXPECT_EQ(client.response().status(), 301);
  EXPECT_EQ(client.get("/after").body, "ok");
}

// CVE-2025-30346, CVE-2022-22720: an answer that comes before the body has been read ends the connection.
TEST_F(Hostile, ABodyBehindAnEarlyAnswerIsNoRequest) {
  Gateway gateway(backend);
  backend.on_head([](Exchange& exchange) { exchange.ok("ok"); });
  for (const std::string& part : {std::string(), kSmuggled.substr(0, 10)}) {
    Client client(gateway);
    client.send(post_with(length_of(kSmuggled + kSmuggled)) + part);
    EXPECT_EQ(client.response()["Connection"], "close");
    send_in(Pieces::whole, client, kSmuggled);
    EXPECT_TRUE(client.ends());
    expect_service(gateway);
    for (const Message& request : backend.take_requests()) EXPECT_NE(request.target(), "/smuggled");
  }
}

}  // namespace
}  // namespace penstock::e2e
