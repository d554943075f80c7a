// One exchange of the control plane's HTTP client: its options, and what has come of it. For http_client.cc only.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "gateway/base/deadline_wheel.h"
#include "gateway/io/http_client.h"

struct curl_slist;

namespace penstock::io {

struct EasyFree {
  void operator()(void* easy) const;
};
struct ListFree {
  void operator()(curl_slist* list) const;
};

/// curl's callbacks only note what came; it is told when curl has returned, so that who hears of it may call curl
/// again.
class HttpTransfer {
 public:
  /// If the query can't be asked at all, the transfer has finished.
  HttpTransfer(const HttpQuery& query, const HttpTls& tls, HttpClient::Done done, HttpClient::Piece piece);
  HttpTransfer(const HttpTransfer&) = delete;
  HttpTransfer& operator=(const HttpTransfer&) = delete;

  void* easy() const { return easy_.get(); }
  /// With a CURLcode; 0 is success.
  void end(int code);
  /// The same, for a reason of our own.
  void fail(std::string why);
  bool finished() const { return finished_; }

  bool has_news() const { return moved_ || finished_; }
  /// Whether anything has come since this was asked last.
  bool take_moved() { return std::exchange(moved_, false); }
  /// What has come of a stream, not yet taken.
  std::string take_pieces() { return std::exchange(pieces_, {}); }

  // As curl hands them over: false ends the transfer.
  bool took_field(std::string_view line);
  bool took_body(std::string_view bytes);

  HttpClient::Done done;
  HttpClient::Piece piece;
  HttpAnswer answer;
  bool queued = false;  ///< the client will look at it
  const Nanos silence_timeout;
  Deadline silence = Deadline::of<&HttpTransfer::fell_silent>(this);
  std::function<void()> wake;  ///< called when it has finished without curl

 private:
  void fell_silent();
  bool set_fields(const HttpQuery& query);
  void set_body(const std::string& method);
  int status() const;

  std::unique_ptr<void, EasyFree> easy_;
  std::unique_ptr<curl_slist, ListFree> fields_;
  const std::string body_;  ///< of the request; curl reads it where it is
  const std::size_t max_bytes_;
  std::string pieces_;
  std::size_t field_bytes_ = 0;
  std::string own_error_;  ///< why we have ended it, not curl
  std::string curl_error_;
  bool moved_ = false;
  bool finished_ = false;
};

}  // namespace penstock::io
