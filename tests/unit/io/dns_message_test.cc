// Messages as DNS servers send them, and as nobody should.
#include "gateway/io/dns_message.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace penstock::io {
namespace {

std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value & 0xff)};
}

/// Name, type, class IN, TTL, length and data.
std::string record(const std::string& name, unsigned type, std::uint32_t ttl, const std::string& data) {
  return name + u16(type) + u16(1) + u16(ttl >> 16) + u16(ttl & 0xffff) + u16(static_cast<unsigned>(data.size())) +
         data;
}

using namespace std::string_literals;

const std::string kQuestion = "\5Where\4test\0\0\1\0\1"s;  // begins at 12
const std::string kAsAsked = "\xc0\x0c"s;

std::string message(const std::vector<std::string>& answers, const std::vector<std::string>& authority = {},
                    const std::vector<std::string>& additional = {}, unsigned rcode = 0) {
  const auto count = [](const auto& list) { return u16(static_cast<unsigned>(list.size())); };
  std::string bytes =
      u16(7) + u16(0x8180 | rcode) + u16(1) + count(answers) + count(authority) + count(additional) + kQuestion;
  for (const auto* list : {&answers, &authority, &additional}) {
    for (const std::string& each : *list) bytes += each;
  }
  return bytes;
}

std::optional<DnsMessage> parse(const std::string& bytes) {
  return parse_dns_message({reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size()});
}

TEST(DnsMessage, AddressesHaveNamesAndTtls) {
  const auto parsed = parse(message({record(kAsAsked, 1, 300, "\x0a\0\0\1"s),
                                     record(kAsAsked, 28, 60, "\x20\1\x0d\xb8"s + std::string(11, 0) + "\1")}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->answers.at(0).address, "10.0.0.1");
  EXPECT_EQ(parsed->answers.at(0).name, "where.test");
  EXPECT_EQ(parsed->answers.at(0).ttl, 300u);
  EXPECT_EQ(parsed->answers.at(1).address, "2001:db8::1");
}

TEST(DnsMessage, SrvRecordsAndWhatIsSentAlongAreRead) {
  const std::string data = u16(1) + u16(2) + u16(8080) + "\1A\xc0\x0c"s;
  const auto parsed = parse(message({record(kAsAsked, 33, 5, data)}, {}, {record("\1a\xc0\x0c"s, 1, 9, "\1\2\3\4")}));
  ASSERT_TRUE(parsed);
  const DnsRecord& srv = parsed->answers.at(0);
  EXPECT_EQ(srv.priority, 1);
  EXPECT_EQ(srv.weight, 2);
  EXPECT_EQ(srv.port, 8080);
  EXPECT_EQ(srv.target, "a.where.test");
  EXPECT_EQ(srv.ttl, 5u);
  EXPECT_EQ(parsed->additional.at(0).name, "a.where.test");
}

TEST(DnsMessage, TheTargetDotIsEmpty) {
  const auto parsed = parse(message({record(kAsAsked, 33, 5, u16(0) + u16(0) + u16(0) + "\0"s)}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->answers.at(0).target, "");
}

TEST(DnsMessage, TheAuthorityTellsHowLongThereIsNone) {
  const std::string soa = "\0\0"s + std::string(16, '\0') + u16(0) + u16(30);
  const auto parsed = parse(message({}, {record(kAsAsked, 6, 900, soa)}, {}, 3));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->rcode, 3u);
  EXPECT_EQ(parsed->negative_ttl, 30u);
}

TEST(DnsMessage, ATtlOutOfRangeIsZero) {
  EXPECT_EQ(parse(message({record(kAsAsked, 1, 0x80000000, "\1\2\3\4")}))->answers.at(0).ttl, 0u);
}

TEST(DnsMessage, RecordsThatNobodyAskedForAreLeftOut) {
  const std::string other_class = kAsAsked + u16(1) + u16(3) + u16(0) + u16(9) + u16(4) + "\1\2\3\4";
  const auto parsed = parse(message({record(kAsAsked, 16, 5, "\3txt"), other_class, record(kAsAsked, 1, 5, "\1\2\3")}));
  ASSERT_TRUE(parsed);
  EXPECT_TRUE(parsed->answers.empty());
}

TEST(DnsMessage, OddBytesInNamesAreEscaped) {
  const auto parsed = parse(message({record("\4a.\\\0\0"s, 1, 5, "\1\2\3\4")}));
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->answers.at(0).name, "a\\046\\092\\000");
}

TEST(DnsMessage, EveryPieceOfAMessageIsRefused) {
  const std::string whole =
      message({record(kAsAsked, 33, 5, u16(1) + u16(2) + u16(3) + "\1a\xc0\x0c"s), record(kAsAsked, 1, 5, "\1\2\3\4")});
  ASSERT_TRUE(parse(whole));
  for (std::size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(parse(whole.substr(0, size))) << size;
}

TEST(DnsMessage, PointersThatGoRoundAreRefused) {
  const std::size_t here = 12 + kQuestion.size();
  const std::string itself = u16(0xc000 | static_cast<unsigned>(here));
  const std::string ahead = u16(0xc000 | static_cast<unsigned>(here + 4));
  EXPECT_FALSE(parse(message({record(itself, 1, 5, "\1\2\3\4")})));
  EXPECT_FALSE(parse(message({record(ahead, 1, 5, "\1\2\3\4")})));
  EXPECT_FALSE(parse(message({record("\1a" + itself, 1, 5, "\1\2\3\4")})));
}

TEST(DnsMessage, ANameOfMoreThan255BytesIsRefused) {
  std::string name;
  for (int i = 0; i < 4; ++i) name += '\x3f' + std::string(63, 'a');
  EXPECT_FALSE(parse(message({record(name + '\0', 1, 5, "\1\2\3\4")})));
}

TEST(DnsMessage, AQuestionIsNoAnswer) {
  std::string bytes = message({});
  bytes[2] = 1;
  EXPECT_FALSE(parse(bytes));
}

DnsRecord alias(const std::string& name, const std::string& target, std::uint32_t ttl) {
  return {.name = name, .type = DnsType::cname, .ttl = ttl, .address = "", .target = target};
}
DnsRecord address(const std::string& name, const std::string& literal, std::uint32_t ttl) {
  return {.name = name, .type = DnsType::a, .ttl = ttl, .address = literal, .target = ""};
}

TEST(DnsRecordsOf, TheLeastTtlOnTheWayCounts) {
  DnsMessage m;
  m.answers = {address("c", "10.0.0.1", 100), alias("b", "c", 20), alias("a", "b", 50), address("d", "10.0.0.2", 1)};
  const auto records = records_of(m, "A.", DnsType::a);
  ASSERT_EQ(records.size(), 1u);
  EXPECT_EQ(records[0].address, "10.0.0.1");
  EXPECT_EQ(records[0].ttl, 20u);
}

TEST(DnsRecordsOf, AliasesThatGoRoundEndSomewhere) {
  DnsMessage m;
  m.answers = {alias("a", "b", 1), alias("b", "a", 1)};
  EXPECT_TRUE(records_of(m, "a", DnsType::a).empty());
}

}  // namespace
}  // namespace penstock::io
