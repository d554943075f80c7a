#include "gateway/observe/access_record.h"

#include <array>
#include <cstring>

namespace penstock::observe {
namespace {

struct StringMember {
  std::string_view AccessRecord::*member;
  std::size_t max;
};

// The one list of the strings: their order in the ring, and where they are cut.
constexpr std::array<StringMember, 10> kStrings = {{
    {&AccessRecord::request_id, kStringMax},
    {&AccessRecord::client_ip, kStringMax},
    {&AccessRecord::method, kStringMax},
    {&AccessRecord::host, kStringMax},
    {&AccessRecord::target, kTargetMax},
    {&AccessRecord::user_agent, kUserAgentMax},
    {&AccessRecord::referer, kRefererMax},
    {&AccessRecord::route, kStringMax},
    {&AccessRecord::upstream, kStringMax},
    {&AccessRecord::peer, kStringMax},
}};

// What comes before the strings' bytes. A plain struct copied whole; it never leaves the process.
struct Numbers {
  std::uint64_t time_unix_ms;
  std::uint64_t bytes_in;
  std::uint64_t bytes_out;
  std::uint64_t duration_us;
  std::uint64_t upstream_connect_us;
  std::uint64_t upstream_first_byte_us;
  std::int32_t status;
  std::uint32_t tries;
  http::Version version;
  ErrorKind error;
  std::array<std::uint16_t, kStrings.size()> lengths;
};

}  // namespace

AccessRecord cut(const AccessRecord& record) {
  AccessRecord result = record;
  for (const auto& [member, max] : kStrings) result.*member = (record.*member).substr(0, max);
  return result;
}

std::size_t encoded_size(const AccessRecord& record) {
  std::size_t size = sizeof(Numbers);
  for (const auto& [member, max] : kStrings) size += (record.*member).size();
  return size;
}

void encode(const AccessRecord& record, std::byte* out) {
  Numbers numbers{record.time_unix_ms,
                  record.bytes_in,
                  record.bytes_out,
                  record.duration_us,
                  record.upstream_connect_us,
                  record.upstream_first_byte_us,
                  record.status,
                  record.tries,
                  record.version,
                  record.error,
                  {}};
  std::byte* at = out + sizeof numbers;
  for (std::size_t i = 0; i < kStrings.size(); ++i) {
    const std::string_view text = record.*kStrings[i].member;
    numbers.lengths[i] = static_cast<std::uint16_t>(text.size());
    if (!text.empty()) std::memcpy(at, text.data(), text.size());
    at += text.size();
  }
  std::memcpy(out, &numbers, sizeof numbers);
}

AccessRecord decode(std::span<const std::byte> bytes) {
  Numbers numbers;
  std::memcpy(&numbers, bytes.data(), sizeof numbers);
  AccessRecord record;
  record.time_unix_ms = numbers.time_unix_ms;
  record.bytes_in = numbers.bytes_in;
  record.bytes_out = numbers.bytes_out;
  record.duration_us = numbers.duration_us;
  record.upstream_connect_us = numbers.upstream_connect_us;
  record.upstream_first_byte_us = numbers.upstream_first_byte_us;
  record.status = numbers.status;
  record.tries = numbers.tries;
  record.version = numbers.version;
  record.error = numbers.error;
  const char* at = reinterpret_cast<const char*>(bytes.data()) + sizeof numbers;
  for (std::size_t i = 0; i < kStrings.size(); ++i) {
    record.*kStrings[i].member = {at, numbers.lengths[i]};
    at += numbers.lengths[i];
  }
  return record;
}

}  // namespace penstock::observe
