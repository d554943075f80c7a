#include "discovery/service.h"

#include <algorithm>
#include <utility>

#include "conf/secrets.h"
#include "conf/values.h"
#include "gateway/io/cpu_time.h"
#include "gateway/io/file.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {
namespace {

/// Bursts of changes become one snapshot; the first is published at once.
constexpr Nanos kBetweenSnapshots = 100 * kNanosPerMilli;
/// Where a snapshot takes the control thread long, its share of that thread is bounded: 1 / (1 + kRest).
constexpr Nanos kRest = 9;
constexpr Nanos kBetweenSaves = kNanosPerSecond;
/// A disk that is full stays so for a while.
constexpr Nanos kSaveAgain = 60 * kNanosPerSecond;
/// How often a suspect is looked at: is it confirmed, and are those that it takes away unusable by now?
constexpr Nanos kLookEvery = kNanosPerSecond;
/// How often the registry is asked to confirm a suspect: a question drops the one before, which may only be slow.
constexpr Nanos kAskEvery = 10 * kNanosPerSecond;
/// How long the start waits for a registry that says nothing at all.
constexpr Nanos kPatience = 2 * kNanosPerSecond;

std::string endpoints_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " endpoint" : " endpoints");
}

}  // namespace

Service::Service(io::Loop& loop, Registry& registry, std::string upstream, const conf::Discover& what,
                 const std::string& state_dir, Hooks hooks)
    : loop_(loop),
      upstream_(std::move(upstream)),
      what_(what),
      path_(state_dir.empty() ? std::string() : saved_list_path(state_dir, upstream_)),
      hooks_(std::move(hooks)),
      names_(
          loop, [this] { names_changed(); },
          [this](const std::string& message) { hooks_.log("upstream " + upstream_ + ": " + message); }),
      last_good_(what.shrink_protection, registry.settles_in()),
      saver_(loop, path_, [this](const std::string& error) { was_saved(error); }),
      next_publish_(Deadline::of<&Service::publish>(this)),
      next_look_(Deadline::of<&Service::look_at_suspect>(this)),
      next_save_(Deadline::of<&Service::save>(this)),
      give_up_(Deadline::of<&Service::settle>(this)) {
  restore();
  loop_.arm(give_up_, last_good_.freshness() == Freshness::from_disk ? 0 : kPatience);
  watch_ = registry.watch_service(what_, *this);
}

/// What would have been saved a moment later is saved now.
Service::~Service() {
  if (path_.empty() || last_good_.believed_version() == saved_) return;
  const std::string error = saver_.save_last(to_be_saved());
  if (!error.empty()) hooks_.log("upstream " + upstream_ + ": can't write " + path_ + ": " + error);
}

void Service::restore() {
  if (path_.empty()) return;
  std::string why;
  const auto text = io::read_file(path_, kMostAnswerBytes, why);
  if (!text) return;  // the first start
  auto list = decode(*text, why);
  if (!list) {
    hooks_.log("upstream " + upstream_ + ": " + path_ + " is not used: " + why);
    return;
  }
  if (list->registry != what_.registry || list->service != what_.service) return;
  last_good_.restore(std::move(list->instances));
  saved_ = last_good_.believed_version();
  hooks_.log("upstream " + upstream_ + ": " + endpoints_text(last_good_.believed().size()) +
             " known from before, until " + what_.registry + " answers");
  publish();
}

// ---- what the registry tells

void Service::listed(ServiceList list) {
  if (list.instances.size() > kMostInstances) {
    failed("more than " + std::to_string(kMostInstances) + " instances");
    return;
  }
  const Freshness before = last_good_.freshness();
  const bool was_suspect = last_good_.suspect().has_value();
  const bool changed = last_good_.listed(std::move(list), loop_.now());
  if (before == Freshness::stale) hooks_.log("upstream " + upstream_ + ": " + what_.registry + " answers again");
  last_error_.clear();
  note_suspect(was_suspect);
  if (changed || version_ == 0) publish_soon();
  save_soon();
  settle();
}

void Service::failed(const std::string& told) {
  const std::string why = conf::hide_secrets(told);
  const bool news = why != last_error_;
  ++errors_;
  last_error_ = why;
  last_good_.failed(loop_.now());
  if (news) {
    hooks_.log("upstream " + upstream_ + ": " + what_.registry + " can't tell " + what_.service + ": " + why +
               (version_ != 0 ? "; keeping the " + endpoints_text(endpoints_) + " known" : ""));
  }
  settle();
}

void Service::names_changed() {
  publish_soon();
  settle();
}

// ---- suspects

void Service::note_suspect(bool was_suspect) {
  const auto& suspect = last_good_.suspect();
  if (suspect && !was_suspect) {
    ++suspects_;
    answers_ = hooks_.answers();
    hooks_.log("upstream " + upstream_ + ": " + what_.registry + suspicion());
    ask_not_before_ = 0;
    loop_.arm(next_look_, kLookEvery);
  } else if (!suspect && was_suspect) {
    next_look_.cancel();
    hooks_.log("upstream " + upstream_ + ": " + what_.registry + " is believed again, with " +
               endpoints_text(last_good_.instances().size()));
  }
}

