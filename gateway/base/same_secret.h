// Comparing secrets.
#pragma once

#include <string_view>

namespace penstock {

/// Takes as long for a guess that is nearly right as for any other of its length: the time tells nothing of the secret
/// but, perhaps, its length.
inline bool same_secret(std::string_view guess, std::string_view secret) {
  if (secret.empty()) return guess.empty();
  volatile unsigned char differs = guess.size() != secret.size();
  for (std::size_t i = 0; i < guess.size(); ++i)
    differs = static_cast<unsigned char>(differs | (guess[i] ^ secret[i % secret.size()]));
  return differs == 0;
}

}  // namespace penstock
