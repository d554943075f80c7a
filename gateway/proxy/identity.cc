#include "gateway/proxy/identity.h"

#include <span>

#include "gateway/http/h1_head.h"
#include "gateway/proxy/client_address.h"

namespace penstock::proxy {

void Identity::learn(const Client& client, const http::RequestHead& head, const CidrSet& trusted,
                     RequestIdGenerator& ids, std::uint64_t unix_ms) {
  tls_ = client.tls;
  certificate_ = client.certificate;
  peer_ip_ = {peer_ip_text_.data(), client.ip.write(peer_ip_text_)};
  client_ip_ = peer_ip_;
  address_ = client.ip;
  request_id_ = {};
  peer_trusted_ = !trusted.empty() && trusted.contains(client.ip);
  if (peer_trusted_) believe(head, client.ip, trusted);
  if (!request_id_.empty()) return;
  ids.next(unix_ms, std::span(id_text_).first<kRequestIdLength>());
  request_id_ = {id_text_.data(), kRequestIdLength};
}

void Identity::believe(const http::RequestHead& head, const IpAddress& peer, const CidrSet& trusted) {
  // The last ones, if there are many: the walk is from the right, and what is furthest left is the least to be
  // believed.
  std::array<std::string_view, 8> values;
  std::size_t first = values.size();
  for (auto field = head.fields.rbegin(); field != head.fields.rend() && first > 0; ++field) {
    const bool tells = field->id == http::FieldId::x_forwarded_for && !http::named_by_connection(head, *field);
    if (tells) values[--first] = field->value;
  }
  address_ = client_address(peer, std::span(values).subspan(first), trusted);
  client_ip_ = {client_ip_text_.data(), address_.write(client_ip_text_)};
  const http::Field* field = head.find(http::FieldId::x_request_id);
  if (!field || !acceptable_request_id(field->value) || http::named_by_connection(head, *field)) return;
  request_id_ = {id_text_.data(), field->value.copy(id_text_.data(), id_text_.size())};
}

}  // namespace penstock::proxy
