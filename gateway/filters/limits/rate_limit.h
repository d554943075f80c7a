// What the limits that count requests over time have in common: token_bucket, sliding_window, fixed_window.
#pragma once

#include <atomic>
#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/filters/limits/keyed_words.h"
#include "gateway/filters/limits/limit.h"
#include "limiters/verdict.h"

namespace penstock::filters {

/// A way to count, made of the limit's settings. Immutable; any thread.
///  - `time()`: of the clock that it goes by, in ns. Where it says `now`, that is meant.
///  - `take()`: as its limiter's. `recovered()`: the word remembers nothing.
///  - `rescaled()`: what a word of `was` goes on as under these settings; 0 if they can't say the same.
///  - `quota()` and `window_s()`: what the client is told of the settings.
template <class R>
concept RateKind = std::constructible_from<R, const conf::Limit&> &&
    requires(const R& rate, std::atomic<std::uint64_t>& word, std::uint64_t now, std::uint32_t cost) {
  { rate.time(Nanos{}, std::uint64_t{} /* unix_ms */) } -> std::same_as<std::uint64_t>;
  { rate.take(word, now, cost) } -> std::same_as<limiters::Verdict>;
  { rate.recovered(now /* word */, now) } -> std::same_as<bool>;
  { rate.rescaled(now /* word */, Nanos{} /* steady_now */, rate /* was */) } -> std::same_as<std::uint64_t>;
  { rate.quota() } -> std::same_as<std::uint64_t>;
  { rate.window_s() } -> std::same_as<std::uint64_t>;
};

template <RateKind R>
class RateLimit final : public Limit {
 public:
  RateLimit(const conf::Limit& config, std::string where, unsigned workers, const SipKey& key)
      : Limit(config, std::move(where), workers), rate_(config), words_(config, key) {
    set_policy(rate_.quota(), rate_.window_s());
  }

  Ruling ask(const Asked& asked, Hold& hold) override {
    static_cast<void>(hold);
    const std::uint64_t now = rate_.time(asked.now, asked.unix_ms);
    auto& word = words_.of(asked, [&](std::uint64_t w) { return rate_.recovered(w, now); });
    const limiters::Verdict verdict = rate_.take(word, now, asked.cost);
    Ruling ruling;
    ruling.decision = verdict.admitted ? Decision::pass : Decision::refuse;
    ruling.retry_after = verdict.retry_after_ns;
    ruling.tells = true;
    ruling.remaining = verdict.remaining;
    ruling.reset_after = verdict.reset_after_ns;
    return ruling;
  }
  bool is_clients_fault() const override { return true; }
  /// If it is of the same kind and the same keys.
  void learn_from(const Limit& before, Nanos now) override {
    const auto* was = dynamic_cast<const RateLimit*>(&before);
    if (!was || was->config().key != config().key) return;
    words_.learn_from(
        was->words_, [&](std::uint64_t word) { return rate_.rescaled(word, now, was->rate_); },
        [](std::uint64_t word) { return word == 0; });
  }
  std::string memory() const override { return words_.memory(); }
  void recall(std::string_view memory) override { words_.recall(memory); }
  Levels levels(Nanos now, std::uint64_t unix_ms) const override {
    const std::uint64_t time = rate_.time(now, unix_ms);
    Levels levels;
    levels.busy_keys = words_.busy([&](std::uint64_t w) { return rate_.recovered(w, time); });
    return levels;
  }

 private:
  const R rate_;
  KeyedWords words_;
};

}  // namespace penstock::filters
