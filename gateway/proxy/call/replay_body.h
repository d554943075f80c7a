// What has come of a request's body, while it may have to be sent again.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "gateway/http/message.h"

namespace penstock::proxy {

/// Lent with its exchange, and used again.
class ReplayBody {
 public:
  /// A new request, of whose body nothing has come.
  void restart();
  /// Between two requests: no more memory than one at rest may keep.
  void trim();

  /// A piece has come; it is kept while all of it is no longer than `most`, else everything is let go.
  void keep(std::string_view bytes, const http::ChunkPlace& chunk, std::uint64_t most);
  /// What is behind it can't be kept: trailers.
  void cannot_repeat() { whole_ = false; }

  /// All that has come is here, and ends where a chunk does: it can be sent once more.
  bool sendable() const { return whole_ && !mid_chunk_; }
  const std::string& bytes() const { return bytes_; }

 private:
  std::string bytes_;
  bool whole_ = true;
  bool mid_chunk_ = false;  ///< the body so far ends within a chunk
};

}  // namespace penstock::proxy
