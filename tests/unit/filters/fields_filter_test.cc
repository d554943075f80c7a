#include "gateway/filters/fields_filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gateway/filters/chain.h"
#include "gateway/filters/expand.h"
#include "gateway/filters/path_segments.h"
#include "gateway/filters/rewrite_filter.h"

namespace penstock::filters {
namespace {

using testing::ElementsAre;

class FieldsTest : public testing::Test, private Waker {
 protected:
  http::RequestHead head;
  IpAddress client;
  http::Reply reply;
  http::FieldSet fields;

  FieldsTest() {
    head.path = "/users/7/cart";
    head.query = "a=b";
    head.has_query = true;
    head.authority = "example.com:8080";
    fields.passed = {{"Accept", "*/*"}, {"X-Debug", "1"}, {"x-debug", "2"}};
    fields.added = {{"Via", "1.1 penstock"}};
  }
  Scope scope() {
    return {.head = head,
            .client = client,
            .client_ip = "192.0.2.1",
            .request_id = "id-1",
            .scheme = "http",
            .reply = reply};
  }
  static conf::TextTemplate text(std::string_view written, std::string_view path = "/users/{user}/*") {
    conf::TextTemplate read = *conf::parse_template(written);
    EXPECT_EQ(conf::bind_template(read, path), "");
    return read;
  }
  std::string expanded(std::string_view written) {
    std::string out;
    expand(text(written), scope(), out);
    return out;
  }
  std::vector<std::string> changed(const conf::FieldChanges& changes) {
    StateLayout layout;
    chain_.emplace();
    chain_->add(std::make_unique<RequestFieldsFilter>(changes), layout);
    run_.begin(*chain_, std::make_shared<StateLayout>(layout), scope());
    http::OutgoingRequest request;
    run_.on_forward(scope(), request, fields);
    std::vector<std::string> lines;
    for (const auto* part : {&fields.passed, &fields.added}) {
      for (const http::Field& field : *part) lines.push_back(std::string(field.name) + ": " + std::string(field.value));
    }
    return lines;
  }
  std::string rewritten(const conf::Rewrite& rewrite, std::string_view path) {
    StateLayout layout;
    chain_.emplace();
    chain_->add(std::make_unique<RewriteFilter>(rewrite), layout);
    head.path = path;
    run_.begin(*chain_, std::make_shared<StateLayout>(layout), scope());
    http::OutgoingRequest request;
    request.line.path = path;
    run_.on_forward(scope(), request, fields);
    return std::string(request.line.path);
  }

 private:
  void wake() override {}
  std::optional<Chain> chain_;
  ChainRun run_{*this};
};

TEST_F(FieldsTest, AreRemovedWhateverTheirCase) {
  EXPECT_THAT(changed({.remove = {"X-DEBUG", "via"}, .set = {}, .add = {}}), ElementsAre("Accept: */*"));
}

TEST_F(FieldsTest, AreSetInPlaceOfAllOfThatName) {
  EXPECT_THAT(changed({.remove = {}, .set = {{"X-Debug", text("{user}")}}, .add = {}}),
              ElementsAre("Accept: */*", "Via: 1.1 penstock", "X-Debug: 7"));
}

TEST_F(FieldsTest, AreAddedBesideThoseThatAreThere) {
  EXPECT_THAT(
      changed({.remove = {}, .set = {}, .add = {{"Accept", text("a")}, {"Accept", text("{client_ip}")}}}),
      ElementsAre("Accept: */*", "X-Debug: 1", "x-debug: 2", "Via: 1.1 penstock", "Accept: a", "Accept: 192.0.2.1"));
}

TEST_F(FieldsTest, OfWhichNothingIsLeftAreLeftOut) {
  head.query = {};
  EXPECT_THAT(changed({.remove = {"X-Debug"}, .set = {{"Accept", text("{query}")}}, .add = {}}),
              ElementsAre("Via: 1.1 penstock"));
}

TEST_F(FieldsTest, ManyLongValuesStayWhole) {
  conf::FieldChanges changes{.remove = {"Accept", "X-Debug", "Via"}, .set = {}, .add = {}};
  const std::string big(300, 'x');
  for (int i = 0; i < 50; ++i) changes.add.emplace_back("A", text(big));
  for (const std::string& line : changed(changes)) EXPECT_EQ(line, "A: " + big);
}

TEST_F(FieldsTest, PlaceholdersStandForPartsOfTheRequest) {
  EXPECT_EQ(expanded("{scheme}://{host}{uri}"), "http://example.com:8080/users/7/cart?a=b");
  EXPECT_EQ(expanded("{hostname} {port} {path} {query} {request_id}"), "example.com 8080 /users/7/cart a=b id-1");
  EXPECT_EQ(expanded("{user}{rest}"), "7/cart");
}

TEST_F(FieldsTest, APortThatIsNotWrittenIsTheSchemes) {
  head.authority = "[2001:db8::1]";
  EXPECT_EQ(expanded("{hostname} {port}"), "[2001:db8::1] 80");
  head.authority = "[2001:db8::1]:81";
  EXPECT_EQ(expanded("{hostname} {port}"), "[2001:db8::1] 81");
}

TEST_F(FieldsTest, ABeginningIsStrippedInWholeSegments) {
  const conf::Rewrite api{.strip = "/api", .path = {}};
  EXPECT_EQ(rewritten(api, "/api/users"), "/users");
  EXPECT_EQ(rewritten(api, "/api"), "/");
  EXPECT_EQ(rewritten(api, "/api/"), "/");
  EXPECT_EQ(rewritten(api, "/apis"), "/apis");
  EXPECT_EQ(rewritten(api, "//%61pi//users"), "//users") << "routes see one path in both";
  EXPECT_EQ(rewritten(api, "*"), "*") << "OPTIONS speaks of the whole server";
}

TEST_F(FieldsTest, APathIsReplacedByItsTemplate) {
  const conf::Rewrite moved{.strip = {}, .path = text("/v2/people/{user}{rest}")};
  EXPECT_EQ(rewritten(moved, "/users/7/cart"), "/v2/people/7/cart");
  EXPECT_EQ(rewritten(moved, "/users/7/"), "/v2/people/7/");
}

TEST(PathSegments, AreCountedWithoutEmptyOnes) {
  EXPECT_EQ(segment("//a//b/c", 1), "b");
  EXPECT_EQ(segment("/a", 1), "");
  EXPECT_EQ(behind_segments("/a//b/c", 2), "/c");
  EXPECT_EQ(behind_segments("/a", 3), "");
}

}  // namespace
}  // namespace penstock::filters
