// What nearly every file includes, read once for each library: half of the time to compile one, under the sanitizers.
// Files include what they use all the same; the preset `lint` builds without this.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>
