// A route's fields and rewrite, and an upstream's host: what is read, what is refused, and where it is said.
#include <gmock/gmock.h>

#include "conf/field_text.h"
#include "conf/path_pattern.h"
#include "conf/rewrite_text.h"
#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

/// Routes to one upstream; what is tested begins at line 4, column 3.
class OnTheWay : public Loading {
 protected:
  static std::string file(const std::string& keys, const std::string& path = "/api/*") {
    return "listeners: ['127.0.0.1:80']\n"
           "upstreams: {a: {endpoints: ['a:1']}}\n"
           "routes: [{match: {path: '" +
           path + "'}, upstream: a,\n  " + keys + "}]\n";
  }
  Route route(const std::string& keys, const std::string& path = "/api/*") const {
    return first_of(loaded(file(keys, path)));
  }
  /// After it was written out and read once more.
  Route again(const std::string& keys, const std::string& path = "/api/*") const {
    return first_of(loaded(to_yaml(loaded(file(keys, path)))));
  }
  static Route first_of(const Config& config) { return config.routes.empty() ? Route{} : config.routes[0]; }
};

class FieldsOfARoute : public OnTheWay {};

TEST_F(FieldsOfARoute, AreLeftAsTheyAreUnlessItIsWritten) {
  EXPECT_EQ(route("id: r").fields, Fields{});
  EXPECT_THAT(to_yaml(loaded(file("id: r"))), testing::Not(HasSubstr(" fields:")));
}

TEST_F(FieldsOfARoute, AreRemovedSetAndAdded) {
  const FieldChanges changes =
      route("fields: {request: {remove: [X-Debug], set: {X-Tier: gold, X-From: '{client_ip}'}, add: {Via: '1.1 gw'}}}")
          .fields.request;
  EXPECT_THAT(changes.remove, ElementsAre("X-Debug"));
  ASSERT_EQ(changes.set.size(), 2u);
  EXPECT_EQ(changes.set[0].first, "X-Tier");
  EXPECT_EQ(changes.set[0].second.text, "gold");
  EXPECT_EQ(changes.set[1].second.pieces.at(0).placeholder, Placeholder::client_ip);
  ASSERT_EQ(changes.add.size(), 1u);
  EXPECT_EQ(changes.add[0].second.text, "1.1 gw");
}

TEST_F(FieldsOfARoute, HaveShortForms) {
  EXPECT_THAT(route("fields: {response: {remove: Server}}").fields.response.remove, ElementsAre("Server"));
  const auto added = route("fields: {response: {add: {Link: [</a>, </b>], X-Level: 5}}}").fields.response.add;
  ASSERT_EQ(added.size(), 3u);
  EXPECT_EQ(added[0].first, "Link");
  EXPECT_EQ(added[1].first, "Link");
  EXPECT_EQ(added[1].second.text, "</b>");
  EXPECT_EQ(added[2].second.text, "5");
}

TEST_F(FieldsOfARoute, AreTheSameWhenTheyAreWrittenOutAndReadAgain) {
  for (const char* fields : {
           "fields: {request: {set: {X-Rest: '{rest}', X-Brace: '{{}}', X-Dollar: '$${{A}}', X-No: ''}}}",
           "fields: {response: {remove: [Server, X-Powered-By], add: {Link: [</a>, '<{path}>; rel=self'], A: b}}}",
       }) {
    EXPECT_EQ(again(fields).fields, route(fields).fields) << fields;
  }
}

TEST_F(FieldsOfARoute, OfAnswersMayBeChangedWhoeverMakesThem) {
  EXPECT_THAT(problems("listeners: ['127.0.0.1:80']\nroutes:\n"
                       "  - {match: {path: /a}, respond: 204, fields: {response: {set: {A: b}}}}\n"
                       "  - {match: {path: /b}, redirect: /, fields: {response: {set: {A: b}}}}\n"),
              IsEmpty());
  EXPECT_EQ(problem("listeners: ['127.0.0.1:80']\nroutes:\n"
                    "  - {respond: 204, fields: {request: {set: {A: b}}}}\n"),
            "3:29: routes: fields.request is for a route with an upstream");
}

