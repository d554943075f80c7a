#include "gateway/io/address.h"

#include <gtest/gtest.h>

#include <string>

namespace penstock::io {
namespace {

TEST(SocketAddress, IsReadFromLiteralsAndWrittenAsUsersDo) {
  EXPECT_EQ(SocketAddress::from_ip("10.0.0.1", 80)->text(), "10.0.0.1:80");
  EXPECT_EQ(SocketAddress::from_ip("2001:DB8::1", 443)->text(), "[2001:db8::1]:443");
  EXPECT_EQ(SocketAddress::from_unix("/run/x.sock")->text(), "unix:/run/x.sock");
  EXPECT_EQ(SocketAddress().text(), "-");
}

TEST(SocketAddress, ANameIsNoLiteral) {
  for (const char* name : {"localhost", "", "10.0.0", "10.0.0.256", "[::1]", ":::"})
    EXPECT_FALSE(SocketAddress::from_ip(name, 1)) << name;
}

TEST(SocketAddress, UnixPathsAreBoundedByTheSystem) {
  EXPECT_EQ(SocketAddress::from_unix("/" + std::string(106, 'x'))->text().size(), 5u + 107);
  EXPECT_FALSE(SocketAddress::from_unix("/" + std::string(107, 'x')));
  EXPECT_FALSE(SocketAddress::from_unix(""));
}

TEST(SocketAddress, ThePortCanBeReplaced) {
  EXPECT_EQ(SocketAddress::from_ip("::1", 1)->with_port(65535).text(), "[::1]:65535");
  EXPECT_EQ(SocketAddress::from_ip("1.2.3.4", 1)->with_port(2).port(), 2);
  EXPECT_EQ(SocketAddress::from_unix("/x")->with_port(2).text(), "unix:/x");
}

TEST(SocketAddress, EqualsWhatReadsTheSame) {
  const auto a = SocketAddress::from_ip("::1", 1).value();
  EXPECT_EQ(a, SocketAddress::from_raw(a.raw(), a.size()));
  EXPECT_FALSE(a == a.with_port(2));
}

}  // namespace
}  // namespace penstock::io
