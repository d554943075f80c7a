// One try of a request at one endpoint: its stream, when what happened, and what is learned of the endpoint from it.
#pragma once

#include <span>
#include <string>

#include "gateway/upstream/cluster.h"

namespace penstock::proxy {

class UpstreamCall;

/// A part of its call, which is told whatever comes, with this attempt beside it. Used for one try after another.
/// Times are Loop::now().
class Attempt final : private upstream::RequestStreamHandler {
 public:
  explicit Attempt(UpstreamCall& call) : call_(call) {}

  /// As if nothing had been tried.
  void clear();
  /// A new try, in place of the last one. False if no stream is to be had, and why in `refusal`.
  bool begin(upstream::Cluster& cluster, http::Method method, const upstream::Choice& choice, Nanos now,
             upstream::Refusal& refusal);
  /// The stream is given back: cancelled, unless the answer has been read to its end. The times and the peer stay.
  void drop() { lease_.reset(); }

  /// Between begin() and drop().
  bool under_way() const { return static_cast<bool>(lease_); }

  // ---- while it is under way
  upstream::RequestStream& stream() { return lease_.stream(); }
  const upstream::RequestStream& stream() const { return lease_.stream(); }
  const upstream::EndpointPool& endpoint() const { return lease_.endpoint(); }
  /// The whole request has been handed to the stream. From here on the endpoint's time counts.
  void send_end(std::span<const http::Field> trailers, Nanos head_timeout, Nanos now);
  /// Its answer is the one that is passed on.
  void note_answer(Nanos now) { first_byte_ = now; }

  // What it met: upstream::Lease.
  void answered(int status, bool overload, Nanos now) { lease_.answered(status, overload, waited(now)); }
  void failed(const upstream::Failure& failure, AttemptPhase phase, Nanos now) {
    lease_.failed(failure, phase, waited(now));
  }
  void abandoned(Nanos now) { lease_.abandoned(client_is_sending() ? 0 : waited(now)); }

  // ---- also when it is over
  Nanos started() const { return started_; }
  Nanos sent() const { return sent_; }              ///< 0: the request was never complete
  Nanos first_byte() const { return first_byte_; }  ///< 0: no answer was passed on
  const std::string& peer() const { return peer_; }

 private:
  // ---- upstream::RequestStreamHandler
  void on_ready() override;
  void on_interim(const http::ResponseHead& head) override;
  void on_switch(const http::ResponseHead& head) override;
  void on_answer_head(const http::ResponseHead& head) override;
  void on_answer_body(std::string_view bytes) override;
  void on_answer_end(std::span<const http::Field> trailers) override;
  void on_tunnel_end() override;
  void on_failed(const upstream::Failure& failure) override;
  void on_request_congested() override;
  void on_request_drained() override;

  Nanos waited(Nanos now) const;
  bool client_is_sending() const { return sent_ == 0 && stream().ready(); }

  UpstreamCall& call_;
  upstream::Lease lease_;
  Nanos started_ = 0;
  Nanos sent_ = 0;
  Nanos first_byte_ = 0;
  std::string peer_;  ///< the endpoint of the last try that had a stream
};

}  // namespace penstock::proxy
