#include "gateway/proxy/call/attempt.h"

#include "gateway/proxy/call/upstream_call.h"

namespace penstock::proxy {

void Attempt::clear() {
  started_ = sent_ = first_byte_ = 0;
  peer_.clear();
}

bool Attempt::begin(upstream::Cluster& cluster, http::Method method, const upstream::Choice& choice, Nanos now,
                    upstream::Refusal& refusal) {
  started_ = now;
  sent_ = first_byte_ = 0;
  lease_ = cluster.lease(*this, method, choice, refusal);
  if (!lease_) return false;
  peer_ = lease_.endpoint().address_text();
  return true;
}

void Attempt::send_end(std::span<const http::Field> trailers, Nanos head_timeout, Nanos now) {
  sent_ = now;
  lease_->send_end(trailers, head_timeout);
}

/// How long the endpoint has had to answer: not while the client was still sending.
Nanos Attempt::waited(Nanos now) const {
  return now - (sent_ ? sent_ : started_);
}

// ---- what comes; nothing may follow the calls, for its owner may have gone on to its next request

void Attempt::on_ready() {
  call_.on_ready(*this);
}

void Attempt::on_interim(const http::ResponseHead& head) {
  call_.on_interim(head);
}

void Attempt::on_switch(const http::ResponseHead& head) {
  call_.on_switch(*this, head);
}

void Attempt::on_answer_head(const http::ResponseHead& head) {
  call_.on_answer_head(*this, head);
}

void Attempt::on_answer_body(std::string_view bytes) {
  call_.on_answer_body(bytes);
}

void Attempt::on_answer_end(std::span<const http::Field> trailers) {
  call_.on_answer_end(trailers);
}

void Attempt::on_tunnel_end() {
  call_.on_tunnel_end();
}

void Attempt::on_failed(const upstream::Failure& failure) {
  call_.on_failed(*this, failure);
}

void Attempt::on_request_congested() {
  call_.on_congested();
}

void Attempt::on_request_drained() {
  call_.on_drained();
}

}  // namespace penstock::proxy
