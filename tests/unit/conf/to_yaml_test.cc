#include "conf/yaml/json.h"
#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

class ToYaml : public Loading {
 protected:
  /// The body of a direct answer, after one more loading.
  std::string body_after_round_trip(const std::string& body) const {
    Config config = loaded(kLeast);
    config.routes[0].respond = Respond{200, body, "text/plain"};
    return loaded(to_yaml(config)).routes.at(0).respond->body;
  }
};

TEST_F(ToYaml, GivesBackWhatItWasMadeFrom) {
  const Config config = loaded(
      "listeners: [{bind: '[::1]:80', max: {body: unlimited}}, 'unix:/run/a.sock']\n"
      "admin: off\naccess_log: stdout\ntrusted_proxies: ['fd00::/8']\n"
      "upstreams: {'1': {endpoints: ['a:1', {address: '[::1]:2', weight: 7, zone: '2'}], timeouts: {total: 90s}}, b: "
      "{endpoints: ['b:1']}}\n"
      "routes:\n"
      "  - {match: {host: '*.a.de', path: '/{x}/*', methods: [get], headers: {X-A: '*', x-b: 'true'}, query: {q: ''}}, "
      "upstream: '1'}\n"
      "  - {match: {query: {'a b': '~'}}, upstream: b, timeouts: {idle: 1500ms}, max_body: 0}\n"
      "  - {match: {path: /r}, redirect: {to: '/{uri}', status: 308}}\n"
      "  - respond: {status: 503, body: \"${X:-x}$$\\n\"}\n");
  const std::string yaml = to_yaml(config);
  const Config again = loaded(yaml);
  EXPECT_EQ(to_yaml(again), yaml);
  EXPECT_EQ(again.routes[0].match.headers, config.routes[0].match.headers);
  EXPECT_EQ(again.routes[0].match.query, config.routes[0].match.query);
  EXPECT_EQ(again.routes[1].timeouts.idle, std::chrono::milliseconds(1500));
  EXPECT_EQ(again.routes[1].upstream, 1u);
  EXPECT_EQ(again.routes[1].max_body, 0u);
  EXPECT_EQ(again.routes[3].respond->body, "x$\n");
  EXPECT_FALSE(again.admin);
}

TEST_F(ToYaml, WritesEveryDefaultOut) {
  const std::string yaml = to_yaml(loaded(kLeast));
  for (const char* line :
       {"drain_timeout: 25s", "request_line: 8KiB", "bind: \"127.0.0.1:9901\"", "access_log: \"off\"", "level: info"}) {
    EXPECT_NE(yaml.find(line), std::string::npos) << line << " in\n" << yaml;
  }
}

TEST_F(ToYaml, AnyTextSurvives) {
  for (const char* text : {"",
                           " ",
                           "true",
                           "No",
                           "~",
                           "null",
                           "12",
                           "0x1F",
                           "1e3",
                           ".inf",
                           "2024-01-01",
                           "12:30",
                           "- a",
                           "a: b",
                           "a #b",
                           "#",
                           "'",
                           "\"",
                           "\\n",
                           "a\nb\n",
                           "\r\n\t",
                           "\x01\x7f",
                           "\xc3\xbc \xe2\x82\xac \xf0\x9f\x98\x80",
                           "\xe2\x80\xa8\xc2\x85\xef\xbb\xbf",
                           "${A}",
                           "$$",
                           "*a",
                           "&a",
                           "!a",
                           "%",
                           "@",
                           "`",
                           "{",
                           "[",
                           "|",
                           ">",
                           "?",
                           "=",
                           "<<"}) {
    EXPECT_EQ(body_after_round_trip(text), text);
  }
  EXPECT_EQ(body_after_round_trip(std::string("a\0b", 3)), std::string("a\0b", 3));
}

TEST(YamlText, QuotesWhatAReaderMayTakeForSomethingElse) {
  const Json::List texts = {"stdout", "10s", "127.0.0.1:80", "off", "Yes", "1.5", "12", "a:", "-", "/a"};
  EXPECT_EQ(
      to_yaml_text(texts),
      "- stdout\n- 10s\n- \"127.0.0.1:80\"\n- \"off\"\n- \"Yes\"\n- \"1.5\"\n- \"12\"\n- \"a:\"\n- \"-\"\n- /a\n");
}

TEST(YamlText, EscapesWhatIsALineEndOrAMarkToYaml) {
  EXPECT_EQ(json_string("\xc2\x85\xe2\x80\xa8\xe2\x80\xa9\xef\xbb\xbf\n\x7f"),
            "\"\\u0085\\u2028\\u2029\\ufeff\\n\\u007f\"");
}

TEST(YamlText, IndentsBlocks) {
  const Json json = Json::Map{{"a", Json::List{Json::Map{{"b", 1}, {"c", true}}, Json::List{}}}, {"d", Json::Map{}}};
  EXPECT_EQ(to_yaml_text(json), "a:\n  - b: 1\n    c: true\n  - []\nd: {}\n");
}

}  // namespace
}  // namespace penstock::conf
