#include "gateway/io/tls/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

namespace penstock::io {
namespace {

template <std::size_t N>
void fill_at_random(std::array<std::uint8_t, N>& bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(N)) != 1) throw std::runtime_error("no random numbers for TLS");
}

TicketKeys::Key new_key() {
  TicketKeys::Key key;
  fill_at_random(key.name);
  fill_at_random(key.cipher);
  fill_at_random(key.mac);
  return key;
}

}  // namespace

TicketKeys::Key::~Key() {
  OPENSSL_cleanse(cipher.data(), cipher.size());
  OPENSSL_cleanse(mac.data(), mac.size());
}

TicketKeys::TicketKeys(Nanos now) : newest_since_(now) {
  keys_[0] = new_key();
}

TicketKeys::Key TicketKeys::newest(Nanos now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  return *keys_[0];
}

std::optional<TicketKeys::Found> TicketKeys::find(const std::uint8_t* name, Nanos now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  for (std::size_t i = 0; i < kKept; ++i) {
    if (keys_[i] && std::equal(keys_[i]->name.begin(), keys_[i]->name.end(), name)) return Found{*keys_[i], i == 0};
  }
  return std::nullopt;
}

/// The time, by the steady clock that all processes of a machine share, and the keys, the newest first.
std::string TicketKeys::memory() {
  const std::lock_guard lock(mutex_);
  std::string bytes(reinterpret_cast<const char*>(&newest_since_), sizeof(newest_since_));
  const auto add = [&](const auto& part) { bytes.append(reinterpret_cast<const char*>(part.data()), part.size()); };
  for (std::size_t i = 0; i < kKept && keys_[i]; ++i) {
    add(keys_[i]->name);
    add(keys_[i]->cipher);
    add(keys_[i]->mac);
  }
  return bytes;
}

void TicketKeys::recall(std::string_view memory) {
  constexpr std::size_t kKeyBytes = sizeof(Key::name) + sizeof(Key::cipher) + sizeof(Key::mac);
  if (memory.size() < sizeof(newest_since_) + kKeyBytes || (memory.size() - sizeof(newest_since_)) % kKeyBytes != 0)
    return;
  const auto take = [&](auto* to, std::size_t size) {
    std::memcpy(to, memory.data(), size);
    memory.remove_prefix(size);
  };
  const std::lock_guard lock(mutex_);
  take(&newest_since_, sizeof(newest_since_));
  keys_ = {};
  for (std::size_t i = 0; i < kKept && !memory.empty(); ++i) {
    Key& key = keys_[i].emplace(Key{});
    take(key.name.data(), key.name.size());
    take(key.cipher.data(), key.cipher.size());
    take(key.mac.data(), key.mac.size());
  }
}

/// By as many places as periods have passed.
void TicketKeys::rotate(Nanos now) {
  for (std::size_t i = 0; i < kKept && now >= newest_since_ + kPeriod; ++i) {
    std::move_backward(keys_.begin(), keys_.end() - 1, keys_.end());
    keys_[0] = new_key();
    newest_since_ += kPeriod;
  }
  if (now >= newest_since_ + kPeriod) newest_since_ = now;
}

}  // namespace penstock::io