TEST_F(FieldsOfARoute, FindTheParametersOfThePath) {
  const auto set = route("fields: {request: {set: {X-User: '{id}'}}}", "/users/{id}/*").fields.request.set;
  ASSERT_EQ(set.size(), 1u);
  EXPECT_EQ(set[0].second.pieces.at(0).segment, 1u);
}

TEST_F(FieldsOfARoute, AreToldWhereAPlaceholderIsNone) {
  EXPECT_EQ(problem(file("fields: {request: {set: {A: '{schema}'}}}")),
            "4:31: A: {schema} is neither a placeholder nor a parameter of the route's path (did you mean "
            "\"scheme\"?)");
  EXPECT_EQ(problem(file("fields: {response: {add: {A: [b, '{rest}']}}}", "/api")),
            "4:36: A: {rest} needs a path that ends with /*");
  EXPECT_EQ(problem(file("fields: {request: {set: {A: '{path'}}}")),
            "4:31: A: has a '{' without its '}' (a brace itself is written '{{')");
}

TEST_F(FieldsOfARoute, ThatFrameAMessageOrBelongToAConnectionAreNotForARoute) {
  for (const char* name : {"Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive", "Proxy-Connection", "TE",
                           "Trailer", "Upgrade", "HTTP2-Settings", "expect"}) {
    const std::string quoted = '"' + std::string(name) + "\" can't be changed";
    EXPECT_THAT(read_changed_in_request(name).problem(), HasSubstr(quoted));
    EXPECT_THAT(read_changed_in_response(name).problem(), HasSubstr(quoted));
  }
  EXPECT_TRUE(read_changed_in_response("Host"));
  EXPECT_TRUE(read_changed_in_response("Trailers"));
}

TEST_F(FieldsOfARoute, SayWhereAFieldCanNotBeChanged) {
  EXPECT_EQ(problem(file("fields: {response: {set: {content-length: 5}}}")),
            "4:29: content-length: \"content-length\" can't be changed: it says how the message is to be sent");
  EXPECT_THAT(problem(file("fields: {request: {set: {Host: b}}}")),
              HasSubstr("4:28: Host: \"Host\" can't be changed here: the upstream's key host says"));
  EXPECT_THAT(problem(file("fields: {request: {remove: [Accept, TE]}}")), HasSubstr("4:39: remove: \"TE\" can't"));
  EXPECT_THAT(problem(file("fields: {request: {add: {'a b': c}}}")), HasSubstr("is not the name of a header field"));
}

TEST_F(FieldsOfARoute, HaveEachNameOnce) {
  EXPECT_EQ(problem(file("fields: {request: {set: {X-A: b, x-a: c}}}")),
            "4:36: x-a: stands here twice, in another case of letters");
  EXPECT_EQ(problem(file("fields: {request: {remove: [X-A, x-a]}}")), "4:36: remove: \"x-a\" is listed twice");
  EXPECT_THAT(problem(file("fields: {request: {set: {X-A: b, X-A: c}}}")), HasSubstr("X-A"));
}

TEST_F(FieldsOfARoute, HaveNoValueThatWouldEndTheLine) {
  EXPECT_EQ(problem(file("fields: {request: {set: {A: \"b\\r\\nC: d\"}}}")), "4:31: A: cannot hold control characters");
  EXPECT_THAT(problem(file("fields: {request: {set: {A: \"b\\0\"}}}")), HasSubstr("control characters"));
  EXPECT_THAT(problem(file("fields: {request: {set: {A: ' b'}}}")), HasSubstr("white space"));
  EXPECT_THAT(problem(file("fields: {request: {set: {A: [b]}}}")), HasSubstr("must be a single value, is a list"));
}

