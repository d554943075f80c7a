// The kinds of limits.
#include <algorithm>
#include <cstring>
#include <utility>

#include "gateway/filters/limits/classes_in_use.h"
#include "gateway/filters/limits/keyed_words.h"
#include "gateway/filters/limits/limit.h"
#include "gateway/filters/limits/queued_concurrency.h"
#include "limiters/adaptive.h"
#include "limiters/fixed_window.h"
#include "limiters/rolling_latency.h"
#include "limiters/sliding_window.h"
#include "limiters/token_bucket.h"

namespace penstock::filters {
namespace {

constexpr std::uint64_t kNanosPerMillisecond = 1'000'000;
constexpr Nanos kSoon = kNanosPerSecond;  // what is told where nobody can know

std::uint64_t nanos(conf::milliseconds duration) {
  return static_cast<std::uint64_t>(duration.count()) * kNanosPerMillisecond;
}

limiters::Rate rate_of(const conf::Rate& rate) {
  return {rate.count, nanos(rate.per)};
}

/// Whose clock a limiter goes by.
std::uint64_t time_for(const limiters::FixedWindow&, Nanos, std::uint64_t unix_ms) {
  return unix_ms * kNanosPerMillisecond;
}
template <class Limiter>
std::uint64_t time_for(const Limiter&, Nanos now, std::uint64_t) {
  return now;
}

/// Costs are a token bucket's alone: windows count requests.
limiters::Verdict take(const limiters::TokenBucket& bucket, std::atomic<std::uint64_t>& word, std::uint64_t now,
                       std::uint32_t cost) {
  return bucket.take(word, now, cost);
}
template <class Window>
limiters::Verdict take(const Window& window, std::atomic<std::uint64_t>& word, std::uint64_t now, std::uint32_t) {
  return window.take(word, now);
}

/// How a word goes on when the settings change. Windows do if their length stays.
std::uint64_t rescaled(const limiters::TokenBucket& now_is, const limiters::TokenBucket& was, const conf::Limit&,
                       const conf::Limit&, std::uint64_t word, Nanos now) {
  return now_is.rescaled(word, now, was);
}
template <class Window>
std::uint64_t rescaled(const Window&, const Window&, const conf::Limit& config, const conf::Limit& before,
                       std::uint64_t word, Nanos) {
  return config.window == before.window ? word : 0;
}

/// token_bucket, sliding_window, fixed_window.
template <class Limiter>
class RateLimit final : public Limit {
 public:
  RateLimit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key, const Limiter& limiter)
      : Limit(config, std::move(where), workers), limiter_(limiter), words_(config, key) {}

  Ruling ask(const Asked& asked, Hold&) override {
    const std::uint64_t now = time_for(limiter_, asked.now, asked.unix_ms);
    auto& word = words_.of(asked, [&](std::uint64_t w) { return limiter_.recovered(w, now); });
    const limiters::Verdict verdict = take(limiter_, word, now, asked.cost);
    Ruling ruling;
    ruling.decision = verdict.admitted ? Decision::pass : Decision::refuse;
    ruling.retry_after = verdict.retry_after_ns;
    ruling.tells = true;
    ruling.remaining = verdict.remaining;
    ruling.reset_after = verdict.reset_after_ns;
    return ruling;
  }
  void learn_from(const Limit& before, Nanos now) override {
    const auto* was = dynamic_cast<const RateLimit*>(&before);
    if (!was || was->config().key != config().key) return;
    words_.learn_from(
        was->words_,
        [&](std::uint64_t word) { return rescaled(limiter_, was->limiter_, config(), was->config(), word, now); },
        [](std::uint64_t word) { return word == 0; });
  }
  std::string memory() const override { return words_.memory(); }
  void recall(std::string_view memory) override { words_.recall(memory); }
  Levels levels(Nanos now, std::uint64_t unix_ms) const override {
    const std::uint64_t time = time_for(limiter_, now, unix_ms);
    Levels levels;
    levels.busy_keys = words_.busy([&](std::uint64_t w) { return limiter_.recovered(w, time); });
    return levels;
  }

