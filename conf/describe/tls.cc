// The keys of `tls` and `proxy_protocol`.
#include "conf/describe/collection_shapes.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/http_text.h"
#include "conf/registry_text.h"

namespace penstock::conf {
namespace {

constexpr std::size_t kMostCertificates = 10'000;

ShapeOf<std::string> path_shape() {
  return text_like("^.+$", read_file_path);
}

ShapeOf<TlsVersion> version_shape() {
  return choice<TlsVersion>({{"1.2", TlsVersion::v1_2}, {"1.3", TlsVersion::v1_3}});
}

ShapeOf<CertificateFiles> certificate_shape() {
  auto section = std::make_shared<Section<CertificateFiles>>();
  section->key("cert", &CertificateFiles::cert, path_shape(),
               "A PEM file: the certificate, and behind it those that lead to its authority.", Need::required);
  section->key("key", &CertificateFiles::key, path_shape(), "The certificate's key, a PEM file.", Need::required);
  section->key("ocsp", &CertificateFiles::ocsp, path_shape(),
               "The authority's OCSP answer, a DER file, which is stapled to handshakes.");
  section->completion([](CertificateFiles& files, const Node& node, Problems&) { files.mark = node.mark; });
  return section;
}

void complete(ListenerTls& tls, const Node& node, Problems&) {
  tls.mark = node.mark;
  if (!tls.client_ca.empty() && !node.has("client_certificate")) tls.client_certificate = ClientCertificate::required;
}

void check_clients(const ListenerTls& tls, const Node& node, Problems& problems) {
  if (tls.client_certificate != ClientCertificate::none && tls.client_ca.empty())
    problems.add(node.find("client_certificate")->mark,
                 "client_certificate needs client_ca, which says whom to believe");
}

void check_pair(const UpstreamTls& tls, const Node& node, Problems& problems) {
  if (tls.cert.empty() != tls.key.empty()) problems.add(node.mark, "cert and key belong together; one is missing");
}

}  // namespace

ShapeOf<ListenerTls> listener_tls_shape() {
  const auto asked = choice<ClientCertificate>({{"none", ClientCertificate::none},
                                                {"optional", ClientCertificate::optional},
                                                {"required", ClientCertificate::required}});
  auto section = std::make_shared<Section<ListenerTls>>();
  section->key("certificates", &ListenerTls::certificates,
               list<CertificateFiles>(certificate_shape(), 1, nullptr, kMostCertificates),
               "Chosen by the name that the client asks for; the first for any other.", Need::required);
  section->key("client_ca", &ListenerTls::client_ca, path_shape(),
               "Authorities of clients' certificates, a PEM file. Clients must show one.");
  section->key("client_certificate", &ListenerTls::client_certificate, asked,
               "Whether clients must show one, or only may. Left out: required if there is client_ca, else none.");
  section->key("min_version", &ListenerTls::min_version, version_shape(), "The oldest version that is spoken.");
  section->completion(complete);
  section->rule(check_clients);
  return section;
}

ShapeOf<UpstreamTls> upstream_tls_shape() {
  auto section = std::make_shared<Section<UpstreamTls>>();
  section->key("sni", &UpstreamTls::sni, text_like(R"(^\S+$)", read_instance_host),
               "The name that is asked for, and that the certificate must have. Left out: the endpoint's host.");
  section->key("ca", &UpstreamTls::ca, path_shape(), "Authorities, a PEM file. Left out: the system's.");
  section->key("cert", &UpstreamTls::cert, path_shape(), "A certificate to show, a PEM file; needs key.");
  section->key("key", &UpstreamTls::key, path_shape(), "The certificate's key, a PEM file.");
  section->key("verify", &UpstreamTls::verify, truth(), "false: trust whatever answers. Never in production.");
  section->key("min_version", &UpstreamTls::min_version, version_shape(), "The oldest version that is spoken.");
  section->completion([](UpstreamTls& tls, const Node& node, Problems&) { tls.mark = node.mark; });
  section->rule(check_pair);
  return section;
}

ShapeOf<std::vector<std::string>> networks_shape(std::size_t least) {
  return list<std::string>(text_like(R"(^[0-9a-fA-F:.]+(/[0-9]{1,3})?$)", parse_network), least,
                           [](const std::string& network) { return network; });
}

ShapeOf<ProxyProtocol> proxy_protocol_shape() {
  auto section = std::make_shared<Section<ProxyProtocol>>();
  section->key("from", &ProxyProtocol::from, networks_shape(1),
               "Addresses and networks whose connections begin with it; those of others must not.", Need::required);
  section->key("timeout", &ProxyProtocol::timeout, duration(), "Until it has come; then the connection is closed.");
  return section;
}

}  // namespace penstock::conf
