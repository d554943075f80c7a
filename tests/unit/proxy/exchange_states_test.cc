#include "gateway/proxy/exchange_states.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "gateway/proxy/call/call_states.h"

namespace penstock::proxy {
namespace {

using Response = ResponseState;

template <class State>
using Table = std::vector<std::pair<State, std::vector<State>>>;

/// Every pair of states: those of the table may follow, no other.
template <class State>
void expect_just(const Table<State>& table) {
  for (const auto& [from, nexts] : table) {
    for (const auto& [to, unused] : table) {
      const bool listed = std::ranges::find(nexts, to) != nexts.end();
      EXPECT_EQ(may_follow(from, to), listed) << static_cast<int>(from) << " → " << static_cast<int>(to);
    }
  }
}

TEST(ExchangeStates, AnExchangeMovesAsDrawn) {
  expect_just<Doing>({
      {Doing::arriving, {Doing::filtering, Doing::calling, Doing::discarding, Doing::over}},
      {Doing::filtering, {Doing::filtering, Doing::calling, Doing::discarding, Doing::over}},
      {Doing::calling, {Doing::filtering, Doing::calling, Doing::discarding, Doing::tunnel, Doing::over}},
      {Doing::discarding, {Doing::over}},
      {Doing::tunnel, {Doing::over}},
      {Doing::over, {}},
  });
}

TEST(ExchangeStates, TheResponseMovesAsDrawn) {
  expect_just<Response>({
      {Response::waiting, {Response::replied, Response::head, Response::cut}},
      {Response::replied, {Response::done}},
      {Response::head, {Response::body, Response::done, Response::cut}},
      {Response::body, {Response::done, Response::cut}},
      {Response::done, {}},
      {Response::cut, {}},
  });
}

TEST(ExchangeStates, ACallMovesAsDrawn) {
  using Call = CallState;
  expect_just<Call>({
      {Call::idle, {Call::idle, Call::choosing}},
      {Call::choosing, {Call::idle, Call::choosing, Call::connecting, Call::sending}},
      {Call::connecting, {Call::idle, Call::choosing, Call::sending, Call::backing_off}},
      {Call::sending, {Call::idle, Call::choosing, Call::sent, Call::backing_off, Call::tunnel}},
      {Call::sent, {Call::idle, Call::choosing, Call::backing_off, Call::tunnel}},
      {Call::backing_off, {Call::idle, Call::choosing}},
      {Call::tunnel, {Call::idle}},
  });
}

TEST(ExchangeStates, WhatTheTableDoesNotHaveIsRefusedAndChangesNothing) {
  Tracked<Response> response(Response::waiting);
  EXPECT_FALSE(response.follow(Response::body));
  EXPECT_EQ(response, Response::waiting);
  EXPECT_TRUE(response.follow(Response::head));
  EXPECT_EQ(response, Response::head);
}

}  // namespace
}  // namespace penstock::proxy
