// What the limits that count requests over time have in common.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/filters/limits/keyed_words.h"
#include "gateway/filters/limits/limit.h"
#include "limiters/fixed_window.h"
#include "limiters/sliding_window.h"
#include "limiters/token_bucket.h"

namespace penstock::filters {

/// Whose clock a limiter goes by.
inline std::uint64_t time_for(const limiters::FixedWindow&, Nanos, std::uint64_t unix_ms) {
  return unix_ms * kNanosPerMilli;
}
template <class Limiter>
inline std::uint64_t time_for(const Limiter&, Nanos now, std::uint64_t) {
  return now;
}

/// Costs are a token bucket's alone: windows count requests.
inline limiters::Verdict take(const limiters::TokenBucket& bucket, std::atomic<std::uint64_t>& word, std::uint64_t now,
                              std::uint32_t cost) {
  return bucket.take(word, now, cost);
}
template <class Window>
limiters::Verdict take(const Window& window, std::atomic<std::uint64_t>& word, std::uint64_t now, std::uint32_t) {
  return window.take(word, now);
}

/// How a word goes on when the settings change. Windows do if their length stays.
inline std::uint64_t rescaled(const limiters::TokenBucket& now_is, const limiters::TokenBucket& was, const conf::Limit&,
                              const conf::Limit&, std::uint64_t word, Nanos now) {
  return now_is.rescaled(word, now, was);
}
template <class Window>
inline std::uint64_t rescaled(const Window&, const Window&, const conf::Limit& config, const conf::Limit& before,
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

}  // namespace penstock::filters