TEST_F(FieldsOfARoute, GuessAMisspeltKey) {
  EXPECT_EQ(problem(file("fields: {request: {sets: {A: b}}}")),
            "4:22: request: unknown key \"sets\" (did you mean \"set\"?)");
}

class RewriteOfARoute : public OnTheWay {
 protected:
  std::string stripped(const std::string& strip, const std::string& path) const {
    const auto rewrite = route("rewrite: {strip: '" + strip + "'}", path).rewrite;
    return rewrite ? rewrite->strip : "";
  }
};

TEST_F(RewriteOfARoute, IsNoneUnlessItIsWritten) {
  EXPECT_FALSE(route("id: r").rewrite);
}

TEST_F(RewriteOfARoute, TakesABeginningAway) {
  EXPECT_EQ(stripped("/api", "/api/*"), "/api");
  EXPECT_EQ(stripped("/api", "/api"), "/api");
  EXPECT_EQ(stripped("/api", "/*"), "/api");
  EXPECT_EQ(stripped("/users/7", "/users/{id}/orders"), "/users/7") << "which some requests begin with";
}

TEST_F(RewriteOfARoute, MeansTheSameWithASlashAtTheEnd) {
  EXPECT_EQ(stripped("/api/", "/api/*"), "/api");
}

TEST_F(RewriteOfARoute, OrPutsAnotherPathInItsPlace) {
  const auto rewrite = route("rewrite: {path: '/v2/{id}{rest}'}", "/users/{id}/*").rewrite;
  ASSERT_TRUE(rewrite);
  EXPECT_EQ(rewrite->path.text, "/v2/{id}{rest}");
  EXPECT_EQ(rewrite->path.pieces.at(1).segment, 1u);
  EXPECT_EQ(rewrite->strip, "");
}

TEST_F(RewriteOfARoute, IsTheSameWhenItIsWrittenOutAndReadAgain) {
  for (const char* rewrite : {"rewrite: {strip: /api/}", "rewrite: {path: '/v2{rest}'}"})
    EXPECT_EQ(again(rewrite).rewrite, route(rewrite).rewrite) << rewrite;
}

TEST_F(RewriteOfARoute, IsOneOfTheTwo) {
  EXPECT_EQ(problem(file("rewrite: {strip: /api, path: /}")),
            "4:12: rewrite: a rewrite needs exactly one of strip and path; this has both");
  EXPECT_EQ(problem(file("rewrite: {}")),
            "4:12: rewrite: a rewrite needs exactly one of strip and path; this has none");
}

TEST_F(RewriteOfARoute, IsForRoutesWithAnUpstream) {
  EXPECT_EQ(problem("listeners: ['127.0.0.1:80']\nroutes: [{respond: 204, rewrite: {strip: /a}}]\n"),
            "2:25: routes: rewrite is for a route with an upstream");
}

TEST_F(RewriteOfARoute, TakesAwayNothingThatNoRequestHas) {
  EXPECT_EQ(problem(file("rewrite: {strip: /ap}")), "4:20: strip: no path that fits \"/api/*\" begins with \"/ap\"");
  for (const char* path : {"/", "/ap/*", "/{x}", "/b/api", "/api/v2"})
    EXPECT_FALSE(may_begin_with(path, "/api/v1")) << path;
}

TEST_F(RewriteOfARoute, ComparesPathsAsRoutesDo) {
  for (const char* path : {"", "/*", "/api/*", "/api/v1", "//%61pi/v1/*", "/{a}/{b}/c", "/api/v1/"})
    EXPECT_TRUE(may_begin_with(path, "/api/v1")) << path;
}

