#include "gateway/observe/access_log_format.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "gateway/observe/access_record.h"

namespace penstock::observe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

AccessRecord an_ordinary_record() {
  AccessRecord record;
  record.time_unix_ms = 1'767'323'045'007;  // date -u -d @1767323045
  record.request_id = "01JGKQ";
  record.client_ip = "192.0.2.7";
  record.method = "GET";
  record.host = "api.example.com";
  record.target = "/orders/7?full=1";
  record.user_agent = "curl/8.0";
  record.referer = "https://example.com/";
  record.route = "orders";
  record.upstream = "orders";
  record.peer = "10.0.0.1:80";
  record.status = 200;
  record.bytes_in = 12;
  record.bytes_out = 3456;
  record.duration_us = 12'345;
  record.upstream_connect_us = 7;
  record.upstream_first_byte_us = 11'000;
  record.tries = 1;
  return record;
}

std::string json(const AccessRecord& record) {
  return AccessLog::format(record, AccessLogFormat::json);
}
std::string combined(const AccessRecord& record) {
  return AccessLog::format(record, AccessLogFormat::combined);
}

TEST(AccessLogFormat, WritesJson) {
  EXPECT_EQ(json(an_ordinary_record()),
            R"({"ts":"2026-01-02T03:04:05.007Z","request_id":"01JGKQ","client_ip":"192.0.2.7","method":"GET",)"
            R"("host":"api.example.com","path":"/orders/7?full=1","protocol":"HTTP/1.1","route":"orders","status":200,)"
            R"("bytes_in":12,"bytes_out":3456,"duration_ms":12.345,"upstream":"orders","peer":"10.0.0.1:80","tries":1,)"
            R"("upstream_connect_ms":0.007,"upstream_first_byte_ms":11.000,"flag":"-","user_agent":"curl/8.0",)"
            R"("referer":"https://example.com/"})"
            "\n");
}

TEST(AccessLogFormat, WritesApachesCombined) {
  EXPECT_EQ(combined(an_ordinary_record()),
            R"(192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] "GET /orders/7?full=1 HTTP/1.1" 200 3456 )"
            R"("https://example.com/" "curl/8.0")"
            "\n");
}

TEST(AccessLogFormat, WritesADashForWhatIsMissing) {
  AccessRecord record;
  record.version = http::Version::http10;
  record.status = 499;
  EXPECT_EQ(combined(record), R"(- - - [01/Jan/1970:00:00:00 +0000] "- - HTTP/1.0" 499 - "-" "-")"
                              "\n");
}

TEST(AccessLogFormat, TellsTheErrorAndItsFlag) {
  AccessRecord record = an_ordinary_record();
  record.error = ErrorKind::upstream_reset;
  EXPECT_THAT(json(record), HasSubstr(R"("flag":"UC","error":"upstream_reset","user_agent")"));
  record.error = ErrorKind::none;
  record.degraded = ErrorKind::circuit_open;
  EXPECT_THAT(json(record), HasSubstr(R"("flag":"-","degraded":"circuit_open","user_agent")"));
}

TEST(AccessLogFormat, HidesCredentialsInTargetAndReferer) {
  AccessRecord record = an_ordinary_record();
  record.target = "/a?token=geheim";
  record.referer = "https://me:geheim@example.com/?key=geheim";
  for (const std::string& line : {json(record), combined(record)}) {
    EXPECT_THAT(line, Not(HasSubstr("geheim")));
    EXPECT_THAT(line, HasSubstr("/a?token=REDACTED"));
    EXPECT_THAT(line, HasSubstr("https://REDACTED@example.com/?key=REDACTED"));
  }
}

TEST(AccessLogFormat, CombinedFieldsCannotBeForged) {
  AccessRecord record = an_ordinary_record();
  record.target = "/a HTTP/1.1\" 200 1\r\n10.0.0.1 - -";
  record.user_agent = "x\" \"\\\x1b[31m\xC3\xA9";
  const std::string line = combined(record);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_EQ(std::count(line.begin(), line.end(), '"'), 6);
  EXPECT_THAT(line, HasSubstr(R"("GET /a\x20HTTP/1.1\x22\x20200\x201\x0D\x0A10.0.0.1\x20-\x20- HTTP/1.1")"));
  EXPECT_THAT(line, HasSubstr(R"("x\x22 \x22\x5C\x1B[31m\xC3\xA9")"));
}

TEST(AccessLogFormat, JsonFieldsCannotBeForged) {
  AccessRecord record = an_ordinary_record();
  record.target = "/a\",\"status\":500,\"x\":\"\n";
  const std::string line = json(record);
  EXPECT_EQ(std::count(line.begin(), line.end(), '\n'), 1);
  EXPECT_THAT(line, HasSubstr(R"("path":"/a\",\"status\":500,\"x\":\"\n","protocol")"));
}

TEST(AccessLogFormat, CutsLongStrings) {
  const std::string target(5000, 't'), text(5000, 'x');
  AccessRecord record;
  record.target = target;
  record.user_agent = record.host = text;
  const std::string line = json(record);
  EXPECT_THAT(line, HasSubstr("\"" + std::string(kTargetMax, 't') + "\""));
  EXPECT_THAT(line, HasSubstr("\"user_agent\":\"" + std::string(kUserAgentMax, 'x') + "\""));
  EXPECT_THAT(line, HasSubstr("\"host\":\"" + std::string(kStringMax, 'x') + "\""));
}

TEST(AccessLogFormat, NoLineIsLongerThanTheLongest) {
  const std::string worst(5000, '\x01');
  AccessRecord record;
  for (auto member : {&AccessRecord::request_id, &AccessRecord::client_ip, &AccessRecord::method, &AccessRecord::host,
                      &AccessRecord::target, &AccessRecord::user_agent, &AccessRecord::referer, &AccessRecord::route,
                      &AccessRecord::upstream, &AccessRecord::peer}) {
    record.*member = worst;
  }
  record.bytes_in = record.bytes_out = record.duration_us = UINT64_MAX;
  record.upstream_connect_us = record.upstream_first_byte_us = UINT64_MAX;
  record.error = ErrorKind::upstream_idle_timeout;
  EXPECT_LE(json(record).size(), kLineMax);
  EXPECT_LE(combined(record).size(), kLineMax);
}

TEST(AccessRecord, ComesBackFromItsBytesAsItWas) {
  AccessRecord record = an_ordinary_record();
  record.version = http::Version::http10;
  record.error = ErrorKind::total_timeout;
  const Extent extent = measure(record);
  std::vector<std::byte> bytes(extent.encoded_size);
  encode(record, extent, bytes.data());
  EXPECT_EQ(json(decode(bytes)), json(record));
}

}  // namespace
}  // namespace penstock::observe
