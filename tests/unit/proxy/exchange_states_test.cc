#include "gateway/proxy/exchange_states.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace penstock::proxy {
namespace {

using Request = RequestState;
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

TEST(ExchangeStates, TheRequestMovesAsDrawn) {
  expect_just<Request>({
      {Request::head, {Request::choosing, Request::discarding, Request::aborted}},
      {Request::choosing,
       {Request::choosing, Request::connecting, Request::sending, Request::discarding, Request::aborted}},
      {Request::connecting,
       {Request::choosing, Request::sending, Request::backing_off, Request::discarding, Request::aborted}},
      {Request::sending,
       {Request::choosing, Request::sent, Request::backing_off, Request::discarding, Request::aborted}},
      {Request::sent, {Request::choosing, Request::backing_off, Request::aborted}},
      {Request::backing_off, {Request::choosing, Request::discarding, Request::aborted}},
      {Request::discarding, {Request::sent, Request::discarding, Request::aborted}},
      {Request::aborted, {}},
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

TEST(ExchangeStates, ARetryGoesBackToChoosing) {
  Tracked<Request> request(Request::head);
  for (const Request next : {Request::choosing, Request::connecting, Request::choosing, Request::sending, Request::sent,
                             Request::backing_off, Request::choosing}) {
    request.follow(next);
    EXPECT_EQ(request, next);
  }
  request.restart(Request::head);
  EXPECT_EQ(request, Request::head);
}

}  // namespace
}  // namespace penstock::proxy
