#include "discovery/host_names.h"

#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "gateway/base/deadline_wheel.h"
#include "gateway/io/loop.h"
#include "gateway/io/resolver.h"

namespace penstock::discovery {
namespace {

/// getaddrinfo tells no TTL; 30 s is what most services' records live.
constexpr Nanos kRefresh = 30 * kNanosPerSecond;
constexpr Nanos kRetry = 2 * kNanosPerSecond;

}  // namespace

struct HostNames::State : std::enable_shared_from_this<State> {
  struct Name {
    Name(State& s, std::string h) : home(s), host(std::move(h)) {}
    void look_up() { home.look_up(*this); }

    State& home;
    const std::string host;
    std::vector<io::SocketAddress> addresses;
    bool answered = false;
    std::string last_error;
    Deadline refresh = Deadline::of<&Name::look_up>(this);
  };

  State(io::Loop& l, std::function<void()> c, std::function<void(const std::string&)> o)
      : loop(l), changed(std::move(c)), log(std::move(o)) {}

  void look_up(Name& name) {
    io::resolve(
        loop, name.host, 0,
        [weak = weak_from_this(), host = name.host](std::vector<io::SocketAddress> addresses, std::string error) {
          if (auto self = weak.lock()) self->resolved(host, std::move(addresses), std::move(error));
        });
  }

  void resolved(const std::string& host, std::vector<io::SocketAddress> addresses, std::string error) {
    const auto found = names.find(host);
    if (found == names.end()) return;
    Name& name = *found->second;
    if (!error.empty() && error != name.last_error) {
      log("can't resolve " + host + ": " + error + (name.addresses.empty() ? "" : "; keeping the addresses known"));
    }
    const bool news = !name.answered || (error.empty() && addresses != name.addresses);
    if (error.empty()) name.addresses = std::move(addresses);
    name.answered = true;
    loop.arm(name.refresh, error.empty() ? kRefresh : kRetry);
    name.last_error = std::move(error);
    if (news) changed();
  }

  const std::vector<io::SocketAddress>& add(const std::string& host) {
    static const std::vector<io::SocketAddress> kNone;
    if (names.size() >= kMost) return kNone;
    Name& added = *names.emplace(host, std::make_unique<Name>(*this, host)).first->second;
    look_up(added);
    return added.addresses;
  }

  io::Loop& loop;
  std::function<void()> changed;
  std::function<void(const std::string&)> log;
  std::unordered_map<std::string, std::unique_ptr<Name>> names;
};

HostNames::HostNames(io::Loop& loop, std::function<void()> changed, std::function<void(const std::string&)> log)
    : state_(std::make_shared<State>(loop, std::move(changed), std::move(log))) {}

HostNames::~HostNames() = default;

const std::vector<io::SocketAddress>& HostNames::addresses_of(const std::string& host) {
  state_->loop.assert_here();
  const auto found = state_->names.find(host);
  return found != state_->names.end() ? found->second->addresses : state_->add(host);
}

bool HostNames::waiting() const {
  state_->loop.assert_here();
  for (const auto& [host, name] : state_->names) {
    if (!name->answered) return true;
  }
  return false;
}

void HostNames::keep_only(const std::vector<std::string>& hosts) {
  state_->loop.assert_here();
  const std::unordered_set<std::string_view> wanted(hosts.begin(), hosts.end());
  std::erase_if(state_->names, [&](const auto& entry) { return !wanted.contains(entry.first); });
}

}  // namespace penstock::discovery
