// Any bytes as Consul's answers: what is read of them is within the bounds that everything behind relies on.
#include <cstdint>
#include <string>
#include <string_view>

#include "discovery/consul/answers.h"
#include "tests/fuzz/instance_fuzz.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::discovery;
  const std::string_view body(reinterpret_cast<const char*>(data), size);
  std::string why;
  for (const bool only_passing : {false, true}) {
    penstock::conf::Discover what;
    what.only_passing = only_passing;
    const auto answer = parse_consul_service(body, what, why);
    must(answer || !why.empty(), "refused without a reason");
    if (!answer) continue;
    for (const Instance& instance : answer->list.instances) check(instance);
  }
  why.clear();
  must(parse_consul_value(body, why) || !why.empty(), "a value is refused without a reason");
  return 0;
}
