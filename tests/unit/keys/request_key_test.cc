#include "gateway/keys/request_key.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace penstock::filters {
namespace {

using From = conf::RequestKey::From;

class RequestKeyTest : public ::testing::Test {
 protected:
  http::RequestHead head;
  IpAddress client = IpAddress::parse("192.0.2.1").value();

  std::string key(From from, const std::string& name = "") {
    std::array<char, IpAddress::kMaxText> buffer;
    return std::string(find_key({from, name}, head, client, buffer));
  }
  void cookie(std::string_view value) { head.fields.push_back({"Cookie", value, http::FieldId::cookie}); }
};

TEST_F(RequestKeyTest, AnIPv4AddressIsTakenWhole) {
  EXPECT_EQ(key(From::client_ip), "192.0.2.1");
}

TEST_F(RequestKeyTest, AnIPv6AddressIsTakenByWhatASubscriberHas) {
  client = IpAddress::parse("2001:db8:1:2:3:4:5:6").value();
  EXPECT_EQ(key(From::client_ip), "2001:db8:1:2::");
}

TEST_F(RequestKeyTest, AFieldsNameIsFoundInAnyCase) {
  head.fields.push_back({"X-API-Key", "secret"});
  EXPECT_EQ(key(From::header, "x-api-key"), "secret");
  EXPECT_EQ(key(From::header, "x-api"), "");
}

TEST_F(RequestKeyTest, ThePathIsTheOneThatTheBackendSees) {
  head.path = "/orders/1";
  EXPECT_EQ(key(From::path), "/orders/1");
}

TEST_F(RequestKeyTest, ACookieIsFoundAmongOthersByItsWholeName) {
  cookie("session2=no; xsession=no;session=yes; session=late");
  EXPECT_EQ(key(From::cookie, "session"), "yes");
  EXPECT_EQ(key(From::cookie, "sess"), "");
}

TEST_F(RequestKeyTest, ACookieIsFoundInALaterField) {
  cookie("a=1");
  cookie("session=yes");
  EXPECT_EQ(key(From::cookie, "session"), "yes");
}

TEST_F(RequestKeyTest, ACookiesQuotesAreNotOfItsValue) {
  cookie("session=\"yes\"; half=\"no");
  EXPECT_EQ(key(From::cookie, "session"), "yes");
  EXPECT_EQ(key(From::cookie, "half"), "\"no");
}

TEST_F(RequestKeyTest, AnEmptyCookieIsNone) {
  cookie("session=; quoted=\"\"");
  EXPECT_EQ(key(From::cookie, "session"), "");
  EXPECT_EQ(key(From::cookie, "quoted"), "");
}

TEST_F(RequestKeyTest, AParameterIsTakenAsItStandsInTheQuery) {
  head.query = "user=a%20b&user=c&empty=&User=no";
  EXPECT_EQ(key(From::query, "user"), "a%20b");
  EXPECT_EQ(key(From::query, "empty"), "");
  EXPECT_EQ(key(From::query, "use"), "");
}

}  // namespace
}  // namespace penstock::filters
