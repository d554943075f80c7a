#include "gateway/routing/host_index.h"

#include <algorithm>

namespace penstock::routing {
namespace {

constexpr std::uint32_t kExact = 0;
constexpr std::uint32_t kWildcard = 1;

}  // namespace

std::uint32_t HostIndex::find_or_add(std::string_view host, std::uint32_t value) {
  if (host.empty()) return any_ == kNone ? any_ = value : any_;
  if (!host.starts_with("*.")) return hosts_.find_or_add(kExact, CanonicalHost(host).view(), value);
  const CanonicalHost suffix(host.substr(2));
  longest_suffix_ = std::max(longest_suffix_, suffix.view().size());
  return hosts_.find_or_add(kWildcard, suffix.view(), value);
}

HostIndex::Walk::Walk(const HostIndex& index, std::string_view authority)
    : index_(index),
      host_(index.hosts_.empty() ? std::string_view{} : authority),
      rest_(host_.view()),
      step_(rest_.empty() ? Step::any : Step::exact) {}

std::uint32_t HostIndex::Walk::next() {
  if (step_ == Step::exact) {
    step_ = Step::wildcard;
    if (const std::uint32_t value = index_.hosts_.find(kExact, host_.view()); value != kNone) return value;
  }
  if (step_ == Step::wildcard) {
    if (const std::uint32_t value = next_wildcard(); value != kNone) return value;
    step_ = Step::any;
  }
  if (step_ == Step::done) return kNone;
  step_ = Step::done;
  return index_.any_;
}

std::uint32_t HostIndex::Walk::next_wildcard() {
  if (index_.longest_suffix_ == 0) return kNone;
  for (std::size_t dot = rest_.find('.'); dot != std::string_view::npos; dot = rest_.find('.')) {
    const bool has_label = dot > 0;  // ".example.com" has nothing in place of the star
    rest_.remove_prefix(dot + 1);
    if (!has_label || rest_.size() > index_.longest_suffix_) continue;
    if (const std::uint32_t value = index_.hosts_.find(kWildcard, rest_); value != kNone) return value;
  }
  return kNone;
}

}  // namespace penstock::routing