TEST_F(RewriteOfARoute, StripsWholeSegmentsOfAPlainPath) {
  EXPECT_THAT(read_strip("api").problem(), HasSubstr("must begin with /"));
  EXPECT_THAT(read_strip("/").problem(), HasSubstr("a segment at least"));
  EXPECT_THAT(read_strip("/api/*").problem(), HasSubstr("without * and {parameters}"));
  EXPECT_THAT(read_strip("/{id}").problem(), HasSubstr("without * and {parameters}"));
  EXPECT_THAT(read_strip("/a?b").problem(), HasSubstr("query"));
  EXPECT_THAT(read_strip("/a//b").problem(), HasSubstr("empty segment"));
  EXPECT_THAT(read_strip("/a/..").problem(), HasSubstr(". and .."));
  EXPECT_THAT(read_strip("/%zz").problem(), HasSubstr("hexadecimal"));
}

TEST_F(RewriteOfARoute, MakesAPathAndNothingElse) {
  EXPECT_THAT(read_path_template("{rest}").problem(), HasSubstr("must begin with /"));
  EXPECT_THAT(read_path_template("/a?b=c").problem(), HasSubstr("query"));
  EXPECT_THAT(read_path_template("/a#b").problem(), HasSubstr("#"));
  EXPECT_THAT(read_path_template("/a//b").problem(), HasSubstr("empty segment"));
  EXPECT_THAT(read_path_template("/a b").problem(), HasSubstr("visible ASCII"));
  for (const char* name : {"uri", "query", "host", "hostname", "port", "scheme", "client_ip", "request_id"}) {
    EXPECT_THAT(read_path_template("/{" + std::string(name) + "}").problem(),
                HasSubstr("takes {path}, {rest} and parameters"));
  }
}

TEST_F(RewriteOfARoute, MakesNoDotSegmentWhateverTheRequestSays) {
  EXPECT_THAT(read_path_template("/a/../b").problem(), HasSubstr(". and .."));
  EXPECT_THAT(read_path_template("/a/.{rest}").problem(), HasSubstr(". and .."));
  EXPECT_THAT(read_path_template("/a/%2{id}").problem(), HasSubstr("hexadecimal"));
  EXPECT_THAT(read_path_template("/a/..{id}").problem(), HasSubstr(". and ..")) << "an id of %2Fb";
  EXPECT_THAT(read_path_template("/a/{id}..").problem(), HasSubstr(". and ..")) << "an id of b%2F";
  EXPECT_TRUE(read_path_template("/a/{id}.json"));
}

TEST_F(RewriteOfARoute, WarnsOfTheSlashThatComesWithTheRest) {
  EXPECT_THAT(problem(file("rewrite: {path: '/v2/{rest}'}")), HasSubstr("leave out the one before it"));
}

class HostOfAnUpstream : public Loading {
 protected:
  static std::string file(const std::string& host) {
    return "listeners: ['127.0.0.1:80']\nroutes: [{upstream: a}]\nupstreams: {a: {endpoints: ['a:1'], host: " + host +
           "}}\n";
  }
  UpstreamHost host(const std::string& text) const { return loaded(file(text)).upstreams.at(0).host; }
};

TEST_F(HostOfAnUpstream, IsTheClientsUnlessItIsWritten) {
  EXPECT_EQ(UpstreamHost{}.from, HostFrom::client);
  EXPECT_EQ(host("client"), UpstreamHost{});
}

TEST_F(HostOfAnUpstream, IsTheEndpointsOrAName) {
  EXPECT_EQ(host("endpoint").from, HostFrom::endpoint);
  EXPECT_EQ(host("Orders.internal:8080"), (UpstreamHost{HostFrom::name, "orders.internal:8080"}));
  EXPECT_EQ(host("'[::1]'").name, "[::1]");
}

TEST_F(HostOfAnUpstream, IsTheSameWhenItIsWrittenOutAndReadAgain) {
  for (const char* text : {"client", "endpoint", "orders.internal"})
    EXPECT_EQ(loaded(to_yaml(loaded(file(text)))).upstreams.at(0).host, host(text));
}

TEST_F(HostOfAnUpstream, IsNoUrl) {
  EXPECT_THAT(problem(file("http://orders")), HasSubstr("3:43: host: must be a host such as orders.internal"));
}

}  // namespace
}  // namespace penstock::conf
