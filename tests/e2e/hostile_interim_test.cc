// 1xx answers, RFC 9110 §15.2: any number before the answer, none instead of it.
#include "tests/support/hostile.h"

namespace penstock::e2e {
namespace {

const std::string kFinal = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";
const std::string kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
const std::string kHints = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";

TEST_F(Hostile, InterimAnswersPassBeforeTheAnswer) {
  Gateway gateway(backend);
  expect_all(
      gateway,
      {relayed("100", kContinue + kFinal), relayed("103", kHints + kFinal),
       relayed("102", "HTTP/1.1 102 Processing\r\n\r\n" + kFinal),
       relayed("unknown", "HTTP/1.1 199 x\r\nX: 1\r\n\r\n" + kFinal),
       relayed("several", kContinue + kHints + kHints + kFinal),
       relayed("before a 204", kHints + "HTTP/1.1 204 No Content\r\n\r\n"),
       relayed("before chunks", kHints + "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n"),
       to(head("HEAD / HTTP/1.1"),
          relayed("before the answer to a HEAD", kHints + "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n")),
       to("GET / HTTP/1.0\r\nHost: a\r\n\r\n",
          relayed("not for HTTP/1.0", kContinue + kHints + kFinal,
                  "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nhi")),
       relayed("hop-by-hop fields go",
               "HTTP/1.1 103 x\r\nConnection: X-Hop\r\nX-Hop: 1\r\nKeep-Alive: 5\r\nLink: </a>\r\n\r\n" + kFinal,
               "HTTP/1.1 103 x\r\nLink: </a>\r\n\r\n" + kFinal),
       relayed("a length of 0 goes", "HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\n" + kFinal, kContinue + kFinal),
       relayed("a length goes", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\nContent-Length: 5\r\n\r\n" + kFinal,
               kHints + kFinal)});
}

TEST_F(Hostile, BadInterimAnswersAreABadGateway) {
  Gateway gateway(backend);
  std::string flood;
  for (int i = 0; i < 1000; ++i) flood += kHints;
  expect_all(gateway, {bad_gateway("a body", "HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\nhello" + kFinal),
                       bad_gateway("a body of no length", kContinue + "hello" + kFinal),
                       bad_gateway("chunks", "HTTP/1.1 103 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + kFinal),
                       bad_gateway("and then the end", kContinue, Then::close),
                       bad_gateway("and then a reset", kHints, Then::reset),
                       bad_gateway("half of one", "HTTP/1.1 100 Conti", Then::close),
                       bad_gateway("and then nonsense", kContinue + "nonsense\r\n"),
                       bad_gateway("a bad field", "HTTP/1.1 103 x\r\nX : 1\r\n\r\n" + kFinal),
                       bad_gateway("an LF", "HTTP/1.1 100 Continue\n\n" + kFinal),
                       bad_gateway("an unasked switch behind one",
                                   kHints + "HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n"),
                       bad_gateway("more of them than anyone needs", flood + kFinal)});
}

}  // namespace
}  // namespace penstock::e2e
