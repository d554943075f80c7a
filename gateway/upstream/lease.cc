#include "gateway/upstream/lease.h"

#include "gateway/upstream/cluster.h"

namespace penstock::upstream {
namespace {

bool is_failure(int status) {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

/// As the endpoint's health has it.
health::Failure failure_of(const Failure& failure) {
  if (failure.refused) return health::Failure::refused;
  return failure.stage == Failure::Stage::connecting ? health::Failure::connect : health::Failure::request;
}

}  // namespace

void Lease::reset() {
  if (!stream_) return;
  passes_.cancel();  // first: the pool may go, and its breaker with it
  cluster_->release(*pool_, *std::exchange(stream_, nullptr));
}

void Lease::answered(int status, bool overload, Nanos took) {
  const bool fails = !overload && is_failure(status);
  if (overload) {
    passes_.cancel();
  } else {
    passes_.ended(fails, took, cluster_->loop_.now());
  }
  if (overload) {
    cluster_->seems_slow(*pool_, took);
  } else if (fails) {
    cluster_->failed(*pool_, health::Failure::request, took);
  } else {
    cluster_->succeeded(*pool_, took);
  }
}

void Lease::failed(const Failure& failure, AttemptPhase phase, Nanos took) {
  const Ending ending = {.kind = failure.kind, .phase = phase, .gateways_want = failure.gateways_want};
  if (blame_for(ending) != Blame::endpoint) {
    abandoned(took);
    return;
  }
  passes_.ended(true, took, cluster_->loop_.now());
  cluster_->failed(*pool_, failure_of(failure), took);
}

void Lease::abandoned(Nanos took) {
  if (static_cast<double>(took) > 2 * cluster_->typical_ns_) cluster_->seems_slow(*pool_, took);
}

}  // namespace penstock::upstream
