#include "gateway/observe/access_record.h"

#include <algorithm>
#include <cstring>

namespace penstock::observe {
namespace {

// The one list of the strings: their order in the ring, and where they are cut. Unrolled by the compiler.
template <typename Record, typename Visit>
inline void each_string(Record& record, Visit visit) {
  visit(0, record.request_id, kStringMax);
  visit(1, record.client_ip, kStringMax);
  visit(2, record.method, kStringMax);
  visit(3, record.host, kStringMax);
  visit(4, record.target, kTargetMax);
  visit(5, record.user_agent, kUserAgentMax);
  visit(6, record.referer, kRefererMax);
  visit(7, record.route, kStringMax);
  visit(8, record.upstream, kStringMax);
  visit(9, record.peer, kStringMax);
  visit(10, record.tls, kStringMax);
}

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
  ErrorKind degraded;
  std::array<std::uint16_t, kStrings> lengths;
};

// Most strings are short: two overlapping copies of a fixed size are cheaper than a call.
inline void put(std::byte* to, const char* from, std::size_t size) {
  if (size > 16) {
    std::memcpy(to, from, size);
  } else if (size >= 8) {
    std::memcpy(to, from, 8);
    std::memcpy(to + size - 8, from + size - 8, 8);
  } else {
    for (std::size_t i = 0; i < size; ++i) to[i] = static_cast<std::byte>(from[i]);
  }
}

}  // namespace

Extent measure(const AccessRecord& record) {
  Extent extent;
  extent.encoded_size = sizeof(Numbers);
  each_string(record, [&](std::size_t i, std::string_view text, std::size_t max) {
    extent.lengths[i] = static_cast<std::uint16_t>(std::min(text.size(), max));
    extent.encoded_size += extent.lengths[i];
  });
  return extent;
}

void encode(const AccessRecord& record, const Extent& extent, std::byte* out) {
  const Numbers numbers{record.time_unix_ms,
                        record.bytes_in,
                        record.bytes_out,
                        record.duration_us,
                        record.upstream_connect_us,
                        record.upstream_first_byte_us,
                        record.status,
                        record.tries,
                        record.version,
                        record.error,
                        record.degraded,
                        extent.lengths};
  std::memcpy(out, &numbers, sizeof numbers);
  out += sizeof numbers;
  each_string(record, [&](std::size_t i, std::string_view text, std::size_t) {
    put(out, text.data(), extent.lengths[i]);
    out += extent.lengths[i];
  });
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
  record.degraded = numbers.degraded;
  const char* at = reinterpret_cast<const char*>(bytes.data()) + sizeof numbers;
  each_string(record, [&](std::size_t i, std::string_view& text, std::size_t) {
    text = {at, numbers.lengths[i]};
    at += numbers.lengths[i];
  });
  return record;
}

AccessRecord cut(const AccessRecord& record) {
  AccessRecord result = record;
  each_string(result, [](std::size_t, std::string_view& text, std::size_t max) { text = text.substr(0, max); });
  return result;
}

}  // namespace penstock::observe
