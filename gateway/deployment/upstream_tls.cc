#include "gateway/deployment/upstream_tls.h"

#include <algorithm>
#include <functional>
#include <optional>
#include <utility>

#include "gateway/io/file.h"

namespace penstock {
namespace {

/// Bundles of authorities have a few hundred KiB.
constexpr std::size_t kFileMax = 8 << 20;

static_assert(static_cast<int>(conf::TlsVersion::v1_3) == static_cast<int>(io::TlsVersion::v1_3));

}  // namespace

class UpstreamTls::Loader {
 public:
  Loader(UpstreamTls& tls, const std::string& from, const UpstreamTls* before, std::vector<conf::Problem>& problems)
      : tls_(tls), from_(from), before_(before), problems_(problems) {}

  io::ClientTlsPtr load(const conf::UpstreamTls& tls) {
    const std::size_t problems = problems_.size();
    Known wanted = {parts_of(tls), 0, nullptr};
    if (problems_.size() != problems) return nullptr;
    if (tls.verify && tls.ca.empty()) wanted.system_authorities = system_authorities();
    if (const Known* known = find(wanted, tls_.known_)) return known->context;
    if (const Known* known = before_ ? find(wanted, before_->known_) : nullptr) {
      wanted.context = known->context;
    } else {
      wanted.context = make(wanted.parts, tls.mark);
    }
    tls_.known_.push_back(std::move(wanted));
    return tls_.known_.back().context;
  }

 private:
  static const Known* find(const Known& wanted, const std::vector<Known>& among) {
    const auto found = std::find_if(among.begin(), among.end(), [&](const Known& known) {
      return known.parts == wanted.parts && known.system_authorities == wanted.system_authorities;
    });
    return found != among.end() ? &*found : nullptr;
  }

  io::ClientTls::Parts parts_of(const conf::UpstreamTls& tls) {
    io::ClientTls::Parts parts;
    parts.ca = read(tls.ca, tls.mark);
    parts.cert = read(tls.cert, tls.mark);
    parts.key = read(tls.key, tls.mark);
    parts.verify = tls.verify;
    parts.min_version = static_cast<io::TlsVersion>(tls.min_version);
    return parts;
  }

  io::TlsFile read(const std::string& path, conf::Mark mark) {
    if (path.empty()) return {};
    std::string why;
    if (auto text = io::read_file(path, kFileMax, why)) return {path, std::move(*text)};
    report(path + ": " + why, mark);
    return {path, {}};
  }

  /// Only to see whether they have changed: OpenSSL reads them itself. Without them it trusts nobody, and the
  /// endpoints' checks tell of it.
  std::size_t system_authorities() {
    if (!system_authorities_) {
      std::string why;
      const auto text = io::read_file(io::ClientTls::system_authorities(), kFileMax, why);
      system_authorities_ = std::hash<std::string>()(text.value_or(why));
    }
    return *system_authorities_;
  }

  io::ClientTlsPtr make(const io::ClientTls::Parts& parts, conf::Mark mark) {
    io::TlsReport told;
    auto context = io::ClientTls::make(parts, told);
    for (const io::TlsProblem& problem : told.problems) report(problem.text, mark);
    return context;
  }

  void report(std::string text, conf::Mark mark) {
    problems_.push_back({from_, mark.line, mark.column, std::move(text)});
  }

  UpstreamTls& tls_;
  const std::string& from_;
  const UpstreamTls* const before_;
  std::vector<conf::Problem>& problems_;
  std::optional<std::size_t> system_authorities_;
};

std::shared_ptr<const UpstreamTls> UpstreamTls::load(const conf::Config& config, const std::string& from,
                                                     const UpstreamTls* before, std::vector<conf::Problem>& problems) {
  auto loaded = std::make_shared<UpstreamTls>();
  Loader loader(*loaded, from, before, problems);
  for (const conf::Upstream& upstream : config.upstreams)
    loaded->contexts_.push_back(upstream.tls ? loader.load(*upstream.tls) : nullptr);
  return loaded;
}

}  // namespace penstock
