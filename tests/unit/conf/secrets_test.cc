// What nobody may read in a log, a message or a page.
#include "conf/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "conf/registry_text.h"
#include "conf/values.h"

namespace penstock::conf {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(HideSecrets, LeavesOtherTextAsItIs) {
  for (const char* text : {"", "status 403: no such thing", "http://10.0.0.1:8761/eureka: connection refused",
                           "key: the key \"a\" is missing", "mail to ops@example.com", "a=b&monkey=1", "100%", "%zz",
                           "etcd: may not read /services/orders/: status 403", "[::1]:80", "the token is refused"}) {
    EXPECT_EQ(hide_secrets(text), text);
  }
}

TEST(HideSecrets, UserPartsOfUrls) {
  EXPECT_EQ(hide_secrets("http://user:secret@h:8761/eureka/: no"), "http://***@h:8761/eureka/: no");
  EXPECT_EQ(hide_secrets("https://token@h"), "https://***@h");
  EXPECT_EQ(hide_secrets("user:secret@h:2181"), "***@h:2181");
  EXPECT_EQ(hide_secrets("is \"http://u:p@ss/w?rd@h\""), "is \"http://***@h\"");
  EXPECT_EQ(hide_secrets("http://a,http://u:p@b and http://c:d@e"), "http://***@b and http://***@e");
}

/// Dubbo's providers are percent-encoded URLs, and their names were logged as they are.
TEST(HideSecrets, InsidePercentEncodedUrls) {
  EXPECT_EQ(hide_secrets("dubbo%3A%2F%2Fu%3Ap%40h%2FX%3Fa%3Db%26token%3D12%2A%26c%3Dd is no URL"),
            "dubbo%3A%2F%2F***%40h%2FX%3Fa%3Db%26token%3D***%26c%3Dd is no URL");
  EXPECT_EQ(hide_secrets("%3ftoken%3dabc"), "%3ftoken%3d***");
}

TEST(HideSecrets, ValuesOfWhatIsNamedLikeACredential) {
  EXPECT_EQ(hide_secrets("/x?api_key=1&b=2&Access-Token=3"), "/x?api_key=***&b=2&Access-Token=***");
  EXPECT_EQ(hide_secrets(R"(status 401: {"name":"u","password": "p w","n":1})"),
            R"(status 401: {"name":"u","password": "***","n":1})");
  EXPECT_EQ(hide_secrets("X-Consul-Token=abc nacos.client.password=p"), "X-Consul-Token=*** nacos.client.password=***");
}

TEST(HideSecrets, WhatStandsInAnAuthorization) {
  EXPECT_EQ(hide_secrets("Authorization: Basic dXNlcjpwYXNz, and"), "Authorization: Basic *** and");
  EXPECT_EQ(hide_secrets("bearer abc.def"), "bearer ***");
}

TEST(HideSecrets, HidesNothingMoreTheSecondTime) {
  const std::string once = hide_secrets("http://u:p@h/?token=a \"key\":\"b\" Bearer c dubbo%3A%2F%2Fu%3Ap%40h");
  EXPECT_EQ(hide_secrets(once), once);
}

/// `penstock -t` printed the password of a URL that it did not like.
TEST(HideSecrets, MessagesThatQuoteAValueHideThem) {
  const std::string problem = read_url("http://user:se/cret@10.0.0.1:8761").problem();
  EXPECT_THAT(problem, HasSubstr("http://***@10.0.0.1:8761"));
  EXPECT_THAT(problem, Not(HasSubstr("cret")));
  EXPECT_EQ(in_quotes(std::string("http://u:") + std::string(100, 'p') + "@h"), "\"http://***@h\"");
  EXPECT_THAT(read_server("user:secret@h").problem(), Not(HasSubstr("secret")));
}

}  // namespace
}  // namespace penstock::conf
