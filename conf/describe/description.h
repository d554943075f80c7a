// The description of the file: every key with its type, bounds, default and meaning, in one place.
#pragma once

#include "conf/describe/draft.h"
#include "conf/describe/shape.h"

namespace penstock::conf {

/// The shape of the whole file. Made once; thread-safe.
const Shape<Draft>& file_shape();

}  // namespace penstock::conf
