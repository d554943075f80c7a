#include "conf/environment.h"

#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

class Expanding : public Loading {
 protected:
  std::string expanded(std::string_view text) const {
    const auto result = expand(text, environment());
    return result ? *result : "problem: " + result.problem();
  }
};

TEST_F(Expanding, AVariableIsReplaced) {
  set_variable("HOST", "10.0.0.1");
  EXPECT_EQ(expanded("${HOST}:80 ${HOST}"), "10.0.0.1:80 10.0.0.1");
}

TEST_F(Expanding, ADefaultStandsInForWhatIsUnsetOrEmpty) {
  set_variable("EMPTY", "");
  EXPECT_EQ(expanded("${MISSING:-a:-b}/${EMPTY:-c}/${MISSING:-}"), "a:-b/c/");
}

TEST_F(Expanding, AnUnsetVariableWithoutADefaultIsAProblem) {
  EXPECT_EQ(expanded("${MISSING}"),
            "problem: the environment variable MISSING is not set, and ${MISSING} has no default");
}

TEST_F(Expanding, AnEmptyVariableIsSet) {
  set_variable("EMPTY", "");
  EXPECT_EQ(expanded("[${EMPTY}]"), "[]");
}

TEST_F(Expanding, TwoDollarsAreOneAndALoneOneIsItself) {
  set_variable("X", "x");
  EXPECT_EQ(expanded("$$ $5 $ $${X} $$$"), "$ $5 $ ${X} $$");
}

TEST_F(Expanding, WhatWasPutInIsNotExpandedAgain) {
  set_variable("A", "${B}$$");
  EXPECT_EQ(expanded("${A}"), "${B}$$");
}

TEST_F(Expanding, BrokenFormsAreProblems) {
  for (const char* text : {"${", "${A", "${}", "${1A}", "${A-b}", "${A:-${B}}"}) {
    EXPECT_EQ(expanded(text).substr(0, 8), "problem:") << text;
  }
}

TEST_F(Expanding, EscapingIsTheInverse) {
  for (const char* text : {"$", "$$", "${A}", "a$b"}) EXPECT_EQ(expanded(escape_environment(text)), text);
}

TEST_F(Expanding, AValueCannotBringStructureIn) {
  set_variable("BODY", "x\n  status: 500 # {a: b}");
  const Config config = loaded("listeners: ['127.0.0.1:80']\nroutes:\n  - respond:\n      body: ${BODY}\n");
  EXPECT_EQ(config.routes[0].respond->body, "x\n  status: 500 # {a: b}");
  EXPECT_EQ(config.routes[0].respond->status, 200);
}

TEST_F(Expanding, NumbersAndAddressesMayComeFromTheEnvironment) {
  set_variable("PORT", "8081");
  const Config config =
      loaded("workers: ${WORKERS:-3}\nlisteners: [\"127.0.0.1:${PORT}\"]\nroutes: [{respond: 204}]\n");
  EXPECT_EQ(config.workers, 3u);
  EXPECT_EQ(config.listeners[0].bind.port, 8081);
}

TEST_F(Expanding, AVariableThatIsNoUtf8IsAProblem) {
  set_variable("A", "\xff");
  EXPECT_EQ(problem(std::string(kLeast) + "log: ${A}"), "3:6: is not valid UTF-8");
}

TEST_F(Expanding, TheProblemIsWhereTheValueStands) {
  EXPECT_EQ(problem(std::string(kLeast) + "workers: ${N}"),
            "3:10: the environment variable N is not set, and ${N} has no default");
}

}  // namespace
}  // namespace penstock::conf
