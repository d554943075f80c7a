// What of a request reaches the upstream, and what the gateway adds.
#include "gateway/proxy/forwarding.h"

#include <gtest/gtest.h>

#include <string>

#include "gateway/http/h1_head.h"

namespace penstock::proxy {
namespace {

std::string lines(const FieldSet& fields) {
  std::string out;
  for (const auto* part : {&fields.passed, &fields.added}) {
    for (const http::Field& field : *part) out.append(field.name).append(": ").append(field.value).append("\n");
  }
  return out;
}

std::string values(const FieldSet& fields, std::string_view name) {
  std::string out;
  for (const auto* part : {&fields.passed, &fields.added}) {
    for (const http::Field& field : *part) {
      if (http::iequals(field.name, name)) out.append(out.empty() ? "" : " + ").append(field.value);
    }
  }
  return out;
}

class ForwardRequest : public testing::Test {
 protected:
  std::string text;
  std::string scratch;
  http::RequestHead head;
  conf::ForwardedHeaders settings;
  RequestContext context{
      .peer_ip = "203.0.113.9", .request_id = "id-1", .endpoint = "10.0.0.1:80", .forwarded = &settings};
  FieldSet out;

  void raw(std::string bytes) {
    text = std::move(bytes);
    ASSERT_FALSE(http::parse_request_head(text, {}, head, scratch)) << text;
    forward_request(head, context, out);
  }
  void request(const std::string& fields) { raw("GET / HTTP/1.1\r\nHost: h\r\n" + fields + "\r\n"); }
  std::string get(std::string_view name) const { return values(out, name); }
};

TEST_F(ForwardRequest, PassesWhatIsEndToEndAndAddsItsOwn) {
  request("Accept: */*\r\nCookie: a=b\r\n");
  EXPECT_EQ(
      lines(out),
      "Host: h\nAccept: */*\nCookie: a=b\nX-Forwarded-For: 203.0.113.9\nX-Forwarded-Proto: http\nX-Forwarded-Host: h\n"
      "X-Request-Id: id-1\nVia: 1.1 penstock\n");
}

TEST_F(ForwardRequest, APriorityPassesFromThoseWhoAreTrusted) {
  context.priority_header = "x-priority";
  request("X-Priority: critical\r\nx-priority: low\r\n");
  EXPECT_EQ(get("X-Priority"), "");
  context.peer_trusted = true;
  request("X-Priority: whatever\r\n");
  EXPECT_EQ(get("X-Priority"), "whatever");
}

TEST_F(ForwardRequest, WithoutAPriorityHeaderEveryFieldPasses) {
  request("X-Priority: critical\r\n");
  EXPECT_EQ(get("X-Priority"), "critical");
}

TEST_F(ForwardRequest, HopByHopFieldsStayBehind) {
  request(
      "Connection: keep-alive\r\nKeep-Alive: x\r\nProxy-Authenticate: x\r\nProxy-Authorization: x\r\nProxy-Connection: "
      "x\r\nTE: trailers\r\n"
      "Transfer-Encoding: chunked\r\nUpgrade: h2c\r\nHTTP2-Settings: x\r\n");
  for (const char* name : {"Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization", "Proxy-Connection",
                           "TE", "Transfer-Encoding", "Upgrade", "HTTP2-Settings"}) {
    EXPECT_EQ(get(name), "") << name;
  }
}

TEST_F(ForwardRequest, FieldsNamedByConnectionStayBehind) {
  request("Connection: close, x-one\r\nX-One: 1\r\nX-Two: 2\r\nX-Three: 3\r\nConnection: X-THREE\r\n");
  EXPECT_EQ(get("X-One") + get("X-Three"), "");
  EXPECT_EQ(get("X-Two"), "2");
}

TEST_F(ForwardRequest, ConnectionCannotTakeAwayHostNorOurOwnFields) {
  request("Connection: host, x-forwarded-for, via, x-request-id\r\n");
  EXPECT_EQ(get("Host"), "h");
  EXPECT_EQ(get("X-Forwarded-For"), "203.0.113.9");
  EXPECT_EQ(get("X-Request-Id"), "id-1");
  EXPECT_EQ(get("Via"), "1.1 penstock");
}

TEST_F(ForwardRequest, FramingFieldsAreLeftToTheWriter) {
  request("Content-Length: 5\r\n");
  EXPECT_EQ(get("Content-Length"), "");
}

TEST_F(ForwardRequest, TheDeadlineIsOursToTell) {
  request("X-Request-Timeout-Ms: 900\r\ngrpc-timeout: 1S\r\n");
  EXPECT_EQ(get("X-Request-Timeout-Ms"), "");
  EXPECT_EQ(get("grpc-timeout"), "1S");
  context.timeout_ms = 899;
  request("X-Request-Timeout-Ms: 900\r\n");
  EXPECT_EQ(get("X-Request-Timeout-Ms"), "899");
}

TEST_F(ForwardRequest, AHostOtherThanTheTargetsIsReplaced) {
  raw("GET http://target:81/ HTTP/1.1\r\nHost: other\r\n\r\n");
  EXPECT_EQ(get("Host"), "target:81");
  EXPECT_EQ(get("X-Forwarded-Host"), "target:81");
}

TEST_F(ForwardRequest, WithoutAHostTheEndpointIsNamed) {
  raw("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(get("Host"), "10.0.0.1:80");
  EXPECT_EQ(get("X-Forwarded-Host"), "");
  EXPECT_EQ(get("Via"), "1.0 penstock");
  context.endpoint = "unix:/run/app.sock";
  raw("GET / HTTP/1.0\r\n\r\n");
  EXPECT_EQ(get("Host"), "localhost");
}

TEST_F(ForwardRequest, AStrangersForwardingFieldsAreNotBelieved) {
  settings.forwarded = true;
  request(
      "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: "
      "for=1.1.1.1\r\nX-Request-Id: evil\r\n");
  EXPECT_EQ(get("X-Forwarded-For"), "203.0.113.9");
  EXPECT_EQ(get("X-Forwarded-Proto"), "http");
  EXPECT_EQ(get("X-Forwarded-Host"), "h");
  EXPECT_EQ(get("Forwarded"), "for=203.0.113.9;host=\"h\";proto=http");
  EXPECT_EQ(get("X-Request-Id"), "id-1");
}

TEST_F(ForwardRequest, WhatElseAStrangerSaysOfItselfStaysBehind) {
  const std::string fields = "X-Real-IP: 1.1.1.1\r\nX-Forwarded-Port: 443\r\nx-forwarded-prefix: /evil\r\n";
  request(fields);
  EXPECT_EQ(get("X-Real-IP") + get("X-Forwarded-Port") + get("X-Forwarded-Prefix"), "");
  context.peer_trusted = true;
  request(fields);
  EXPECT_EQ(get("X-Real-IP") + get("X-Forwarded-Port") + get("X-Forwarded-Prefix"), "1.1.1.1443/evil");
}

TEST_F(ForwardRequest, AStrangersForwardingFieldsStayBehindEvenIfWeAddNone) {
  settings.x_forwarded = false;
  request(
      "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\nForwarded: for=1.1.1.1\r\n");
  EXPECT_EQ(get("X-Forwarded-For") + get("X-Forwarded-Proto") + get("X-Forwarded-Host") + get("Forwarded"), "");
}

TEST_F(ForwardRequest, ATrustedPeersForwardingFieldsAreContinued) {
  context.peer_trusted = true;
  settings.forwarded = true;
  request(
      "X-Forwarded-For: 1.1.1.1\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: front\r\nForwarded: "
      "for=1.1.1.1\r\nX-Forwarded-For: 2.2.2.2\r\n");
  EXPECT_EQ(get("X-Forwarded-For"), "1.1.1.1, 2.2.2.2, 203.0.113.9");
  EXPECT_EQ(get("X-Forwarded-Proto"), "https");
  EXPECT_EQ(get("X-Forwarded-Host"), "front");
  EXPECT_EQ(get("Forwarded"), "for=1.1.1.1, for=203.0.113.9;host=\"h\";proto=http");
}

TEST_F(ForwardRequest, ATrustedPeersForwardingFieldsPassIfWeAddNone) {
  context.peer_trusted = true;
  settings.x_forwarded = false;
  request("X-Forwarded-For: 1.1.1.1\r\nForwarded: for=1.1.1.1\r\n");
  EXPECT_EQ(get("X-Forwarded-For"), "1.1.1.1");
  EXPECT_EQ(get("Forwarded"), "for=1.1.1.1");
}

// A forwarding field that was named by Connection was still appended to, and beyond the space that was set aside for
// it.
TEST_F(ForwardRequest, ForwardingFieldsNamedByConnectionAreNotBelieved) {
  context.peer_trusted = true;
  settings.forwarded = true;
  const std::string many(2'000, '1');
  request("Connection: X-Forwarded-For, Forwarded, X-Forwarded-Proto\r\nX-Forwarded-For: " + many +
          "\r\nForwarded: for=" + many + "\r\nX-Forwarded-Proto: https\r\n");
  EXPECT_EQ(get("X-Forwarded-For"), "203.0.113.9");
  EXPECT_EQ(get("Forwarded"), "for=203.0.113.9;host=\"h\";proto=http");
  EXPECT_EQ(get("X-Forwarded-Proto"), "http");
}

TEST_F(ForwardRequest, IPv6IsQuotedInForwarded) {
  settings.forwarded = true;
  context.peer_ip = "2001:db8::1";
  raw("GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n");
  EXPECT_EQ(get("Forwarded"), "for=\"[2001:db8::1]\";host=\"[::1]:80\";proto=http");
  EXPECT_EQ(get("X-Forwarded-For"), "2001:db8::1");
}

TEST_F(ForwardRequest, LongValuesStayWhole) {
  context.peer_trusted = true;
  settings.forwarded = true;
  const std::string many(3'000, 'a');
  request("X-Forwarded-For: " + many + "\r\nForwarded: " + many + "\r\n");
  EXPECT_EQ(get("X-Forwarded-For"), many + ", 203.0.113.9");
  EXPECT_TRUE(get("Forwarded").starts_with(many + ", for="));
}

TEST_F(ForwardRequest, ExpectationsPassUnlessTheyAreVoid) {
  request("Expect: 100-continue\r\nContent-Length: 1\r\n");
  EXPECT_EQ(get("Expect"), "100-continue");
  request("Connection: Expect\r\nExpect: 100-continue\r\nContent-Length: 1\r\n");
  EXPECT_EQ(get("Expect"), "100-continue");
  raw("POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n");
  EXPECT_EQ(get("Expect"), "");
}

// RFC 9110 §7.6.2.
TEST_F(ForwardRequest, MaxForwardsOfOptionsCountsDown) {
  const auto forwarded = [&](const std::string& method, const std::string& value) {
    raw(method + " / HTTP/1.1\r\nHost: h\r\nMax-Forwards: " + value + "\r\n\r\n");
    return get("Max-Forwards");
  };
  EXPECT_EQ(forwarded("OPTIONS", "7"), "6");
  EXPECT_EQ(forwarded("OPTIONS", "10"), "9");
  EXPECT_EQ(forwarded("OPTIONS", "99999999999999999999999"), "99999999999999999999999");
  EXPECT_EQ(forwarded("OPTIONS", "x"), "x");
  EXPECT_EQ(forwarded("GET", "7"), "7");
}

TEST_F(ForwardRequest, OnlyWebSocketIsUpgradedTo) {
  const std::string upgrade = "Connection: upgrade\r\nUpgrade: ";
  request(upgrade + "WebSocket\r\n");
  EXPECT_TRUE(upgrades(head));
  EXPECT_EQ(get("Upgrade"), "WebSocket");
  for (const char* other : {"h2c", "websocket, h2c", "TLS/1.0", "websocket\r\nUpgrade: h2c",
                            "h2c\r\nUpgrade: websocket", "websocket\r\nContent-Length: 3"}) {
    request(upgrade + other + "\r\n");
    EXPECT_FALSE(upgrades(head)) << other;
    EXPECT_EQ(get("Upgrade"), "") << other;
  }
}

TEST_F(ForwardRequest, AnUpgradeNeedsGetAndTheConnectionOption) {
  raw("POST / HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n");
  EXPECT_FALSE(upgrades(head));
  request("Upgrade: websocket\r\n");
  EXPECT_FALSE(upgrades(head));
}

class ForwardResponse : public testing::Test {
 protected:
  std::string text;
  http::ResponseHead head;
  FieldSet out;

  void parse(const std::string& line, const std::string& fields, http::Method to = http::Method::get) {
    text = "HTTP/1.1 " + line + "\r\n" + fields + "\r\n";
    ASSERT_FALSE(http::parse_response_head(text, {}, to, head)) << text;
  }
  void answer(const std::string& line, const std::string& fields, http::Method to = http::Method::get) {
    parse(line, fields, to);
    forward_response(head, "id-1", "now", out);
  }
  std::string get(std::string_view name) const { return values(out, name); }
};

TEST_F(ForwardResponse, PassesWhatIsEndToEndAndAddsItsOwn) {
  answer("200 OK", "Server: x\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 3\r\nX-Request-Id: theirs\r\n");
  EXPECT_EQ(lines(out), "Server: x\nSet-Cookie: a\nSet-Cookie: b\nDate: now\nX-Request-Id: id-1\nVia: 1.1 penstock\n");
}

TEST_F(ForwardResponse, TheEndpointsDateIsKept) {
  answer("200 OK", "Date: then\r\nContent-Length: 0\r\n");
  EXPECT_EQ(get("Date"), "then");
}

TEST_F(ForwardResponse, HopByHopFieldsStayBehind) {
  answer("200 OK",
         "Connection: X-A, keep-alive\r\nX-A: 1\r\nKeep-Alive: timeout=5\r\nTransfer-Encoding: chunked\r\nUpgrade: "
         "h2c\r\nProxy-Authenticate: x\r\n");
  EXPECT_EQ(lines(out), "Date: now\nX-Request-Id: id-1\nVia: 1.1 penstock\n");
}

TEST_F(ForwardResponse, ALengthThatSpeaksOfAnotherAnswerIsKept) {
  answer("200 OK", "Content-Length: 3\r\n", http::Method::head);
  EXPECT_EQ(get("Content-Length"), "3");
  answer("304 Not Modified", "Content-Length: 3\r\n");
  EXPECT_EQ(get("Content-Length"), "3");
  answer("204 No Content", "Content-Length: 0\r\n");
  EXPECT_EQ(get("Content-Length"), "");
}

TEST_F(ForwardResponse, InterimAnswersPassWithoutAdditions) {
  parse("103 Early Hints", "Link: a\r\nConnection: X-A\r\nX-A: 1\r\nUpgrade: h2c\r\nContent-Length: 0\r\n");
  forward_interim(head, out);
  EXPECT_EQ(lines(out), "Link: a\n");
}

TEST_F(ForwardResponse, ASwitchKeepsItsUpgradeField) {
  parse("101 Switching Protocols", "Connection: upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: x\r\n");
  forward_interim(head, out);
  EXPECT_EQ(lines(out), "Upgrade: websocket\nSec-WebSocket-Accept: x\n");
}

}  // namespace
}  // namespace penstock::proxy
