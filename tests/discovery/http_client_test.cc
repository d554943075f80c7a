#include "gateway/io/http_client.h"

#include <cstdlib>

#include "tests/discovery/registry_fixture.h"
#include "tests/support/backend.h"

namespace penstock::io {
namespace {

using discovery::RegistryTest;
using e2e::Backend;
using e2e::Exchange;
using std::chrono::milliseconds;
using testing::HasSubstr;

class HttpClientTest : public RegistryTest {
 protected:
  Backend server;
  std::unique_ptr<HttpClient> client = std::make_unique<HttpClient>(loop);
  std::unique_ptr<HttpRequest> request;
  std::vector<HttpAnswer> answers;
  std::string streamed;

  HttpQuery query(const std::string& path = "/") { return {.url = "http://" + server.address() + path}; }
  HttpClient::Done keep() {
    return [this](HttpAnswer answer) { answers.push_back(std::move(answer)); };
  }
  HttpAnswer ask(const HttpQuery& what) {
    answers.clear();
    request = client->fetch(what, keep());
    EXPECT_TRUE(answers.empty()) << "called back from within fetch()";
    if (!run_until([this] { return !answers.empty(); })) return {.error = "(no answer in time)"};
    return answers.front();
  }
};

TEST_F(HttpClientTest, AnAnswerHasStatusFieldsAndBody) {
  server.answer("HTTP/1.1 404 Not Found\r\nX-Consul-Index:  7 \r\nContent-Length: 4\r\n\r\nnone");
  const HttpAnswer answer = ask(query("/v1/x?a=b"));
  EXPECT_EQ(answer.status, 404) << answer.error;
  EXPECT_EQ(answer.get("x-consul-index"), "7");
  EXPECT_EQ(answer.body, "none");
  EXPECT_EQ(server.request().target(), "/v1/x?a=b");
}

TEST_F(HttpClientTest, InterimAnswersAreNotTheAnswer) {
  server.answer("HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  const HttpAnswer answer = ask(query());
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.get("link"), "");
}

TEST_F(HttpClientTest, MethodFieldsAndBodyAreSentAsTheyAreAndNothingIsMadeUp) {
  HttpQuery put = query();
  put.method = "PUT";
  put.fields = {{"X-Token", "secret"}, {"X-Empty", ""}};
  put.body = std::string(100'000, 'x');
  EXPECT_EQ(ask(put).status, 200);
  const e2e::Message sent = server.request();
  EXPECT_EQ(sent.method(), "PUT");
  EXPECT_EQ(sent["X-Token"], "secret");
  EXPECT_TRUE(sent.fields.has("X-Empty"));
  EXPECT_FALSE(sent.fields.has("Content-Type"));
  EXPECT_FALSE(sent.fields.has("Expect"));
  EXPECT_EQ(sent.body, put.body);
}

TEST_F(HttpClientTest, APutWithoutABodySaysSo) {
  HttpQuery put = query();
  put.method = "PUT";
  EXPECT_EQ(ask(put).status, 200);
  EXPECT_EQ(server.request()["Content-Length"], "0");
}

TEST_F(HttpClientTest, AFieldWithALineBreakIsNotSent) {
  HttpQuery bad = query();
  bad.fields = {{"X-Token", "a\r\nX-Evil: b"}};
  EXPECT_THAT(ask(bad).error, HasSubstr("line break"));
  EXPECT_EQ(server.request_count(), 0u);
}

TEST_F(HttpClientTest, ConnectionsAreKept) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(query()).status, 200);
  EXPECT_EQ(server.connections(), 1u);
}

TEST_F(HttpClientTest, RedirectsAreNotFollowed) {
  server.answer("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(ask(query()).status, 302);
  EXPECT_EQ(server.request_count(), 1u);
}

TEST_F(HttpClientTest, OnlyHttpIsSpoken) {
  HttpQuery file = query();
  file.url = "file:///etc/hostname";
  EXPECT_EQ(ask(file).status, 0);
  EXPECT_NE(answers.front().error, "");
}

TEST_F(HttpClientTest, TheEnvironmentNamesNoProxy) {
  ::setenv("http_proxy", "http://127.0.0.1:1", 1);
  EXPECT_EQ(ask(query()).status, 200) << answers.front().error;
  ::unsetenv("http_proxy");
}

TEST_F(HttpClientTest, ARefusedConnectionIsAnError) {
  const e2e::RefusedPort port;
  HttpQuery nobody = query();
  nobody.url = "http://" + port.address();
  EXPECT_EQ(ask(nobody).status, 0);
  EXPECT_NE(answers.front().error, "");
}

TEST_F(HttpClientTest, AConnectionThatIsNotMadeInTimeIsAnError) {
  const e2e::SilentPort port;
  HttpQuery nobody = query();
  nobody.url = "http://" + port.address();
  nobody.connect_timeout = 50 * kNanosPerMilli;
  const e2e::Stopwatch watch;
  EXPECT_EQ(ask(nobody).status, 0);
  EXPECT_LT(watch.elapsed(), milliseconds(2000));
}

TEST_F(HttpClientTest, AnAnswerThatDoesNotComeInTimeIsAnError) {
  server.on_request([](Exchange& exchange) { exchange.await_close(); });
  HttpQuery slow = query();
  slow.timeout = 60 * kNanosPerMilli;
  EXPECT_EQ(ask(slow).status, 0);
  EXPECT_NE(answers.front().error, "");
}

TEST_F(HttpClientTest, ATruncatedAnswerIsAnErrorAndNotHalfAnAnswer) {
  server.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
    exchange.close();
  });
  EXPECT_EQ(ask(query()).status, 0);
  EXPECT_EQ(answers.front().body, "");
}

