#include "gateway/io/dns_message.h"

#include <algorithm>

#include "gateway/base/ip.h"

namespace penstock::io {
namespace {

constexpr std::uint16_t kClassInternet = 1;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

void append_label(std::span<const unsigned char> label, std::string& name) {
  if (!name.empty()) name += '.';
  for (const unsigned char byte : label) {
    if (byte > 0x20 && byte < 0x7f && byte != '.' && byte != '\\') {
      name += lower(static_cast<char>(byte));
    } else {
      name += {'\\', static_cast<char>('0' + byte / 100), static_cast<char>('0' + byte / 10 % 10),
               static_cast<char>('0' + byte % 10)};
    }
  }
}

/// Walks over a message. After the first thing that is not there, `sound` is false and all that is read is empty.
class Reader {
 public:
  explicit Reader(std::span<const unsigned char> bytes) : bytes_(bytes) {}

  bool sound() const { return sound_; }
  std::size_t position() const { return position_; }

  std::span<const unsigned char> take(std::size_t count) {
    if (!sound_ || count > bytes_.size() - position_) {
      sound_ = false;
      return {};
    }
    position_ += count;
    return bytes_.subspan(position_ - count, count);
  }

  std::uint16_t u16() {
    const auto two = take(2);
    return two.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(two[0] << 8 | two[1]);
  }

  std::uint32_t u32() {
    const std::uint32_t high = u16();
    return high << 16 | u16();
  }

  std::string name() {
    std::string name;
    std::size_t length = 0;
    std::size_t at = position_;
    std::size_t lowest = position_;  // pointers go back only, so that none of them can lead round in a circle
    bool jumped = false;
    while (sound_) {
      if (at >= bytes_.size()) return fail();
      const unsigned char size = bytes_[at];
      if (size >= 0xc0) {
        if (at + 1 >= bytes_.size()) return fail();
        const std::size_t to = static_cast<std::size_t>(size & 0x3f) << 8 | bytes_[at + 1];
        if (!jumped) position_ = at + 2;
        jumped = true;
        if (to >= lowest) return fail();
        at = lowest = to;
        continue;
      }
      length += size + 1u;
      if (size > 63 || length > 255 || at + 1 + size > bytes_.size()) return fail();
      if (size == 0) {
        if (!jumped) position_ = at + 1;
        return name;
      }
      append_label(bytes_.subspan(at + 1, size), name);
      at += 1u + size;
    }
    return {};
  }

 private:
  std::string fail() {
    sound_ = false;
    return {};
  }

  std::span<const unsigned char> bytes_;
  std::size_t position_ = 0;
  bool sound_ = true;
};

std::uint32_t ttl_of(std::uint32_t written) {
  return written > 0x7fffffff ? 0 : written;
}

/// The data of a record, of which `size` bytes are announced. False if the type is not ours, or its data are not sound.
bool read_data(Reader& reader, std::uint16_t type, std::size_t size, DnsRecord& record) {
  switch (static_cast<DnsType>(type)) {
    case DnsType::a: {
      const auto bytes = reader.take(4);
      if (size != 4 || bytes.size() != 4) return false;
      record.address = IpAddress::from_v4(bytes.first<4>()).text();
      return true;
    }
    case DnsType::aaaa: {
      const auto bytes = reader.take(16);
      if (size != 16 || bytes.size() != 16) return false;
      record.address = IpAddress::from_v6(bytes.first<16>()).text();
      return true;
    }
    case DnsType::cname:
      record.target = reader.name();
      return reader.sound();
    case DnsType::srv:
      record.priority = reader.u16();
      record.weight = reader.u16();
      record.port = reader.u16();
      record.target = reader.name();
      return reader.sound();
    case DnsType::soa:
      reader.name();
      reader.name();
      reader.take(16);
      record.ttl = std::min(record.ttl, ttl_of(reader.u32()));
      return reader.sound();
  }
  return false;
}

/// Reads one record; false at the message's end. `keep` is called with what we know how to read.
template <class Keep>
bool read_record(Reader& reader, std::span<const unsigned char> whole, Keep keep) {
  DnsRecord record;
  record.name = reader.name();
  const std::uint16_t type = reader.u16();
  const std::uint16_t dns_class = reader.u16();
  record.ttl = ttl_of(reader.u32());
  const std::uint16_t size = reader.u16();
  const std::size_t begin = reader.position();
  reader.take(size);
  if (!reader.sound()) return false;
  // A name in the data may point anywhere before, so that its reader sees all of the message up to the data's end.
  Reader data(whole.first(begin + size));
  data.take(begin);
  record.type = static_cast<DnsType>(type);
  if (dns_class == kClassInternet && read_data(data, type, size, record)) keep(std::move(record));
  return true;
}

}  // namespace

std::optional<DnsMessage> parse_dns_message(std::span<const unsigned char> bytes) {
  Reader reader(bytes);
  reader.u16();  // the id is c-ares' to compare
  DnsMessage message;
  const std::uint16_t flags = reader.u16();
  constexpr std::uint16_t kIsAnswer = 0x8000;
  message.rcode = flags & 0xf;
  const std::uint16_t questions = reader.u16();
  const std::uint16_t answers = reader.u16();
  const std::uint16_t authorities = reader.u16();
  const std::uint16_t additional = reader.u16();
  if (!reader.sound() || !(flags & kIsAnswer)) return std::nullopt;
  for (unsigned i = 0; i < questions; ++i) {
    reader.name();
    reader.take(4);
    if (!reader.sound()) return std::nullopt;
  }
  for (unsigned i = 0; i < answers; ++i) {
    if (!read_record(reader, bytes, [&](DnsRecord record) { message.answers.push_back(std::move(record)); }))
      return std::nullopt;
  }
  for (unsigned i = 0; i < authorities; ++i) {
    const auto keep = [&](const DnsRecord& record) {
      if (record.type == DnsType::soa) message.negative_ttl = record.ttl;
    };
    if (!read_record(reader, bytes, keep)) return std::nullopt;
  }
  for (unsigned i = 0; i < additional; ++i) {
    if (!read_record(reader, bytes, [&](DnsRecord record) { message.additional.push_back(std::move(record)); }))
      return std::nullopt;
  }
  return message;
}

std::vector<DnsRecord> records_of(const DnsMessage& message, std::string_view name, DnsType type) {
  std::string owner = canonical_dns_name(name);
  std::uint32_t ttl = ~std::uint32_t{0};
  constexpr int kLongestChain = 16;
  for (int i = 0; i < kLongestChain; ++i) {
    const auto alias = std::find_if(message.answers.begin(), message.answers.end(), [&](const DnsRecord& record) {
      return record.type == DnsType::cname && record.name == owner;
    });
    if (alias == message.answers.end()) break;
    owner = alias->target;
    ttl = std::min(ttl, alias->ttl);
  }
  std::vector<DnsRecord> records;
  for (const DnsRecord& record : message.answers) {
    if (record.type != type || record.name != owner) continue;
    records.push_back(record);
    records.back().ttl = std::min(record.ttl, ttl);
  }
  return records;
}

std::string canonical_dns_name(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  std::string result(name);
  std::transform(result.begin(), result.end(), result.begin(), lower);
  return result;
}

}  // namespace penstock::io
