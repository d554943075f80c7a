// The protocol's own examples, and what HAProxy 2.6.12 sends.
#include "gateway/base/proxy_header.h"

#include <gtest/gtest.h>

namespace penstock {
namespace {

using Result = ProxyHeaderReader::Result;
using namespace std::string_literals;

/// A header read from bytes that end with it, or not.
struct Read {
  Result result;
  std::string rest;
  std::optional<ProxiedConnection> told;
};

Read read(std::string_view bytes) {
  ProxyHeaderReader reader;
  const Result result = reader.read(bytes);
  return {result, std::string(bytes), reader.told()};
}

ProxiedConnection connection(const char* client, int client_port, const char* server, int server_port) {
  return {IpAddress::parse(client).value(), IpAddress::parse(server).value(), static_cast<std::uint16_t>(client_port),
          static_cast<std::uint16_t>(server_port)};
}

std::string v2(unsigned char command, unsigned char family, std::string_view what_follows) {
  std::string bytes = "\r\n\r\n\0\r\nQUIT\n"s;
  bytes += static_cast<char>(command);
  bytes += static_cast<char>(family);
  bytes += static_cast<char>(what_follows.size() >> 8);
  bytes += static_cast<char>(what_follows.size() & 0xff);
  return bytes.append(what_follows);
}

const std::string kAddresses = "\xc0\xa8\x00\x01\xc0\xa8\x00\x0b\xdc\x04\x01\xbb"s;
const ProxiedConnection kExample = connection("192.168.0.1", 56324, "192.168.0.11", 443);
const ProxiedConnection kExample6 = connection("2001:db8::1", 1, "2001:db8::2", 65535);

void expect_malformed(const std::string& bytes) {
  EXPECT_EQ(read(bytes).result, Result::malformed) << testing::PrintToString(bytes);
}

TEST(ProxyHeader, ALineTellsBothEnds) {
  const Read v4 = read("PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\nGET / HTTP/1.1\r\n");
  EXPECT_EQ(v4.result, Result::done);
  EXPECT_EQ(v4.told, kExample);
  EXPECT_EQ(v4.rest, "GET / HTTP/1.1\r\n");
  EXPECT_EQ(read("PROXY TCP6 2001:db8::1 2001:DB8::2 1 65535\r\n").told, kExample6);
}

TEST(ProxyHeader, AnUnknownConnectionIsTakenAsItIs) {
  for (const char* line : {"PROXY UNKNOWN\r\n", "PROXY UNKNOWN \r\n", "PROXY UNKNOWN a b  c\r\n"}) {
    EXPECT_EQ(read(line).result, Result::done) << line;
    EXPECT_FALSE(read(line).told);
  }
}

TEST(ProxyHeader, ALineThatIsNotExactlyOneIsMalformed) {
  for (const char* line : {
           "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n",
           "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r \n",
           "PROXY TCP4  1.2.3.4 5.6.7.8 1 2\r\n",
           "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 \r\n",
           "PROXY TCP4 1.2.3.4 5.6.7.8 1\r\n",
           "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3\r\n",
           "PROXY TCP4 1.2.3.4 5.6.7.8 01 2\r\n",
           "PROXY TCP4 1.2.3.4 5.6.7.8 1 65536\r\n",
           "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2\r\n",
           "PROXY TCP4 1.2.3.04 5.6.7.8 1 2\r\n",
           "PROXY TCP4 ::1 ::2 1 2\r\n",
           "PROXY TCP6 1.2.3.4 5.6.7.8 1 2\r\n",
           "PROXY TCP6 ::1%1 ::2 1 2\r\n",
           "PROXY TCP5 1.2.3.4 5.6.7.8 1 2\r\n",
           "PROXY UDP4 1.2.3.4 5.6.7.8 1 2\r\n",
           "PROXY UNKNOWNS\r\n",
           "PROXY unknown\r\n",
           "PROXY \r\n",
           "proxy TCP4 1.2.3.4 5.6.7.8 1 2\r\n",
       }) {
    expect_malformed(line);
  }
}

TEST(ProxyHeader, ALineHas107BytesAtMost) {
  const std::string start = "PROXY UNKNOWN ";
  EXPECT_EQ(read(start + std::string(107 - 2 - start.size(), 'x') + "\r\n").result, Result::done);
  expect_malformed(start + std::string(107 - 1 - start.size(), 'x') + "\r\n");
  expect_malformed(start + std::string(107 - start.size(), 'x'));
  EXPECT_EQ(read(start + std::string(106 - start.size(), 'x')).result, Result::need_more);
}

TEST(ProxyHeader, TheBinaryFormTellsBothEnds) {
  const Read v4 = read(v2(0x21, 0x11, kAddresses) + "\x16\x03");
  EXPECT_EQ(v4.result, Result::done);
  EXPECT_EQ(v4.told, kExample);
  EXPECT_EQ(v4.rest, "\x16\x03");
  const std::string v6 =
      "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x01\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x02\0\x01\xff\xff"s;
  EXPECT_EQ(read(v2(0x21, 0x21, v6)).told, kExample6);
}

TEST(ProxyHeader, WithLocalWhateverFollowsIsSkipped) {
  for (const std::string& follows : {""s, kAddresses, "\x03\0\x04garbage"s, std::string(65535, 'x')}) {
    for (const unsigned char family : {0x00, 0x11, 0xff}) {
      const Read local = read(v2(0x20, family, follows) + "GET");
      EXPECT_EQ(local.result, Result::done);
      EXPECT_FALSE(local.told);
      EXPECT_EQ(local.rest, "GET");
    }
  }
}

TEST(ProxyHeader, OfUnixSocketsDatagramsAndTheUnspecifiedNothingIsTold) {
  const std::string v6(36, 'a'), paths(216, 'p');
  const std::pair<unsigned char, std::string> cases[] = {
      {0x00, ""}, {0x12, kAddresses}, {0x22, v6}, {0x31, paths}, {0x32, paths}};
  for (const auto& [family, follows] : cases) {
    EXPECT_EQ(read(v2(0x21, family, follows)).result, Result::done) << int{family};
    EXPECT_FALSE(read(v2(0x21, family, follows)).told);
  }
}

TEST(ProxyHeader, VersionsCommandsAndFamiliesThatDoNotExistAreMalformed) {
  for (const unsigned char command : {0x00, 0x01, 0x11, 0x22, 0x2f, 0x31, 0xa1})
    expect_malformed(v2(command, 0x11, kAddresses));
  for (const unsigned char family : {0x01, 0x02, 0x10, 0x13, 0x20, 0x30, 0x33, 0x41, 0xff})
    expect_malformed(v2(0x21, family, std::string(216, 'x')));
  std::string start = v2(0x21, 0x11, kAddresses);
  start[11] = '\r';
  expect_malformed(start);
}

TEST(ProxyHeader, AddressesThatAreCutAreMalformed) {
  expect_malformed(v2(0x21, 0x11, kAddresses.substr(1)));
  expect_malformed(v2(0x21, 0x21, std::string(35, 'x')));
  expect_malformed(v2(0x21, 0x31, std::string(215, 'x')));
}

TEST(ProxyHeader, WhatFollowsTheAddressesIsSkippedButMustBeWhole) {
  for (const std::string& good : {"\x04\0\0"s, "\x04\0\x02xx"s, "\x01\0\x02h2\xe0\0\x01x"s})
    EXPECT_EQ(read(v2(0x21, 0x11, kAddresses + good)).told, kExample);
  for (const std::string& bad : {"\x04"s, "\x04\0"s, "\x04\0\x01"s, "\x04\xff\xffxx"s})
    expect_malformed(v2(0x21, 0x11, kAddresses + bad));
}

// Taken from a plain socket behind HAProxy: "send-proxy-v2 proxy-v2-options crc32c,unique-id", and a check's header.
TEST(ProxyHeader, IsUnderstoodAsHAProxySendsIt) {
  const std::string addresses = "\x7f\0\0\x01\x7f\0\0\x01\x99\x80\xbb\x59"s;
  const std::string summed = v2(0x21, 0x11, addresses + "\x03\0\x04\x8f\x76\x42\x54\x05\0\x03\x61\x62\x63"s);
  EXPECT_EQ(read(summed).told, connection("127.0.0.1", 39296, "127.0.0.1", 47961));
  EXPECT_EQ(read(v2(0x20, 0x00, "")).result, Result::done);
}

TEST(ProxyHeader, AChecksumMustHold) {
  const std::string sum = "\x03\0\x04\x8f\x76\x42\x54"s, id = "\x05\0\x03\x61\x62\x63"s;
  const std::string addresses = "\x7f\0\0\x01\x7f\0\0\x01\x99\x80\xbb\x59"s;
  const std::string good = v2(0x21, 0x11, addresses + sum + id);
  constexpr std::size_t kItsType = 28;  // as another type it is no checksum
  for (std::size_t at = 16; at < good.size(); ++at) {
    if (at == kItsType) continue;
    std::string bent = good;
    bent[at] = static_cast<char>(bent[at] ^ 1);
    expect_malformed(bent);
  }
  expect_malformed(v2(0x21, 0x11, addresses + "\x03\0\x03xxx"s));
}

TEST(ProxyHeader, MayComeByteByByte) {
  for (const std::string& header :
       {"PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n"s, v2(0x21, 0x11, kAddresses + "\x04\0\x01x"s)}) {
    ProxyHeaderReader reader;
    for (std::size_t i = 0; i < header.size(); ++i) {
      std::string_view byte = std::string_view(header).substr(i, 1);
      ASSERT_EQ(reader.read(byte), i + 1 < header.size() ? Result::need_more : Result::done) << i;
      ASSERT_EQ(byte, "");
    }
    EXPECT_EQ(reader.told(), kExample);
  }
}

TEST(ProxyHeader, WhatIsBehindThePieceThatCompletesItIsLeft) {
  const std::string bytes = v2(0x21, 0x11, kAddresses) + "rest";
  for (std::size_t cut = 1; cut < bytes.size() - 4; ++cut) {
    ProxyHeaderReader reader;
    std::string_view first = std::string_view(bytes).substr(0, cut), second = std::string_view(bytes).substr(cut);
    ASSERT_EQ(reader.read(first), Result::need_more);
    ASSERT_TRUE(reader.begun());
    ASSERT_EQ(reader.read(second), Result::done);
    ASSERT_EQ(second, "rest");
  }
}

TEST(ProxyHeader, WhatIsNoHeaderIsKnownByItsFirstWrongByte) {
  for (const std::string& bytes : {"G"s, "PO"s, "\r\n\r\nG"s, "\x16"s, "PROXY\t"s}) expect_malformed(bytes);
  EXPECT_EQ(read("").result, Result::need_more);
}

TEST(ProxyHeader, IsWrittenAsItIsRead) {
  using enum ProxyHeaderVersion;
  EXPECT_EQ(write_proxy_header(v1, kExample), "PROXY TCP4 192.168.0.1 192.168.0.11 56324 443\r\n");
  EXPECT_EQ(write_proxy_header(v1, kExample6), "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n");
  EXPECT_EQ(write_proxy_header(v2, kExample), penstock::v2(0x21, 0x11, kAddresses));
  EXPECT_EQ(read(write_proxy_header(v2, kExample6)).told, kExample6);
}

TEST(ProxyHeader, WhoSpeaksForItselfSaysSo) {
  EXPECT_EQ(write_proxy_header(ProxyHeaderVersion::v1, std::nullopt), "PROXY UNKNOWN\r\n");
  EXPECT_EQ(write_proxy_header(ProxyHeaderVersion::v2, std::nullopt), v2(0x20, 0x00, ""));
}

TEST(ProxyHeader, EndsOfTwoFamiliesAreWrittenAsIPv6) {
  const ProxiedConnection mixed = connection("192.0.2.1", 1, "2001:db8::2", 2);
  EXPECT_EQ(write_proxy_header(ProxyHeaderVersion::v1, mixed), "PROXY TCP6 ::ffff:192.0.2.1 2001:db8::2 1 2\r\n");
  EXPECT_EQ(read(write_proxy_header(ProxyHeaderVersion::v1, mixed)).told, mixed);
  EXPECT_EQ(read(write_proxy_header(ProxyHeaderVersion::v2, mixed)).told, mixed);
}

TEST(ProxyHeader, AServerThatIsNotKnownIsWrittenAsAnyOfTheClientsFamily) {
  EXPECT_EQ(write_proxy_header(ProxyHeaderVersion::v1, connection("192.0.2.1", 0, "::", 0)),
            "PROXY TCP4 192.0.2.1 0.0.0.0 0 0\r\n");
  EXPECT_EQ(write_proxy_header(ProxyHeaderVersion::v1, connection("2001:db8::1", 0, "::", 0)),
            "PROXY TCP6 2001:db8::1 :: 0 0\r\n");
}

}  // namespace
}  // namespace penstock