std::string Service::suspicion() const {
  const std::string known = endpoints_text(last_good_.believed().size());
  const auto& suspect = *last_good_.suspect();
  const std::string unless = "they fail, or POST /registries/accept says so";
  if (!suspect.forgotten)
    return " takes away " + std::to_string(suspect.removed) + " of " + known +
           "; they are used until it has said so for a while, " + unless;
  const auto& empty_after = what_.shrink_protection->empty_after;
  return " has nothing of " + what_.service + " any more; " + known + " known before stay in use until " +
         (empty_after ? "it has said so for " + conf::format_duration(*empty_after) + " and none answers, " : "") +
         unless;
}

void Service::look_at_suspect() {
  const bool fails = last_good_.accept_if([this](const Instance& instance) {
    const auto literal = io::SocketAddress::from_ip(instance.host, instance.port);
    return literal && hooks_.unusable(literal->text());
  });
  if (fails) {
    note_suspect(true);
    publish_soon();
    save_soon();
  }
  if (!last_good_.suspect()) return;
  loop_.arm(next_look_, kLookEvery);
  const Nanos now = loop_.now();
  const std::uint64_t answers = hooks_.answers();
  if (answers > std::exchange(answers_, std::max(answers, answers_))) last_good_.answered(now);
  const auto confirm = last_good_.confirm_at();
  if (confirm && now >= std::max(*confirm, ask_not_before_)) {
    ask_not_before_ = now + kAskEvery;
    watch_->read_again();
  }
}

bool Service::accept_suspect() {
  loop_.assert_here();
  if (!last_good_.accept()) return false;
  note_suspect(true);
  publish_soon();
  save_soon();
  return true;
}

// ---- snapshots

void Service::publish_soon() {
  const Nanos now = loop_.now();
  if (now >= publish_not_before_) {
    publish();
  } else if (!next_publish_.armed()) {
    loop_.arm(next_publish_, publish_not_before_ - now);
  }
}

void Service::publish() {
  next_publish_.cancel();
  const Nanos before = io::thread_cpu_time();
  auto snapshot = std::make_shared<Snapshot>();
  std::vector<std::string> names;
  for (const Instance& instance : last_good_.instances()) {
    const auto add = [&](const io::SocketAddress& address, const std::string& name) {
      snapshot->endpoints.push_back(
          {address.text(), address, instance.weight, instance.zone, instance.priority, instance.metadata, name});
    };
    if (const auto literal = io::SocketAddress::from_ip(instance.host, instance.port)) {
      add(*literal, {});
      continue;
    }
    names.push_back(instance.host);
    for (const io::SocketAddress& address : names_.addresses_of(instance.host))
      add(address.with_port(instance.port), instance.host);
  }
  names_.keep_only(names);
  // Of new names nothing is known for a moment, in which the old endpoints are better than none.
  if (snapshot->endpoints.empty() && endpoints_ != 0 && names_.waiting()) return;
  snapshot->version = ++version_;
  endpoints_ = snapshot->endpoints.size();
  hooks_.publish(std::move(snapshot));
  const Nanos took = io::thread_cpu_time() - before;
  publish_not_before_ = loop_.now() + std::max(kBetweenSnapshots, took * kRest);
}

void Service::settle() {
  if (settled_) return;
  // Names without an address are worth a wait, up to the patience.
  if (names_.waiting() && give_up_.armed()) return;
  settled_ = true;
  give_up_.cancel();
  hooks_.settled();
}

// ---- the disk

void Service::save_soon() {
  if (path_.empty() || last_good_.believed_version() == saved_ || next_save_.armed()) return;
  const Nanos now = loop_.now();
  loop_.arm(next_save_, save_not_before_ > now ? save_not_before_ - now : 0);
}

SavedList Service::to_be_saved() const {
  return {what_.registry, what_.service, loop_.unix_ms(), last_good_.believed()};
}

void Service::save() {
  save_not_before_ = loop_.now() + kBetweenSaves;
  saved_ = last_good_.believed_version();
  saver_.save(to_be_saved());
}

void Service::was_saved(const std::string& error) {
  const bool news = std::exchange(save_error_, error) != error;
  if (error.empty()) return;
  saved_.reset();
  loop_.arm(next_save_, kSaveAgain);
  if (news) hooks_.log("upstream " + upstream_ + ": can't write " + path_ + ": " + error);
}

ServiceStatus Service::status() const {
  loop_.assert_here();
  ServiceStatus status;
  status.upstream = upstream_;
  status.registry = what_.registry;
  status.service = what_.service;
  status.freshness = last_good_.freshness();
  status.heard_at = last_good_.heard_at();
  status.version = version_;
  status.endpoints = endpoints_;
  if (const auto& suspect = last_good_.suspect()) {
    status.suspect_removals = suspect->removed;
    status.suspect_since = suspect->since;
  }
  status.suspects_total = suspects_;
  status.last_error = last_error_;
  status.errors = errors_;
  return status;
}

}  // namespace penstock::discovery