 private:
  const Limiter limiter_;
  KeyedWords words_;
};

/// leaky_bucket.
class QueueLimit final : public Limit {
 public:
  QueueLimit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key)
      : Limit(config, std::move(where), workers),
        bucket_(rate_of(config.rate), config.queue, nanos(config.max_wait)),
        words_(config, key),
        given_up_(config.key.empty() ? kGivenUp : 0) {}

  Ruling ask(const Asked& asked, Hold& hold) override {
    auto& word = words_.of(asked, [&](std::uint64_t w) { return bucket_.recovered(w, asked.now); });
    const auto turn = bucket_.reserve(word, asked.now, given_up_);
    Ruling ruling;
    if (!turn.granted) {
      ruling.decision = Decision::refuse;
      ruling.retry_after = turn.retry_after_ns;
    } else if (turn.wait_ns > 0) {
      ruling.decision = Decision::wait;
      ruling.wait = turn.wait_ns;
      hold.limit = this;
      hold.word = &word;
      hold.turn = turn;
    }
    return ruling;
  }
  void release(Hold& hold, const Ending& ending) override {
    if (ending.gave_up) bucket_.give_up(hold.turn, *hold.word, ending.now, given_up_);
    Limit::release(hold, ending);
  }
  std::string memory() const override { return words_.memory(); }
  void recall(std::string_view memory) override { words_.recall(memory); }
  Levels levels(Nanos now, std::uint64_t) const override {
    Levels levels;
    levels.busy_keys = words_.busy([&](std::uint64_t w) { return bucket_.recovered(w, now); });
    return levels;
  }

 private:
  static constexpr std::size_t kGivenUp = 64;  // turns that are remembered for the next who come

  const limiters::LeakyBucket bucket_;
  KeyedWords words_;
  std::vector<std::atomic<std::uint64_t>> given_up_;
};

/// concurrency with a key.
class KeyedConcurrencyLimit final : public Limit {
 public:
  KeyedConcurrencyLimit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key)
      : Limit(config, std::move(where), workers), words_(config, key) {}

  Ruling ask(const Asked& asked, Hold& hold) override {
    auto& word = words_.of(asked, [](std::uint64_t w) { return w == 0; });
    Ruling ruling;
    if (word.fetch_add(1, std::memory_order_relaxed) < config().limit) {
      hold.limit = this;
      hold.word = &word;
    } else {
      word.fetch_sub(1, std::memory_order_relaxed);
      ruling.decision = Decision::refuse;
      ruling.retry_after = kSoon;
    }
    return ruling;
  }
  void release(Hold& hold, const Ending& ending) override {
    hold.word->fetch_sub(1, std::memory_order_relaxed);
    Limit::release(hold, ending);
  }
  Levels levels(Nanos, std::uint64_t) const override {
    Levels levels;
    levels.limit = config().limit;
    levels.busy_keys = words_.busy([](std::uint64_t w) { return w == 0; });
    return levels;
  }

 private:
  KeyedWords words_;
};

/// concurrency, and what adaptive has in common with it.
class ConcurrencyLimit : public Limit {
 public:
  ConcurrencyLimit(const conf::Limit& config, std::string where, unsigned workers, std::uint32_t places)
      : Limit(config, std::move(where), workers), places_(places) {}

  Ruling ask(const Asked& asked, Hold& hold) override {
    const std::uint64_t limit = places_.limit();
    limiters::Permit permit = places_.try_acquire(reserve(limit, asked), beyond(limit, asked));
    Ruling ruling;
    if (permit) {
      hold.limit = this;
      hold.permit = std::move(permit);
    } else {
      ruling.decision = Decision::refuse;
      ruling.retry_after = kSoon;
    }
    return ruling;
  }
  void release(Hold& hold, const Ending& ending) override {
    hold.permit.release();
    Limit::release(hold, ending);
  }
  Levels levels(Nanos, std::uint64_t) const override {
    Levels levels;
    levels.in_flight = places_.in_flight();
    levels.limit = places_.limit();
    return levels;
  }

 protected:
  limiters::Concurrency places_;

 private:
  virtual std::uint32_t reserve(std::uint64_t limit, const Asked& asked) const {
    return share_of(limit, asked.reserve_share);
  }
  /// A limit that somebody has written is never passed.
  virtual std::uint32_t beyond(std::uint64_t limit, const Asked& asked) const {
    static_cast<void>(limit);
    static_cast<void>(asked);
    return 0;
  }
};

