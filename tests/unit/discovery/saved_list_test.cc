#include "discovery/saved_list.h"

#include <gtest/gtest.h>

namespace penstock::discovery {
namespace {

SavedList two() {
  SavedList list{"zk", "orders", 1'700'000'000'000, {}};
  list.instances.resize(2);
  list.instances[0] = {"10.0.0.1", 80, 3, "a", 1, {{"k", "v \"quoted\""}}};
  list.instances[1] = {"orders.internal", 8080, 1, "", 0, {}};
  return list;
}

std::string why_not(std::string text) {
  std::string why;
  EXPECT_FALSE(decode(text, why));
  return why;
}

TEST(SavedList, ComesBackAsItWas) {
  std::string why;
  const auto list = decode(encode(two()), why);
  ASSERT_TRUE(list) << why;
  EXPECT_EQ(list->registry, "zk");
  EXPECT_EQ(list->service, "orders");
  EXPECT_EQ(list->saved_unix_ms, 1'700'000'000'000u);
  EXPECT_EQ(list->instances, two().instances);
}

TEST(SavedList, OneThatIsCutIsNone) {
  const std::string text = encode(two());
  for (const std::size_t length : {std::size_t{0}, std::size_t{10}, text.size() / 2, text.size() - 1})
    EXPECT_FALSE(why_not(text.substr(0, length)).empty());
}

TEST(SavedList, OneThatWasAlteredIsNone) {
  std::string text = encode(two());
  text[text.find("10.0.0.1")] = '2';
  EXPECT_EQ(why_not(text), "its checksum is wrong");
}

TEST(SavedList, OneOfAnotherVersionIsNone) {
  std::string text = encode(two());
  text.replace(text.find(" 1 "), 3, " 9 ");
  EXPECT_EQ(why_not(text), "it is not a list of this version");
}

TEST(SavedList, NamesOfUpstreamsCanNotLeaveTheDirectory) {
  EXPECT_EQ(saved_list_path("/state", "orders"), "/state/endpoints-orders");
  EXPECT_EQ(saved_list_path("/state", "a/../b"), "/state/endpoints-a%2F..%2Fb");
}

}  // namespace
}  // namespace penstock::discovery
