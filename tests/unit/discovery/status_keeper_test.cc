#include "discovery/status_keeper.h"

#include <gtest/gtest.h>

namespace penstock::discovery {
namespace {

TEST(StatusKeeper, HoldsNoSecretsForPagesShowIt) {
  StatusKeeper keeper(0);
  keeper.refused(1, "http://gateway:swordfish@10.0.0.1:8761 says no");
  keeper.uses("http://gateway:swordfish@10.0.0.1:8761");
  EXPECT_EQ(keeper.status().last_error, "http://***@10.0.0.1:8761 says no");
  EXPECT_EQ(keeper.status().server, "http://***@10.0.0.1:8761");
}

}  // namespace
}  // namespace penstock::discovery
