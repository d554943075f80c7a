// Raw messages against the running gateway, and what must become of them: the tables of tests/e2e/hostile_*_test.cc.
//
// Every case is sent twice, in one piece and byte by byte; the verdict must be the same. After each, another client
// must be served, and the backend must have got what the case says: to the byte, and nothing else.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/support/backend.h"
#include "tests/support/client.h"
#include "tests/support/gateway.h"
#include "tests/support/message.h"

namespace penstock::e2e {

/// How a message goes onto the wire.
enum class Pieces { whole, bytes };
inline constexpr Pieces kBothWays[] = {Pieces::whole, Pieces::bytes};

/// Byte by byte, each read by the peer before the next is sent; from 1,500 bytes on in one piece. Returns quietly when
/// the peer has closed.
void send_in(Pieces pieces, Connection& connection, std::string_view bytes);

// ---- what a client sends

struct RequestCase {
  std::string name;
  std::string raw;
  /// What the backend must get, without the fields that the gateway adds, bodies as one chunk. May be several requests.
  std::string forwarded{};
  std::size_t served = 0;      ///< answers of 200 that come first
  std::vector<int> refusal{};  ///< then an answer with one of these, and the end of the connection
  bool closes = false;         ///< the connection ends without a refusal
  bool may_begin = false;      ///< the backend may see the beginning of what is refused, but no whole request
};

/// Nothing reaches the backend.
RequestCase refused(std::string name, std::string raw, std::vector<int> statuses = {400});
/// The error is in a body that may be under way to the backend already.
RequestCase cut(std::string name, std::string raw, std::vector<int> statuses = {400});
/// Reaches the backend in this form; the connection can be used again.
RequestCase passed(std::string name, std::string raw, std::string forwarded);
RequestCase passed(std::string name, std::string raw);  ///< as it was sent
RequestCase passed_and_closed(std::string name, std::string raw, std::string forwarded);

/// "line CRLF Host: a CRLF fields CRLF".
std::string head(std::string_view line, std::string_view fields = "");
/// The same for "GET / HTTP/1.1" and "POST / HTTP/1.1".
std::string get_with(std::string_view fields);
std::string post_with(std::string_view fields, std::string_view body = "");

// ---- what a backend sends

enum class Then { keep, close, reset };  ///< what the backend does with the connection after its answer

struct AnswerCase {
  enum class Sees {
    exactly,      ///< `seen`, and complete
    bad_gateway,  ///< 502
    cut,          ///< 502, or a message that is visibly not whole
  };
  std::string name;
  std::string answer;
  Sees sees = Sees::exactly;
  std::string seen{};  ///< interim answers and the final one, without the fields that the gateway adds
  Then then = Then::keep;
  std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
};

AnswerCase relayed(std::string name, std::string answer, std::string seen, Then then = Then::keep);
AnswerCase relayed(std::string name, std::string answer);  ///< as it was sent
AnswerCase bad_gateway(std::string name, std::string answer, Then then = Then::keep);
AnswerCase cut_answer(std::string name, std::string answer, Then then = Then::close);
AnswerCase to(std::string request, AnswerCase answer_case);

// ---- the judge

class Hostile : public ::testing::Test {
 protected:
  void expect_all(Gateway& gateway, const std::vector<RequestCase>& cases);
  void expect_all(Gateway& gateway, const std::vector<AnswerCase>& cases);

  void expect_one(Gateway& gateway, const RequestCase& one, Pieces pieces);
  void expect_one(Gateway& gateway, const AnswerCase& one, Pieces pieces);

  /// Another client is served, by the backend.
  void expect_service(Gateway& gateway);
  /// What the backend has got since the last call, in the form of RequestCase::forwarded.
  std::string forwarded();

  Backend backend;
};

/// Raw bytes of a message as forwarded: canonical form checked, the gateway's own fields and chunk borders taken out.
std::string without_ours(const Message& request, const std::string& endpoint);
std::string answer_without_ours(const Message& answer, bool had_date);

/// Bytes made readable for failure messages.
std::string shown(std::string_view bytes);

}  // namespace penstock::e2e
