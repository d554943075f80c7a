#include <gtest/gtest.h>

#include "discovery/base64.h"
#include "discovery/host_text.h"

namespace penstock::discovery {
namespace {

using HostPort = std::pair<std::string, std::uint16_t>;

TEST(Base64Test, TheExamplesOfTheRfc) {
  const std::pair<const char*, const char*> examples[] = {{"", ""},
                                                          {"f", "Zg=="},
                                                          {"fo", "Zm8="},
                                                          {"foo", "Zm9v"},
                                                          {"foob", "Zm9vYg=="},
                                                          {"fooba", "Zm9vYmE="},
                                                          {"foobar", "Zm9vYmFy"}};
  for (const auto& [bytes, text] : examples) {
    EXPECT_EQ(base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
}

TEST(Base64Test, AllBytesComeBack) {
  std::string bytes;
  for (int i = 0; i < 256; ++i) bytes += static_cast<char>(i);
  EXPECT_EQ(from_base64(base64(bytes)), bytes);
}

TEST(Base64Test, WhatIsNotWholeIsRefused) {
  for (const char* text : {"Z", "Zg", "Zg=", "Z===", "====", "Zg==Zg==", "Zm9v\n", "Zm-v", "Z=9v"}) {
    EXPECT_EQ(from_base64(text), std::nullopt) << text;
  }
}

TEST(HostTextTest, HostsAndPorts) {
  EXPECT_EQ(read_host_port("10.0.0.1:80"), HostPort("10.0.0.1", 80));
  EXPECT_EQ(read_host_port("[fd00::1]:80"), HostPort("fd00::1", 80));
  for (const char* bad :
       {"", ":", "h", "h:", ":1", "h:0", "h:65536", "h:1x", "fd00::1:80", "[]:80", "a\nb:80", "[a:80"}) {
    EXPECT_EQ(read_host_port(bad), std::nullopt) << bad;
  }
}

TEST(HostTextTest, HostsByThemselves) {
  EXPECT_EQ(read_host("[fd00::1]"), "fd00::1");
  EXPECT_EQ(read_host("db.internal."), "db.internal");
  for (const char* bad : {"", ".", "[]", "h..", "a b", "h:80", "300.1.1.1", "-h"}) {
    EXPECT_EQ(read_host(bad), std::nullopt) << bad;
  }
  EXPECT_EQ(read_host(std::string(256, 'a')), std::nullopt);
}

}  // namespace
}  // namespace penstock::discovery
