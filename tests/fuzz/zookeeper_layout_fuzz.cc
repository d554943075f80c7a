// What stands in ZooKeeper's nodes: the first byte says which layout, the second is where the name ends.
#include <cstdint>
#include <string>
#include <string_view>

#include "conf/address.h"
#include "discovery/zookeeper/layout.h"

namespace penstock::discovery {
namespace {

void must(bool holds) {
  if (!holds) __builtin_trap();
}

void check(const ChildRead& read) {
  if (!read.instance) return;
  const Instance& instance = *read.instance;
  must(read.wrong.empty());
  must(conf::is_ipv4(instance.host) || conf::is_ipv6(instance.host) || conf::is_host_name(instance.host));
  must(instance.port != 0 && instance.weight >= 1 && instance.weight <= 65'535 && instance.priority <= 127);
  must(instance.metadata.size() <= 65);
  for (std::size_t i = 1; i < instance.metadata.size(); ++i) must(instance.metadata[i - 1] < instance.metadata[i]);
}

}  // namespace
}  // namespace penstock::discovery

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::discovery;
  if (size < 2) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::string_view name = text.substr(0, data[1]);
  switch (data[0] % 4) {
    case 0:
      check(read_curator_child(text));
      break;
    case 1:
      check(read_dubbo_child(text, "", ""));
      break;
    case 2:
      check(read_dubbo_child(text, "g", "1"));
      break;
    default:
      check(read_plain_child(name, text.substr(name.size())));
      break;
  }
  return 0;
}
