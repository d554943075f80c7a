// Any bytes are a PROXY header or none, the same however they were cut; what it tells survives being written again.
#include <cstdio>
#include <cstdlib>

#include "gateway/base/proxy_header.h"

namespace {

using namespace penstock;
using Result = ProxyHeaderReader::Result;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

struct Read {
  Result result = Result::need_more;
  std::size_t size = 0;  ///< once it is done
  std::optional<ProxiedConnection> told;
};

Read read(std::string_view bytes, std::size_t step) {
  ProxyHeaderReader reader;
  Read read;
  for (std::size_t at = 0; at < bytes.size() && read.result == Result::need_more; at += step) {
    const std::string_view piece = bytes.substr(at, step);
    std::string_view left = piece;
    read.result = reader.read(left);
    if (read.result == Result::need_more && !left.empty()) fail("bytes of an unfinished header are left");
    if (read.result == Result::done) read.size = at + piece.size() - left.size();
  }
  read.told = reader.told();
  return read;
}

void must_survive_writing(const ProxiedConnection& told) {
  for (const auto version : {ProxyHeaderVersion::v1, ProxyHeaderVersion::v2}) {
    const std::string written = write_proxy_header(version, told);
    const Read again = read(written, written.size());
    if (again.result != Result::done || again.size != written.size()) fail("what was written is not read");
    // A server that is not known is written in the client's family.
    if (again.told->client != told.client || again.told->client_port != told.client_port) fail("another client");
    if (told.server != IpAddress() && again.told != told) fail("writing changes what is told");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const Read whole = read(bytes, size);
  for (const std::size_t step : {std::size_t{1}, std::size_t{7}}) {
    const Read cut = read(bytes, step);
    if (cut.result != whole.result || cut.size != whole.size || cut.told != whole.told) fail("cutting changes it");
  }
  if (whole.told && whole.result != Result::done) fail("something is told that is not done");
  if (whole.told) must_survive_writing(*whole.told);
  return 0;
}
