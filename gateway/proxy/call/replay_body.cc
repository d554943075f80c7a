#include "gateway/proxy/call/replay_body.h"

#include "gateway/base/release.h"

namespace penstock::proxy {
namespace {

/// A larger buffer is not kept for the next request.
constexpr std::size_t kKept = 16 << 10;

}  // namespace

void ReplayBody::restart() {
  bytes_.clear();
  whole_ = true;
  mid_chunk_ = false;
}

void ReplayBody::trim() {
  if (bytes_.capacity() > kKept) release(bytes_);
}

void ReplayBody::keep(std::string_view bytes, const http::ChunkPlace& chunk, std::uint64_t most) {
  mid_chunk_ = chunk.size != 0 && chunk.offset + bytes.size() < chunk.size;
  if (!whole_) return;
  whole_ = bytes_.size() + bytes.size() <= most;
  if (whole_) {
    bytes_.append(bytes);
  } else {
    bytes_.clear();
  }
}

}  // namespace penstock::proxy
