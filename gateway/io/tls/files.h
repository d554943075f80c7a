// What contexts of TLS are made from, and what is told of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace penstock::io {

/// A file that was read before. The path is for messages; keys are nowhere written out.
struct TlsFile {
  std::string path;
  std::string text;
  friend bool operator==(const TlsFile&, const TlsFile&) = default;
};

enum class TlsVersion : std::uint8_t { v1_2, v1_3 };

/// Whether clients show a certificate: those that do must have a valid one.
enum class ClientCertificates : std::uint8_t { none, optional, required };

/// What is wrong with a file, or what one should know of it. The text begins with the file's path.
struct TlsProblem {
  /// Which of the certificates; kNone for what they have in common.
  std::size_t certificate = kNone;
  std::string text;
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);
};

struct TlsReport {
  std::vector<TlsProblem> problems;
  std::vector<TlsProblem> warnings;  ///< nothing is refused for them: a certificate has expired, or is never used
};

}  // namespace penstock::io
