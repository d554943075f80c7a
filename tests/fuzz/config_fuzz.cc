// Any bytes either load or have problems; what loads can be written out and, but for secrets, loads again as the same.
#include <cstdio>
#include <cstdlib>

#include "conf/file/load.h"

namespace {

using namespace penstock::conf;

std::optional<std::string> variable(const std::string& name) {
  if (name == "A") return "a: [b, {c";
  if (name == "N") return "1";
  return std::nullopt;
}

[[noreturn]] void fail(const char* what, const std::string& detail) {
  std::fprintf(stderr, "%s\n%s\n", what, detail.c_str());
  std::abort();
}

/// A secret is not written out, and what stands for it is not taken for one.
Config without_secrets(Config config) {
  for (Upstream& upstream : config.upstreams) {
    if (upstream.sticky) upstream.sticky->secret.clear();
  }
  for (Registry& registry : config.registries) {
    if (registry.zookeeper) registry.zookeeper->auth.reset();
    if (registry.etcd) registry.etcd->auth.reset();
    if (registry.consul) registry.consul->token.clear();
  }
  return config;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view yaml(reinterpret_cast<const char*>(data), size);
  const LoadResult first = load_text(yaml, "fuzz", variable);
  if ((first.config == nullptr) == first.problems.empty()) fail("neither a configuration nor problems, or both", "");
  for (const Problem& problem : first.problems) {
    if (problem.line < 0 || problem.column < 0 || problem.message.empty())
      fail("a problem without a place or a message", problem.text());
  }
  if (!first.config) return 0;
  const std::string written = to_yaml(without_secrets(*first.config));
  const LoadResult second = load_text(written, "written", variable);
  if (!second.config) fail(second.problems[0].text().c_str(), written);
  if (to_yaml(*second.config) != written) fail("not the same after a second loading", written);
  return 0;
}
