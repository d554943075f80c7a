#include "gateway/upstream/cluster.h"

#include <algorithm>
#include <array>
#include <utility>

#include "balancers/eligible.h"
#include "balancers/hash.h"
#include "balancers/latency.h"

namespace penstock::upstream {
namespace {

constexpr std::uint32_t kGone = balancers::kNoMember;

/// How often the shares of endpoints in slow start are set anew.
constexpr Nanos kRampStep = 50 * kNanosPerMilli;

/// An answer's weight in what is typical for the upstream.
constexpr double kTypicalWeight = 1.0 / 64;

balancers::SlowStart slow_start_of(const conf::Upstream& config) {
  if (!config.slow_start) return {};
  return {nanos(config.slow_start->window), config.slow_start->min_share, config.slow_start->aggression};
}

/// While it finds out, that is over in a moment: the breaker itself only knows until when at the latest.
Nanos wait_for(const limiters::CircuitBreaker& breaker, Nanos now) {
  const bool finds_out = breaker.state() == limiters::BreakerState::kHalfOpen;
  return finds_out ? kNanosPerSecond : breaker.retry_after_ns(now);
}

}  // namespace

// ---- plans and health

Cluster::Cluster(io::Loop& loop, std::shared_ptr<const conf::Upstream> config,
                 std::shared_ptr<observe::UpstreamStats> stats, unsigned worker, std::uint64_t seed, Report report,
                 MakePool make)
    : loop_(loop),
      config_owner_(std::move(config)),
      stats_owner_(std::move(stats)),
      config_(*config_owner_),
      stats_(*stats_owner_),
      worker_(worker),
      seed_(seed),
      report_(std::move(report)),
      make_pool_(std::move(make)),
      decay_(nanos(config_.balancer.decay)),
      slow_start_(slow_start_of(config_)),
      next_ramp_(Deadline::of<&Cluster::ramp>(this)) {}

Cluster::~Cluster() = default;

void Cluster::apply(PlanPtr plan, FitnessPtr fitness) {
  loop_.assert_here();
  const bool follows = plan_ && plan->follows == plan_.get();
  std::vector<std::uint32_t> from =
      follows ? plan->before : std::vector<std::uint32_t>(plan->endpoints.size(), balancers::kNoMember);
  std::vector<std::unique_ptr<EndpointPool>> old_pools = std::exchange(pools_, {});
  const std::vector<balancers::Load> old_loads = std::exchange(loads_, {});
  pools_.reserve(from.size());
  loads_.reserve(from.size());
  for (std::uint32_t i = 0; i < from.size(); ++i) {
    const PlannedEndpoint& planned = plan->endpoints[i];
    // Under another name the certificate must be another one.
    if (from[i] != balancers::kNoMember && old_pools[from[i]]->tls_name() != planned.tls.name)
      from[i] = balancers::kNoMember;
    const bool known = from[i] != balancers::kNoMember;
    pools_.push_back(known ? std::move(old_pools[from[i]]) : make_pool_(loop_, config_, stats_, planned, worker_));
    pools_.back()->index = i;
    loads_.push_back(known ? old_loads[from[i]] : balancers::Load{});
  }
  for (auto& pool : old_pools) {
    if (!pool) continue;
    pool->index = kGone;
    pool->retire();
    if (!pool->unused()) leaving_.push_back(std::move(pool));
  }
  plan_ = std::move(plan);
  guard_ = plan_->guard;
  ++generation_;
  usable_ = 0;
  for (std::uint32_t i = 0; i < loads_.size(); ++i) {
    if (from[i] == balancers::kNoMember) loads_[i].usable = false;  // until its fitness says more
    usable_ += loads_[i].usable;
  }
  const std::unique_ptr<balancers::Levels> previous = std::move(balancer_);
  for (std::uint32_t i = 0; i < loads_.size(); ++i) set_usable(i, fitness->usable[i] != 0);
  if (plan_->balancer) {
    balancer_ = plan_->balancer->clone();
    balancer_->start(loads_, previous.get(), from, seed_);
  }
  apply(std::move(fitness));
}

void Cluster::apply(FitnessPtr fitness) {
  loop_.assert_here();
  if (!plan_ || fitness->usable.size() != loads_.size()) return;  // of a plan that is on its way
  fitness_ = std::move(fitness);
  for (std::uint32_t i = 0; i < loads_.size(); ++i) set_usable(i, fitness_->usable[i] != 0);
  if (balancer_) balancer_->set_shares(fitness_->level_shares);
  ramping_.clear();
  const Nanos now = loop_.now();
  for (std::uint32_t i = 0; i < loads_.size(); ++i) {
    const Nanos since = fitness_->recovered_at[i];
    const bool in_window = since != 0 && since + slow_start_.window_ns > now;
    // One whose window has just ended may not have its whole share yet.
    if (in_window || loads_[i].share != balancers::kWholeShare) ramping_.push_back(i);
  }
  ramp();
}

void Cluster::set_usable(std::uint32_t index, bool usable) {
  balancers::Load& load = loads_[index];
  if (load.usable == usable) return;
  if (usable) {
    // Whatever made it leave says nothing of how it is now.
    load.latency_ns = static_cast<float>(typical_ns_);
    load.latency_at = loop_.now();
    ++usable_;
  } else {
    --usable_;
  }
  load.usable = usable;
  load.share = balancers::kWholeShare;
  if (balancer_) balancer_->fitness_changed(loads_, index);
}

/// At once, while the control thread still thinks about it. It answers every report with its verdict.
void Cluster::take_out(std::uint32_t index) {
  if (!loads_[index].usable) return;
  const auto all = static_cast<double>(loads_.size());
  const auto out = static_cast<double>(loads_.size() - usable_ + 1);
  if (usable_ < 2 || out > std::max(1.0, all * config_.outlier->max_ejected)) return;
  set_usable(index, false);
}

/// Slow start: the shares that the time says. If everything is new there is nobody to be slow for.
void Cluster::ramp() {
  std::erase_if(ramping_, [&](std::uint32_t index) { return !loads_[index].usable; });
  if (ramping_.empty()) return;
  const bool all_new = ramping_.size() == usable_;
  const Nanos now = loop_.now();
  std::erase_if(ramping_, [&](std::uint32_t index) {
    const Nanos since = now - std::min(now, fitness_->recovered_at[index]);
    const auto share = all_new ? balancers::kWholeShare : balancers::share_after(since, slow_start_);
    if (loads_[index].share != share) {
      loads_[index].share = share;
      balancer_->fitness_changed(loads_, index);
    }
    return since >= slow_start_.window_ns;
  });
  if (!ramping_.empty()) loop_.arm(next_ramp_, kRampStep);
}

// ---- picking

std::optional<std::uint32_t> Cluster::pick(const Choice& choice, std::span<const std::uint32_t> tried) {
  const balancers::Pick pick = {.key = choice.key, .random = choice.random, .now = loop_.now(), .tried = tried};
  if (choice.preferred < loads_.size() && balancers::eligible(loads_, pick, choice.preferred)) return choice.preferred;
  return balancer_ ? balancer_->pick(loads_, pick) : std::nullopt;
}

/// True if the breaker lets the attempt through, or there is none.
bool Cluster::admits(limiters::CircuitBreaker* breaker, std::uint64_t random, limiters::BreakerPass& pass,
                     Refusal& refusal) {
  if (!breaker) return true;
  pass = breaker->try_pass(loop_.now(), random);
  if (pass) return true;
  stats_.breaker_rejected.add();
  if (!config_.circuit_breaker->enforce) return true;
  const Nanos wait = wait_for(*breaker, loop_.now());
  refusal.retry_after = refusal.error == ErrorKind::circuit_open ? std::min(refusal.retry_after, wait) : wait;
  refusal.error = ErrorKind::circuit_open;
  return false;
}

/// Passes over endpoints whose breakers refuse, as many as a balancer heeds.
std::optional<std::uint32_t> Cluster::pick_admitted(const Choice& choice, limiters::BreakerPass& pass,
                                                    Refusal& refusal) {
  std::array<std::uint32_t, balancers::Levels::kMostTried> passed_over;
  std::size_t count = std::min(choice.tried.size(), passed_over.size());
  std::copy_n(choice.tried.begin(), count, passed_over.begin());
  for (;;) {
    const auto index = pick(choice, std::span(passed_over).first(count));
    // The breaker must not see the bits that the balancer has drawn by: an endpoint may be picked for certain ones
    // only.
    if (!index || admits(pools_[*index]->breaker(), balancers::mix(choice.random ^ (*index + 1)), pass, refusal)) {
      return index;
    }
    if (count == passed_over.size()) return std::nullopt;
    passed_over[count++] = *index;
  }
}

Lease Cluster::lease(RequestStreamHandler& handler, http::Method method, const Choice& choice, Refusal& refusal) {
  loop_.assert_here();
  Passes passes;
  if (guard_ && !admits(guard_->breaker(), balancers::mix(~choice.random), passes.upstream, refusal)) return {};
  const auto index =
      config_.circuit_breaker ? pick_admitted(choice, passes.endpoint, refusal) : pick(choice, choice.tried);
  if (!index) {
    if (refusal.error == ErrorKind::none) refusal.error = ErrorKind::no_endpoint;
    return {};
  }
  EndpointPool& pool = *pools_[*index];
  RequestStream* stream = pool.take(handler, {method, choice.fresh, choice.proxy_header}, refusal.error);
  if (!stream) return {};
  ++loads_[*index].in_flight;
  balancer_->in_flight_changed(loads_, *index);
  return {this, &pool, stream, std::move(passes)};
}

void Cluster::count_request() {
  if (guard_) guard_->budget().count_request(loop_.now());
}

bool Cluster::try_retry(observe::RetryReason reason) {
  if (guard_ && !guard_->budget().try_retry(loop_.now())) {
    stats_.retry_budget_exhausted.add();
    return false;
  }
  stats_.retries[static_cast<std::size_t>(reason)].add();
  return true;
}

limiters::Hedging& Cluster::hedging() {
  if (!hedging_) hedging_ = std::make_unique<limiters::Hedging>();
  return *hedging_;
}

bool Cluster::has_untried(std::span<const std::uint32_t> tried) const {
  const auto out_of_use = std::count_if(
      tried.begin(), tried.end(), [&](std::uint32_t index) { return index < loads_.size() && loads_[index].usable; });
  return usable_ > static_cast<std::uint32_t>(out_of_use);
}

void Cluster::release(EndpointPool& pool, RequestStream& stream) {
  loop_.assert_here();
  if (pool.index != kGone) {
    --loads_[pool.index].in_flight;
    balancer_->in_flight_changed(loads_, pool.index);
  }
  stream.release();
  if (pool.index == kGone && pool.unused()) {
    std::erase_if(leaving_, [&](const auto& leaving) { return leaving.get() == &pool; });
  }
}

std::uint32_t Cluster::endpoint_of(std::string_view sticky_token) const {
  if (!plan_) return balancers::kNoMember;
  const auto found = plan_->by_sticky_token.find(sticky_token);
  return found != plan_->by_sticky_token.end() ? found->second : balancers::kNoMember;
}

std::string_view Cluster::sticky_token(const EndpointPool& pool) const {
  return pool.index != kGone ? std::string_view(plan_->endpoints[pool.index].sticky_token) : std::string_view();
}

void Cluster::retire() {
  loop_.assert_here();
  next_ramp_.cancel();
  for (auto& pool : pools_) pool->retire();
}

// ---- what attempts met

void Cluster::succeeded(EndpointPool& pool, Nanos took) {
  pool.record()->succeeded();
  pool.stats().latency.observe(took);
  if (hedging_) hedging_->answered(took, loop_.now());
  typical_ns_ += (static_cast<double>(took) - typical_ns_) * (typical_ns_ > 0 ? kTypicalWeight : 1);
  if (pool.index == kGone) return;
  balancers::Load& load = loads_[pool.index];
  balancers::observe_latency(load, took, loop_.now(), decay_);
  pool.stats().latency_us.set(static_cast<std::int64_t>(load.latency_ns / 1000));
}

void Cluster::failed(EndpointPool& pool, health::Failure what, Nanos took) {
  seems_slow(pool, took);
  pool.stats().failures.add();
  const std::uint32_t in_a_row = pool.record()->failed();
  const std::uint32_t limit = config_.outlier ? config_.outlier->consecutive_failures : 0;
  // One refusal says it all: nobody listens. A registry may take its time to notice.
  if (limit == 0 || (what != health::Failure::refused && in_a_row % limit != 0)) return;
  if (config_.outlier->enforce && pool.index != kGone) take_out(pool.index);
  report_(pool.record(), what);
}

/// A refusal or a failure says nothing good about an endpoint, however quickly it came.
void Cluster::seems_slow(EndpointPool& pool, Nanos took) {
  if (static_cast<double>(took) > typical_ns_) pool.stats().latency.observe(took);
  if (pool.index == kGone) return;
  balancers::Load& load = loads_[pool.index];
  balancers::observe_failure(load, took, static_cast<std::uint64_t>(typical_ns_), loop_.now(), decay_);
  pool.stats().latency_us.set(static_cast<std::int64_t>(load.latency_ns / 1000));
}

}  // namespace penstock::upstream
