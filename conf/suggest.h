// "Did you mean": the known word that is nearest to a misspelt one.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace penstock::conf {

/// Insertions, deletions, replacements and swaps of neighbours that turn one into the other (optimal string alignment).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// ` (did you mean "X"?)`, or "" if nothing known is near: at most one edit in three letters.
std::string did_you_mean(std::string_view word, const std::vector<std::string>& known);

}  // namespace penstock::conf
