#include "conf/text_template.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace penstock::conf {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

std::string problem_of(std::string_view text) {
  return parse_template(text).problem();
}

std::string unbound(std::string_view text, std::string_view path) {
  TextTemplate read = *parse_template(text);
  return bind_template(read, path);
}

TEST(TextTemplate, IsLiteralTextWithoutBraces) {
  const auto read = parse_template("gold");
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->is_literal());
  EXPECT_EQ(read->pieces, (std::vector<TemplatePiece>{{Placeholder::none, "gold", 0}}));
}

TEST(TextTemplate, IsTakenApartAtItsPlaceholders) {
  const auto read = parse_template("/v2{rest}?from={client_ip}");
  ASSERT_TRUE(read);
  EXPECT_EQ(read->pieces, (std::vector<TemplatePiece>{{Placeholder::none, "/v2", 0},
                                                      {Placeholder::rest, "", 0},
                                                      {Placeholder::none, "?from=", 0},
                                                      {Placeholder::client_ip, "", 0}}));
}

TEST(TextTemplate, WritesABraceAsTwo) {
  EXPECT_EQ(parse_template("{{a}}")->pieces, (std::vector<TemplatePiece>{{Placeholder::none, "{a}", 0}}));
}

TEST(TextTemplate, RefusesBracesThatDoNotMatch) {
  EXPECT_THAT(problem_of("{path"), HasSubstr("'{' without its '}'"));
  EXPECT_THAT(problem_of("path}"), HasSubstr("'}' without its '{'"));
  EXPECT_THAT(problem_of("{}"), HasSubstr("not a placeholder"));
  EXPECT_THAT(problem_of("{a b}"), HasSubstr("not a placeholder"));
}

TEST(TextTemplate, FindsParametersByTheirSegment) {
  TextTemplate read = *parse_template("{order}-{user}");
  EXPECT_THAT(bind_template(read, "/users/{user}/orders/{order}"), IsEmpty());
  EXPECT_EQ(read.pieces[0].segment, 3u);
  EXPECT_EQ(read.pieces[2].segment, 1u);
}

TEST(TextTemplate, KnowsHowManySegmentsStandBeforeTheRest) {
  TextTemplate read = *parse_template("{rest}");
  EXPECT_THAT(bind_template(read, "/users/{user}/*"), IsEmpty());
  EXPECT_EQ(read.pieces[0].segment, 2u);
}

TEST(TextTemplate, CountsARunOfSlashesAsOne) {  // as routes do: "//users///{user}" is "/users/{user}" to them
  TextTemplate read = *parse_template("{user}{rest}");
  EXPECT_THAT(bind_template(read, "//users///{user}//*"), IsEmpty());
  EXPECT_EQ(read.pieces[0].segment, 1u);
  EXPECT_EQ(read.pieces[1].segment, 2u);
}

TEST(TextTemplate, GuessesWhatAMisspeltPlaceholderMeant) {
  EXPECT_THAT(unbound("{quary}", "/users"), HasSubstr("did you mean \"query\"?"));
}

TEST(TextTemplate, HasARestOnlyWhereThePathIsOpen) {
  EXPECT_THAT(unbound("{rest}", "/users/*"), IsEmpty());
  EXPECT_THAT(unbound("{rest}", ""), IsEmpty()) << "any path";
  EXPECT_THAT(unbound("{rest}", "/users"), HasSubstr("ends with /*"));
}

}  // namespace
}  // namespace penstock::conf
