// Any bytes are a DNS message or none; what is one has names, addresses and TTLs within their bounds.
#include <cstdio>
#include <cstdlib>

#include "gateway/base/ip.h"
#include "gateway/io/dns_message.h"

namespace {

using namespace penstock::io;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

void check(const DnsRecord& record) {
  constexpr std::size_t kLongestEscaped = 4 * 255;
  if (record.name.size() > kLongestEscaped || record.target.size() > kLongestEscaped) fail("a name that is too long");
  for (const char c : record.name + record.target) {
    if (c <= 0x20 || c >= 0x7f || (c >= 'A' && c <= 'Z')) fail("a name with a byte that is not escaped");
  }
  if (record.ttl > 0x7fffffff) fail("a TTL out of range");
  const bool is_address = record.type == DnsType::a || record.type == DnsType::aaaa;
  if (is_address && !penstock::IpAddress::parse(record.address)) fail("an address that is none");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const auto message = parse_dns_message({data, size});
  if (!message) return 0;
  for (const DnsRecord& record : message->answers) check(record);
  for (const DnsRecord& record : message->additional) check(record);
  for (const DnsRecord& record : message->answers) {
    for (const DnsRecord& found : records_of(*message, record.name, DnsType::a)) check(found);
    break;
  }
  return 0;
}
