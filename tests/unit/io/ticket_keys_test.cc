// The keys of session tickets, from one process to the next.
#include "gateway/io/tls/ticket_keys.h"

#include <gtest/gtest.h>

namespace penstock::io {
namespace {

constexpr Nanos kNow = 1'000 * kNanosPerSecond;

TEST(TicketKeys, WhatOneProcessHasSealedTheNextOneOpens) {
  TicketKeys before(kNow);
  const TicketKeys::Key older = before.newest(kNow);
  const Nanos later = kNow + TicketKeys::kPeriod;
  const TicketKeys::Key newer = before.newest(later);
  TicketKeys next(later);
  next.recall(before.memory());
  EXPECT_EQ(next.newest(later).cipher, newer.cipher);
  EXPECT_EQ(next.find(older.name.data(), later)->key.mac, older.mac);
  EXPECT_NE(next.newest(later + TicketKeys::kPeriod).name, newer.name);
}

TEST(TicketKeys, WhatMakesNoSenseIsNotRecalled) {
  TicketKeys keys(kNow);
  const TicketKeys::Key own = keys.newest(kNow);
  for (const std::string& nonsense : {std::string(), std::string(7, 'x'), std::string(89, 'x')}) keys.recall(nonsense);
  EXPECT_EQ(keys.newest(kNow).name, own.name);
}

}  // namespace
}  // namespace penstock::io
