// Two texts, line by line.
#pragma once

#include <string>
#include <string_view>

namespace penstock {

/// "- " before lines that only `a` has, "+ " before those that only `b` has, "  " before three lines that both have on
/// either side of them, "..." where more are left out. Empty if they are the same. The fewest changes, unless
/// there are thousands of lines between the first and the last that differ: then all of those.
std::string line_diff(std::string_view a, std::string_view b);

}  // namespace penstock
