#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>

#include "balancers/consistent_hash.h"
#include "balancers/hash.h"

namespace penstock::balancers {
namespace {

// tests/golden/record_nginx_ring.py made the file with a real nginx.
TEST(NginxRing, EveryKeyGoesWhereNginxSendsIt) {
  std::ifstream file(PENSTOCK_SOURCE_DIR "/tests/golden/nginx_ring.txt");
  std::vector<Member> members;
  std::map<std::string, std::string> picked;
  for (std::string line; std::getline(file, line);) {
    std::istringstream words(line);
    std::string first, name;
    std::uint32_t weight = 0;
    words >> first >> name;
    if (first == "server" && words >> weight) members.push_back({name, weight});
    if (first != "server" && first != "#") picked[first] = name;
  }
  ASSERT_EQ(members.size(), 5u);
  ASSERT_EQ(picked.size(), 2000u);

  ConsistentHash balancer(members, 160, 0);
  const std::vector<Load> loads(members.size());
  for (const auto& [key, name] : picked) {
    EXPECT_EQ(members[balancer.pick(loads, {.key = hash_key(key)}).value()].name, name) << key;
  }
}

}  // namespace
}  // namespace penstock::balancers