TEST_F(HttpClientTest, AnAnswerBeyondTheBoundIsAnError) {
  server.answer(e2e::ok_response(std::string(101, 'x')));
  HttpQuery bounded = query();
  bounded.max_bytes = 100;
  EXPECT_THAT(ask(bounded).error, HasSubstr("longer than 100 bytes"));
  bounded.max_bytes = 101;
  EXPECT_EQ(ask(bounded).status, 200);
}

TEST_F(HttpClientTest, FieldsBeyondTheBoundAreAnError) {
  std::string fields;
  for (int i = 0; i < 1000; ++i) fields += "X-Many: " + std::string(90, 'x') + "\r\n";
  server.answer(e2e::ok_response("ok", fields));
  EXPECT_THAT(ask(query()).error, HasSubstr("fields are longer"));
}

TEST_F(HttpClientTest, AStreamIsToldAsItComesAndHasNoBodyInTheEnd) {
  server.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + e2e::chunk("one"));
    exchange.stall();
    exchange.reply(e2e::chunk("two") + std::string(e2e::kLastChunk));
  });
  HttpQuery stream = query();
  stream.max_bytes = 3;
  request = client->fetch(stream, keep(), [this](std::string_view bytes) { streamed += bytes; });
  EXPECT_TRUE(run_until([this] { return streamed == "one"; }));
  EXPECT_TRUE(answers.empty());
  server.release();
  EXPECT_TRUE(run_until([this] { return !answers.empty(); }));
  EXPECT_EQ(streamed, "onetwo");
  EXPECT_EQ(answers.front().status, 200) << answers.front().error;
  EXPECT_EQ(answers.front().body, "");
}

TEST_F(HttpClientTest, AnErrorsBodyIsNotStreamed) {
  server.answer("HTTP/1.1 401 Unauthorized\r\nContent-Length: 3\r\n\r\nwhy");
  request = client->fetch(query(), keep(), [this](std::string_view bytes) { streamed += bytes; });
  EXPECT_TRUE(run_until([this] { return !answers.empty(); }));
  EXPECT_EQ(streamed, "");
  EXPECT_EQ(answers.front().body, "why");
}

