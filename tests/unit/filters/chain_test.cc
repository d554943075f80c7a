// A request's way through filters that the test has made up.
#include "gateway/filters/chain.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

namespace penstock::filters {
namespace {

/// What the filters of a test have done, in order.
std::string& story() {
  static std::string text;
  return text;
}

/// Says what it is asked, and rules as it was told.
class Witness : public Filter {
 public:
  explicit Witness(std::string name, Verdict verdict = Verdict::go_on()) : name_(std::move(name)), verdict_(verdict) {}

  Verdict on_request(const Scope&, void*) const override {
    story() += name_ + " ";
    return verdict_;
  }
  Verdict on_fallback(const Scope&, void*) const override {
    story() += name_ + ":fallback ";
    return Verdict::go_on();
  }
  Verdict resume(const Scope&, void*, bool woken) const override {
    story() += name_ + (woken ? ":woken " : ":late ");
    return woken ? Verdict::go_on() : Verdict::refuse(ErrorKind::overloaded, "late", 1);
  }
  void on_response(const Scope&, void*, http::OutgoingResponse&, http::FieldSet&) const override {
    story() += name_ + ":response ";
  }
  void leave(void*, const Outcome&) const override { story() += name_ + ":leave "; }

 private:
  const std::string name_;
  const Verdict verdict_;
};

/// Its state counts its requests, and says when it is made and destroyed.
class Counting final : public Filter {
 public:
  struct State {
    explicit State(Waker&) { story() += "made "; }
    ~State() { story() += "destroyed "; }
    int requests = 0;
    std::string text;
  };
  const StateKind* state_kind() const override { return &kStateKind<State>; }
  Verdict on_request(const Scope&, void* state) const override {
    story() += std::to_string(++static_cast<State*>(state)->requests) + " ";
    return Verdict::go_on();
  }
};

/// Puts its letter around what passes.
class Around final : public Filter {
 public:
  explicit Around(char letter) : letter_(letter) {}
  struct State {
    explicit State(Waker&) {}
    std::string text;
  };
  const StateKind* state_kind() const override { return &kStateKind<State>; }
  bool changes_request_body() const override { return true; }
  bool changes_response_body() const override { return true; }
  std::string_view on_request_body(const Scope&, void* state, std::string_view piece, bool) const override {
    return static_cast<State*>(state)->text = letter_ + std::string(piece) + letter_;
  }
  std::string_view on_response_body(const Scope& scope, void* state, std::string_view piece, bool last) const override {
    return on_request_body(scope, state, piece, last);
  }

 private:
  const char letter_;
};

class ChainTest : public testing::Test, private Waker {
 protected:
  void SetUp() override { story().clear(); }

  template <class Kind, class... Arguments>
  void add(Arguments&&... arguments) {
    chain_.add(std::make_unique<Kind>(std::forward<Arguments>(arguments)...), *layout_);
  }
  void begin() { run.begin(chain_, layout_, scope); }
  const Chain& chain() const { return chain_; }

  http::RequestHead head;
  IpAddress client;
  http::Reply reply;
  Scope scope{.head = head, .client = client, .client_ip = {}, .request_id = {}, .scheme = {}, .reply = reply};
  http::OutgoingResponse response;
  http::FieldSet fields;
  ChainRun run{*this};

 private:
  void wake() override {}
  const std::shared_ptr<StateLayout> layout_ = std::make_shared<StateLayout>();
  Chain chain_;
};

using Step = Verdict::Step;

TEST_F(ChainTest, RequestsMeetFiltersInOrderAndAnswersBackwards) {
  add<Witness>("a");
  add<Witness>("b");
  begin();
  EXPECT_EQ(run.on_request(scope).step, Step::go_on);
  run.on_response(scope, response, fields);
  run.leave({});
  EXPECT_EQ(story(), "a b b:response a:response a:leave b:leave ");
}

TEST_F(ChainTest, NobodyIsAskedBehindTheOneThatAnswers) {
  add<Witness>("a", Verdict::refuse(ErrorKind::rate_limited, "a", 3));
  add<Witness>("b");
  begin();
  const Verdict verdict = run.on_request(scope);
  EXPECT_EQ(verdict.step, Step::answer);
  EXPECT_EQ(verdict.error, ErrorKind::rate_limited);
  EXPECT_EQ(story(), "a ");
}

TEST_F(ChainTest, OneThatWaitsIsWokenAndThoseBehindItFollow) {
  add<Witness>("a");
  add<Witness>("b", Verdict::wait(kNanosPerSecond));
  add<Witness>("c");
  begin();
  EXPECT_EQ(run.on_request(scope).step, Step::wait);
  EXPECT_EQ(run.resume(scope, true).step, Step::go_on);
  EXPECT_EQ(story(), "a b b:woken c ");
}

TEST_F(ChainTest, OneThatWaitsInVainMayRefuse) {
  add<Witness>("a", Verdict::wait(kNanosPerSecond));
  add<Witness>("b");
  begin();
  run.on_request(scope);
  EXPECT_EQ(run.resume(scope, false).error, ErrorKind::overloaded);
  EXPECT_EQ(story(), "a a:late ");
}

TEST_F(ChainTest, AFallbackAsksAllAnew) {
  add<Witness>("a");
  add<Witness>("b");
  begin();
  run.on_fallback(scope);
  EXPECT_EQ(story(), "a:fallback b:fallback ");
}

TEST_F(ChainTest, StatesAreMadeOnceAndUsedAgain) {
  add<Counting>();
  for (int i = 0; i < 2; ++i) {
    begin();
    run.on_request(scope);
  }
  EXPECT_EQ(story(), "made 1 2 ");
}

TEST_F(ChainTest, AnotherConfigurationHasOtherStates) {
  add<Counting>();
  begin();
  const auto other = std::make_shared<StateLayout>();
  run.begin(chain(), other, scope);
  EXPECT_EQ(story(), "made destroyed ");
}

TEST_F(ChainTest, FiltersOfOneKindShareAPlace) {
  StateLayout layout;
  const std::size_t first = layout.place_of(kStateKind<Counting::State>);
  EXPECT_NE(layout.place_of(kStateKind<Around::State>), first);
  EXPECT_EQ(layout.place_of(kStateKind<Counting::State>), first);
}

TEST_F(ChainTest, BodiesPassThroughThoseThatChangeThem) {
  add<Around>('a');
  add<Witness>("w");
  EXPECT_TRUE(chain().changes_request_body() && chain().changes_response_body());
  begin();
  EXPECT_EQ(run.on_request_body(scope, "-", false), "a-a");
}

TEST_F(ChainTest, WithoutAChainThereIsNothing) {
  run.begin();
  EXPECT_TRUE(run.empty());
  run.leave({});
  EXPECT_FALSE(run.crowded());
}

}  // namespace
}  // namespace penstock::filters
