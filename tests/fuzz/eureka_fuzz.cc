// Any bytes are an answer of Eureka's or none; what can be used of one is sound, and applying it twice is applying it
// once.
#include <cstdio>
#include <cstdlib>

#include "conf/address.h"
#include "discovery/eureka/payload.h"

namespace {

using namespace penstock::discovery;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void check(const Instance& instance) {
  const bool ip = penstock::conf::is_ipv4(instance.host) || penstock::conf::is_ipv6(instance.host);
  if (!ip && !penstock::conf::is_host_name(instance.host)) fail("an instance without a host");
  if (instance.port == 0) fail("an instance without a port");
  if (instance.weight == 0 || instance.weight > 65'535) fail("a weight out of range");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto answer = parse_eureka({reinterpret_cast<const char*>(data), size});
  if (!answer) return 0;
  EurekaApps apps;
  apps.apply(*answer);
  for (const EurekaInstance& instance : answer->instances) {
    if (instance.usable) check(*instance.usable);
    for (const Instance& each : apps.list(instance.app).instances) check(each);
  }
  const std::string hash = apps.hash();
  apps.apply(*answer);
  if (apps.hash() != hash) fail("a delta that does more when it is applied again");
  return 0;
}