TEST_F(HttpClientTest, AStreamThatFallsSilentIsAnErrorAndOneThatMovesIsNot) {
  server.on_request([](Exchange& exchange) {
    exchange.reply("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    for (int i = 0; i < 6; ++i) {
      exchange.reply(e2e::chunk("x"));
      EXPECT_TRUE(exchange.connection().stays_quiet(milliseconds(50)));
    }
    exchange.await_close();
  });
  HttpQuery stream = query();
  stream.timeout = 0;
  stream.silence_timeout = 200 * kNanosPerMilli;
  request = client->fetch(stream, keep(), [this](std::string_view bytes) { streamed += bytes; });
  EXPECT_TRUE(run_until([this] { return !answers.empty(); }));
  EXPECT_EQ(streamed, "xxxxxx");
  EXPECT_THAT(answers.front().error, HasSubstr("nothing came for 200 ms"));
}

TEST_F(HttpClientTest, ADestroyedRequestIsCancelledAndTellsNothing) {
  server.on_request([](Exchange& exchange) { exchange.await_close(); });
  request = client->fetch(query(), keep());
  EXPECT_TRUE(run_until([this] { return server.request_count() == 1; }));
  request.reset();
  EXPECT_TRUE(server.wait_for_closed(1));
  run_for(milliseconds(20));
  EXPECT_TRUE(answers.empty());
}

TEST_F(HttpClientTest, ACallbackMayDestroyItsRequestAndAskAgain) {
  int asked = 0;
  std::function<void(HttpAnswer)> again = [&](HttpAnswer answer) {
    request.reset();
    if (answer.status == 200 && ++asked < 3) request = client->fetch(query(), again);
  };
  request = client->fetch(query(), again);
  EXPECT_TRUE(run_until([&] { return asked == 3; }));
}

TEST_F(HttpClientTest, APieceMayDestroyTheRequest) {
  server.answer(e2e::ok_response("body"));
  request = client->fetch(query(), keep(), [this](std::string_view bytes) {
    streamed += bytes;
    request.reset();
  });
  EXPECT_TRUE(run_until([this] { return streamed == "body"; }));
  run_for(milliseconds(20));
  EXPECT_TRUE(answers.empty());
}

TEST_F(HttpClientTest, ACallbackMayDestroyTheClient) {
  auto other = client->fetch(query(), keep());
  request = client->fetch(query(), [this](HttpAnswer) { client.reset(); });
  EXPECT_TRUE(run_until([this] { return client == nullptr; }));
  run_for(milliseconds(20));
  EXPECT_LE(answers.size(), 1u);
}

TEST_F(HttpClientTest, ADestroyedClientCancelsWhateverIsUnderWay) {
  server.on_request([](Exchange& exchange) { exchange.await_close(); });
  for (int i = 0; i < 3; ++i) {
    auto one = client->fetch(query(), keep());
    auto two = client->fetch(query(), keep());
    EXPECT_TRUE(run_until([&] { return server.request_count() == 2u * static_cast<unsigned>(i) + 2; }));
    client = std::make_unique<HttpClient>(loop);
  }
  EXPECT_TRUE(server.wait_for_closed(6));
  EXPECT_TRUE(answers.empty());
}

TEST_F(HttpClientTest, ALookUpUnderWayHoldsNobodyUp) {
  HttpQuery named = query();
  named.url = "http://registry.invalid/";
  const e2e::Stopwatch watch;
  request = client->fetch(named, keep());
  run_for(milliseconds(10));
  client.reset();
  EXPECT_LT(watch.elapsed(), milliseconds(1000));
}

TEST_F(HttpClientTest, ManyAtOnceAreAnsweredEach) {
  server.on_request([](Exchange& exchange) { exchange.ok(exchange.request().target()); });
  std::vector<std::unique_ptr<HttpRequest>> requests;
  std::vector<std::string> bodies(100);
  for (std::size_t i = 0; i < bodies.size(); ++i) {
    requests.push_back(client->fetch(query("/" + std::to_string(i)),
                                     [&bodies, i](HttpAnswer answer) { bodies[i] = std::move(answer.body); }));
  }
  EXPECT_TRUE(run_until([&] { return std::count(bodies.begin(), bodies.end(), "") == 0; }));
  for (std::size_t i = 0; i < bodies.size(); ++i) EXPECT_EQ(bodies[i], "/" + std::to_string(i));
}

}  // namespace
}  // namespace penstock::io
