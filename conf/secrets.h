// Texts that people read (logs, messages of -t, pages) quote what others have written, and that may hold a secret.
#pragma once

#include <string>
#include <string_view>

namespace penstock::conf {

/// What stands for a secret wherever one is not shown.
inline constexpr const char* kHidden = "***";

/// The text with kHidden in place of what passes for a secret, and all else as it is:
///
///   http://user:password@host          the user part, with a scheme or without; percent-encoded, too
///   token=…  "password": "…"           the value of a parameter or member that is named like a credential
///   Bearer …  Basic …                  what follows
///
/// Where it is unclear how far a secret reaches, it is taken to reach further. Applied again it changes nothing. Pure.
std::string hide_secrets(std::string_view text);

}  // namespace penstock::conf
