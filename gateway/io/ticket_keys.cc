#include "gateway/io/ticket_keys.h"

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include <algorithm>
#include <stdexcept>

namespace penstock::io {
namespace {

template <std::size_t N>
void fill(std::array<std::uint8_t, N>& bytes) {
  if (RAND_bytes(bytes.data(), static_cast<int>(N)) != 1) throw std::runtime_error("no random numbers for TLS");
}

TicketKeys::Key new_key() {
  TicketKeys::Key key;
  fill(key.name);
  fill(key.cipher);
  fill(key.mac);
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
