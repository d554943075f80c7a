// Hosts and paths in the one spelling in which they are compared.
#pragma once

#include <array>
#include <string>
#include <string_view>

namespace penstock::routing {

/// A path or a pattern as it is compared: percent-encoded bytes decoded, runs of "/" merged to one. "%2F" stays, in
/// upper case, for it is part of a segment and never a separator; so does "%25", so that "%252F" isn't taken for it.
///
/// The path must be valid: no bad percent-encoding, no dot segments. What doesn't begin with "/" (OPTIONS *) is left
/// as it is.
class CanonicalPath {
 public:
  /// `raw` must outlive this. Allocates only for a path that has something to change and is longer than the buffer.
  explicit CanonicalPath(std::string_view raw);
  CanonicalPath(const CanonicalPath&) = delete;
  CanonicalPath& operator=(const CanonicalPath&) = delete;

  std::string_view view() const { return view_; }

 private:
  std::string_view view_;
  std::string long_;
  std::array<char, 2048> buffer_;  // left uninitialised: mostly not used
};

/// The host of an authority ("Example.COM.:8080") as it is compared: lower case, without port and trailing dot
/// ("example.com"). IPv6 literals keep their brackets, and are compared as text. Empty if it is longer than a DNS name
/// can be (255 bytes).
class CanonicalHost {
 public:
  explicit CanonicalHost(std::string_view authority);
  CanonicalHost(const CanonicalHost&) = delete;
  CanonicalHost& operator=(const CanonicalHost&) = delete;

  std::string_view view() const { return {buffer_.data(), size_}; }

 private:
  std::size_t size_ = 0;
  std::array<char, 255> buffer_;  // only the first size_ bytes are initialised
};

}  // namespace penstock::routing