/// adaptive.
class FollowingLimit final : public ConcurrencyLimit {
 public:
  FollowingLimit(const conf::Limit& config, std::string where, unsigned workers)
      : ConcurrencyLimit(config, std::move(where), workers, limiters::AdaptiveSettings{}.initial),
        recorders_(workers),
        latency_(workers),
        adaptive_({.p99_target_ns = config.p99 ? nanos(*config.p99) : 0}) {
    for (const auto& recorder : recorders_) readers_.push_back(&recorder);
  }

  void release(Hold& hold, const Ending& ending) override {
    if (ending.counts) recorders_[ending.worker].record(ending.took);
    ConcurrencyLimit::release(hold, ending);
  }
  bool wants_ticks() const override { return true; }
  void tick(Nanos now) override {
    latency_.tick(readers_);
    const Nanos elapsed = last_tick_ == 0 ? 0 : now - last_tick_;
    last_tick_ = now;
    if (elapsed == 0) return;
    places_.set_limit(adaptive_.tick({.elapsed_ns = elapsed,
                                      .latencies = &latency_.latest(),
                                      .peak_in_flight = places_.take_peak(),
                                      .refused = places_.take_refused()}));
  }
  /// A new process that begins with the first guess would refuse most of the load until it has learned it anew.
  std::string memory() const override {
    const limiters::AdaptiveMemory memory = adaptive_.memory();
    return {reinterpret_cast<const char*>(&memory), sizeof(memory)};
  }
  void recall(std::string_view bytes) override {
    limiters::AdaptiveMemory memory;
    if (bytes.size() != sizeof(memory)) return;
    std::memcpy(&memory, bytes.data(), sizeof(memory));
    adaptive_.recall(memory);
    places_.set_limit(adaptive_.limit());
  }
  Levels levels(Nanos now, std::uint64_t unix_ms) const override {
    Levels levels = ConcurrencyLimit::levels(now, unix_ms);
    levels.p99_s = latency_.window().quantile(0.99) / 1e9;
    levels.baseline_s = adaptive_.baseline_ns() / 1e9;
    return levels;
  }

 private:
  std::uint32_t reserve(std::uint64_t limit, const Asked& asked) const override {
    return reserved_places(limit, asked.reserve_share);
  }
  std::uint32_t beyond(std::uint64_t limit, const Asked& asked) const override {
    return reserved_places(limit, asked.beyond_share);
  }

  std::vector<limiters::LatencyRecorder> recorders_;  ///< by worker
  std::vector<const limiters::LatencyRecorder*> readers_;
  // The control thread's.
  limiters::RollingLatency latency_;
  limiters::AdaptiveLimit adaptive_;
  Nanos last_tick_ = 0;
};

}  // namespace

std::unique_ptr<Limit> make_limit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key) {
  using limiters::FixedWindow, limiters::SlidingWindow, limiters::TokenBucket;
  switch (config.kind) {
    case conf::LimitKind::token_bucket:
      return std::make_unique<RateLimit<TokenBucket>>(config, std::move(where), workers, key,
                                                      TokenBucket(rate_of(config.rate), config.burst));
    case conf::LimitKind::sliding_window:
      return std::make_unique<RateLimit<SlidingWindow>>(config, std::move(where), workers, key,
                                                        SlidingWindow(config.limit, nanos(config.window)));
    case conf::LimitKind::fixed_window:
      return std::make_unique<RateLimit<FixedWindow>>(config, std::move(where), workers, key,
                                                      FixedWindow(config.limit, nanos(config.window)));
    case conf::LimitKind::leaky_bucket:
      return std::make_unique<QueueLimit>(config, std::move(where), workers, key);
    case conf::LimitKind::adaptive:
      return std::make_unique<FollowingLimit>(config, std::move(where), workers);
    case conf::LimitKind::concurrency:
      break;
  }
  if (!config.key.empty()) return std::make_unique<KeyedConcurrencyLimit>(config, std::move(where), workers, key);
  if (config.queue > 0) return std::make_unique<QueuedConcurrency>(config, std::move(where), workers);
  return std::make_unique<ConcurrencyLimit>(config, std::move(where), workers, config.limit);
}

}  // namespace penstock::filters
