#include "tests/support/hostile.h"

#include <time.h>

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

#include "tests/support/tcp_queue.h"

namespace penstock::e2e {
namespace {

using ::testing::Contains;

constexpr std::string_view kAfter = "/after";
constexpr std::size_t kSplitMax = 1500;

/// Like eventually(), but sleeps for microseconds: there are very many bytes to wait for.
void wait_for(const auto& condition) {
  const Deadline deadline;
  while (!condition()) {
    if (deadline.passed()) throw TimedOut("the peer reads nothing");
    const timespec moment = {0, 5'000};
    ::nanosleep(&moment, nullptr);
  }
}

/// The next answer; status 0 if the connection ended before its head was there.
Message read_answer(Client& client, bool to_head) {
  try {
    Message answer = to_head ? client.response_to_head() : client.response();
    answer.complete = answer.complete && !client.was_reset();
    return answer;
  } catch (const Ended&) {
    return {};
  }
}

bool is_head(std::string_view raw) {
  return raw.starts_with("HEAD ");
}

void expect_refusal(Client& client, const RequestCase& one) {
  const Message answer = read_answer(client, is_head(one.raw));
  EXPECT_THAT(one.refusal, Contains(answer.status())) << shown(answer.raw);
  EXPECT_EQ(answer["Content-Type"], "application/problem+json") << shown(answer.raw);
  EXPECT_EQ(answer["Connection"], "close") << shown(answer.raw);
  EXPECT_TRUE(answer.complete);
  EXPECT_TRUE(client.ends()) << "bytes after the refusal, or no end";
}

void expect_verdict(Client& client, const RequestCase& one) {
  for (std::size_t i = 0; i < one.served; ++i) {
    const Message answer = read_answer(client, is_head(one.raw));
    EXPECT_EQ(answer.status(), 200) << shown(answer.raw);
    EXPECT_TRUE(answer.complete);
  }
  if (!one.refusal.empty()) {
    expect_refusal(client, one);
  } else if (one.closes) {
    EXPECT_TRUE(client.ends());
  } else {
    EXPECT_EQ(client.get(kAfter).status(), 200);
  }
}

}  // namespace

void send_in(Pieces pieces, Connection& connection, std::string_view bytes) {
  try {
    const std::size_t apart = pieces == Pieces::whole ? 0 : std::min(bytes.size(), kSplitMax);
    for (std::size_t i = 0; i < apart; ++i) {
      connection.send(bytes.substr(i, 1));
      wait_for([&] { return peers_queue_is_empty(connection.fd()); });
    }
    connection.send(bytes.substr(apart));
  } catch (const Ended&) {
  }
}

// ---- cases

RequestCase refused(std::string name, std::string raw, std::vector<int> statuses) {
  return {.name = std::move(name), .raw = std::move(raw), .refusal = std::move(statuses)};
}

RequestCase cut(std::string name, std::string raw, std::vector<int> statuses) {
  RequestCase one = refused(std::move(name), std::move(raw), std::move(statuses));
  one.may_begin = true;
  return one;
}

RequestCase passed(std::string name, std::string raw, std::string forwarded) {
  return {.name = std::move(name), .raw = std::move(raw), .forwarded = std::move(forwarded), .served = 1};
}

RequestCase passed(std::string name, std::string raw) {
  return passed(std::move(name), raw, raw);
}

RequestCase passed_and_closed(std::string name, std::string raw, std::string forwarded) {
  RequestCase one = passed(std::move(name), std::move(raw), std::move(forwarded));
  one.closes = true;
  return one;
}

std::string head(std::string_view line, std::string_view fields) {
  return std::string(line) + "\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}
std::string get_with(std::string_view fields) {
  return head("GET / HTTP/1.1", fields);
}
std::string post_with(std::string_view fields, std::string_view body) {
  return head("POST / HTTP/1.1", fields) + std::string(body);
}

AnswerCase relayed(std::string name, std::string answer, std::string seen, Then then) {
  return {.name = std::move(name), .answer = std::move(answer), .seen = std::move(seen), .then = then};
}
AnswerCase relayed(std::string name, std::string answer) {
  return relayed(std::move(name), answer, answer);
}
AnswerCase bad_gateway(std::string name, std::string answer, Then then) {
  return {.name = std::move(name), .answer = std::move(answer), .sees = AnswerCase::Sees::bad_gateway, .then = then};
}
AnswerCase cut_answer(std::string name, std::string answer, Then then) {
  return {.name = std::move(name), .answer = std::move(answer), .sees = AnswerCase::Sees::cut, .then = then};
}
AnswerCase to(std::string request, AnswerCase answer_case) {
  answer_case.request = std::move(request);
  return answer_case;
}

// ---- the judge

void Hostile::expect_all(Gateway& gateway, const std::vector<RequestCase>& cases) {
  for (const RequestCase& one : cases) {
    for (const Pieces pieces : kBothWays) expect_one(gateway, one, pieces);
  }
}

void Hostile::expect_one(Gateway& gateway, const RequestCase& one, Pieces pieces) {
  SCOPED_TRACE(one.name + (pieces == Pieces::whole ? ", whole: " : ", byte by byte: ") + shown(one.raw));
  const std::size_t before = backend.received().size();
  try {
    Client client(gateway);
    send_in(pieces, client, one.raw);
    expect_verdict(client, one);
    expect_service(gateway);
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  std::size_t accounted = 0;
  std::string got;
  for (const Message& request : backend.take_requests()) {
    accounted += request.raw.size();
    if (one.may_begin && !request.complete) continue;
    if (request.target() != kAfter) got += without_ours(request, backend.address());
  }
  EXPECT_TRUE(got == one.forwarded) << "reached the backend: " << shown(got)
                                    << "\nshould have:        " << shown(one.forwarded);
  const std::size_t came = backend.received().size() - before;
  EXPECT_TRUE(one.may_begin || came == accounted) << came << " bytes came, " << accounted << " in whole requests";
}

void Hostile::expect_service(Gateway& gateway) {
  const Message answer = Client(gateway).get(kAfter);
  EXPECT_EQ(answer.status(), 200) << "the next client is not served: " << shown(answer.raw);
  EXPECT_EQ(answer.body, "ok") << "the next client gets another's answer";
}

void Hostile::expect_all(Gateway& gateway, const std::vector<AnswerCase>& cases) {
  for (const AnswerCase& one : cases) {
    for (const Pieces pieces : kBothWays) expect_one(gateway, one, pieces);
  }
}

void Hostile::expect_one(Gateway& gateway, const AnswerCase& one, Pieces pieces) {
  SCOPED_TRACE(one.name + (pieces == Pieces::whole ? ", whole: " : ", byte by byte: ") + shown(one.answer));
  const auto sent = std::make_shared<std::atomic<bool>>(false);
  backend.on_request([answer = one.answer, then = one.then, pieces, sent](Exchange& exchange) {
    if (exchange.request().target() == kAfter) return exchange.ok("ok");
    send_in(pieces, exchange.connection(), answer);
    if (then == Then::close) exchange.close();
    if (then == Then::reset) exchange.connection().reset();
    *sent = true;
  });
  try {
    Client client(gateway);
    client.send(one.request);
    const Message answer = read_answer(client, is_head(one.request));
    // What stands behind the answer comes before the next request is sent; nobody could tell them apart otherwise.
    wait_for([&] { return sent->load(); });
    switch (one.sees) {
      case AnswerCase::Sees::exactly: {
        const std::string seen = answer_without_ours(answer, one.answer.find("\nDate:") != std::string::npos);
        EXPECT_TRUE(seen == one.seen) << "the client sees: " << shown(seen) << "\nshould see:      " << shown(one.seen);
        EXPECT_TRUE(answer.complete);
        break;
      }
      case AnswerCase::Sees::bad_gateway:
        EXPECT_EQ(answer.status(), 502) << shown(answer.raw);
        EXPECT_EQ(answer["Content-Type"], "application/problem+json") << shown(answer.raw);
        EXPECT_TRUE(answer.complete);
        break;
      case AnswerCase::Sees::cut:
        EXPECT_TRUE(!answer.complete || answer.status() == 502) << shown(answer.raw);
        break;
    }
    if (!answer.complete || answer["Connection"] == "close") {
      EXPECT_TRUE(client.ends());
    } else {
      EXPECT_EQ(client.get(kAfter).body, "ok") << "the connection is out of step";
    }
    expect_service(gateway);
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
}

std::string Hostile::forwarded() {
  std::string got;
  for (const Message& request : backend.take_requests()) got += without_ours(request, backend.address());
  return got;
}

}  // namespace penstock::e2e
