// The list of endpoints on disk: as it stands there, and as if its digest were right, so that what is behind it is
// read.
#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "discovery/saved_list.h"
#include "gateway/io/hmac.h"

namespace {

std::string with_digest(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string whole = "penstock-endpoints 1 ";
  for (const std::uint8_t byte : penstock::io::hmac_sha256("penstock-endpoints", text)) {
    whole += kDigits[byte >> 4];
    whole += kDigits[byte & 15];
  }
  return whole + "\n" + std::string(text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace penstock::discovery;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string why;
  (void)decode(text, why);
  const auto list = decode(with_digest(text), why);
  if (!list) return 0;
  const auto again = decode(encode(*list), why);
  if (!again || again->instances != list->instances) __builtin_trap();
  return 0;
}
