// HTTP requests of the control plane: to registries, never to endpoints. libcurl's multi interface on a loop.
//
// No redirects, no proxies, nothing but HTTP/1.1, TLS 1.2 or later. What users send goes through gateway/proxy; this is
// for a few requests a second, where completeness counts (TLS, chunked streams, keep-alive) and speed does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gateway/base/deadline_wheel.h"

namespace penstock::io {

class Loop;

struct HttpTls {
  std::string ca;    ///< path of a PEM file; empty: the system's authorities
  std::string cert;  ///< with `key`: paths of PEM files
  std::string key;
  bool verify = true;
};

struct HttpQuery {
  std::string method = "GET";
  std::string url;                                            ///< http:// or https://
  std::vector<std::pair<std::string, std::string>> fields{};  ///< name, value
  std::string body{};
  Nanos connect_timeout = 2 * kNanosPerSecond;
  Nanos timeout = 10 * kNanosPerSecond;  ///< of the whole exchange; 0: none (a stream)
  Nanos silence_timeout = 0;             ///< no byte for so long; 0: none
  std::size_t max_bytes = 64 << 20;      ///< a longer body is an error, unless it is streamed
};

struct HttpAnswer {
  int status = 0;                                             ///< 0: there was no (whole) answer
  std::string error{};                                        ///< why not; empty otherwise
  std::vector<std::pair<std::string, std::string>> fields{};  ///< names in lower case
  std::string body{};                                         ///< empty if it was streamed

  /// The first value of a field, by its name in lower case; empty if there is none.
  std::string_view get(std::string_view name) const;
};

/// A request under way. Destroyed, it is cancelled, and nothing is called back any more.
class HttpRequest {
 public:
  virtual ~HttpRequest() = default;
};

/// Belongs to the loop's thread; outlives its requests. Callbacks come from the loop, never from within fetch(), and
/// may destroy the request.
class HttpClient {
 public:
  explicit HttpClient(Loop& loop, HttpTls tls = {});
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  using Done = std::function<void(HttpAnswer answer)>;
  /// A piece of the body, as it comes; only of answers with status 200.
  using Piece = std::function<void(std::string_view bytes)>;
  [[nodiscard]] std::unique_ptr<HttpRequest> fetch(const HttpQuery& query, Done done, Piece piece = nullptr);

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared with calls under way
};

}  // namespace penstock::io
