// Any bytes as etcd's answers and values, and as a stream: cut anywhere it is the same objects.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "discovery/etcd/answers.h"
#include "discovery/json_splitter.h"
#include "tests/fuzz/instance_fuzz.h"

namespace {

using namespace penstock::discovery;

struct Split {
  std::vector<std::string> objects;
  bool whole = true;
  bool operator==(const Split&) const = default;
};

Split split(std::string_view bytes, std::size_t piece) {
  constexpr std::size_t kMost = 1000;
  JsonSplitter splitter(kMost);
  Split out;
  for (std::size_t at = 0; at < bytes.size() && out.whole; at += piece) {
    out.whole = splitter.add(bytes.substr(at, piece), [&](std::string_view object) {
      must(object.size() <= kMost, "an object beyond the bound");
      out.objects.emplace_back(object);
    });
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string why;
  must(parse_etcd_range(bytes, why) || !why.empty(), "a range is refused without a reason");
  const EtcdMember member = parse_etcd_member(bytes);
  if (member.instance) check(*member.instance);
  must(!member.instance || member.bad.empty(), "an instance that is bad");
  parse_etcd_error(bytes);
  parse_etcd_number(bytes, "TTL");

  const Split whole = split(bytes, bytes.size() + 1);
  for (const std::size_t piece : {1, 2, 7}) must(split(bytes, piece) == whole, "another split in pieces");
  for (const std::string& object : whole.objects) {
    why.clear();
    must(parse_etcd_news(object, why) || !why.empty(), "news are refused without a reason");
  }
  return 0;
}
