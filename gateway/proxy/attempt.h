// One try of a request at one endpoint: its connection, when what happened, and what is learned of the endpoint from
// it.
#pragma once

#include <span>
#include <string>

#include "gateway/upstream/cluster.h"

namespace penstock::proxy {

class Exchange;

/// A part of its exchange, which is told whatever comes, with this attempt beside it. Used for one try after another.
/// Times are Loop::now().
class Attempt final : private upstream::AttemptHandler {
 public:
  explicit Attempt(Exchange& exchange) : exchange_(exchange) {}

  /// As if nothing had been tried.
  void clear();
  /// A new try, in place of the last one. False if no connection is to be had, and why in `refusal`.
  bool begin(upstream::Cluster& cluster, http::Method method, const upstream::Choice& choice, Nanos now,
             upstream::Refusal& refusal);
  /// The connection is given back: closed, unless the answer has been read to its end. The times and the peer stay.
  void drop() { lease_.reset(); }

  /// Between begin() and drop().
  bool under_way() const { return static_cast<bool>(lease_); }

  // ---- while it is under way
  upstream::Connection& connection() { return *lease_.operator->(); }
  const upstream::Connection& connection() const { return *lease_.operator->(); }
  const upstream::EndpointPool& endpoint() const { return lease_.endpoint(); }
  /// The whole request has been handed to the connection. From here on the endpoint's time counts.
  void send_end(std::span<const http::Field> trailers, Nanos head_timeout, Nanos now);
  /// Its answer is the one that is passed on.
  void note_answer(Nanos now) { first_byte_ = now; }

  // What it met: upstream::Lease.
  void answered(int status, bool overload, Nanos now) { lease_.answered(status, overload, waited(now)); }
  void failed(Nanos now) { lease_.failed(waited(now)); }
  void abandoned(Nanos now) { lease_.abandoned(waited(now)); }

  // ---- also when it is over
  Nanos started() const { return started_; }
  Nanos sent() const { return sent_; }              ///< 0: the request was never complete
  Nanos first_byte() const { return first_byte_; }  ///< 0: no answer was passed on
  const std::string& peer() const { return peer_; }

 private:
  // ---- upstream::AttemptHandler
  void on_connected() override;
  void on_interim(const http::ResponseHead& head) override;
  void on_switch(const http::ResponseHead& head) override;
  void on_answer_head(const http::ResponseHead& head) override;
  void on_answer_body(std::string_view bytes) override;
  void on_answer_end(std::span<const http::Field> trailers) override;
  void on_tunnel_end() override;
  void on_attempt_failed(ErrorKind kind, const char* detail) override;
  void on_upstream_congested() override;
  void on_upstream_drained() override;

  Nanos waited(Nanos now) const;

  Exchange& exchange_;
  upstream::Lease lease_;
  Nanos started_ = 0;
  Nanos sent_ = 0;
  Nanos first_byte_ = 0;
  std::string peer_;  ///< the endpoint of the last try that had a connection
};

}  // namespace penstock::proxy
