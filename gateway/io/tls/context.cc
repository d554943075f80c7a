#include "gateway/io/tls/context.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

#include <array>
#include <ctime>
#include <map>
#include <new>
#include <optional>

#include "gateway/io/tls/pem.h"
#include "gateway/io/tls/settings.h"

namespace penstock::io {
namespace {

constexpr std::size_t kLongestName = 255;  // RFC 1035

/// Where a certificate keeps its OCSP answer, which is chosen when the certificate has been.
int ocsp_index() {
  static const int index = X509_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int choose_by_name(SSL* ssl, int*, void* tls) {
  const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
  if (!name) return SSL_TLSEXT_ERR_NOACK;
  SSL_CTX* context = static_cast<const ServerTls*>(tls)->find(name);
  if (!context) return SSL_TLSEXT_ERR_NOACK;
  if (context != SSL_get_SSL_CTX(ssl)) SSL_set_SSL_CTX(ssl, context);
  return SSL_TLSEXT_ERR_OK;
}

int choose_protocol(SSL*, const unsigned char** out, unsigned char* out_size, const unsigned char* in,
                    unsigned int in_size, void*) {
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, out_size, kAlpn, kAlpnSize, in, in_size) != OPENSSL_NPN_NEGOTIATED)
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

int staple(SSL* ssl, void*) {
  const auto* answer = static_cast<const std::string*>(X509_get_ex_data(SSL_get_certificate(ssl), ocsp_index()));
  if (!answer) return SSL_TLSEXT_ERR_NOACK;
  auto* copy = static_cast<unsigned char*>(OPENSSL_memdup(answer->data(), answer->size()));
  if (!copy) return SSL_TLSEXT_ERR_NOACK;
  SSL_set_tlsext_status_ocsp_resp(ssl, copy, static_cast<long>(answer->size()));
  return SSL_TLSEXT_ERR_OK;
}

STACK_OF(X509) * chain_of(const std::vector<X509Ptr>& certificates) {
  STACK_OF(X509)* chain = sk_X509_new_null();
  for (std::size_t i = 1; i < certificates.size(); ++i) sk_X509_push(chain, certificates[i].get());
  return chain;
}

/// Empty if OpenSSL takes the pair; its reason otherwise (a key that is too short, say).
std::string use_pair(SSL_CTX* context, const std::vector<X509Ptr>& certificates, EVP_PKEY* key) {
  ERR_clear_error();
  STACK_OF(X509)* chain = chain_of(certificates);
  const int taken = SSL_CTX_use_cert_and_key(context, certificates.front().get(), key, chain, 1);
  sk_X509_free(chain);
  return taken == 1 ? std::string() : take_openssl_reason();
}

std::string trust(SSL_CTX* context, const std::vector<X509Ptr>& authorities) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const X509Ptr& authority : authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1) return take_openssl_reason();
  }
  // Whom the file names is trusted, also if somebody else has signed for it.
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

}  // namespace

void SslContextFree::operator()(ssl_ctx_st* context) const {
  SSL_CTX_free(context);
}

// ---- the server's side

struct ServerTls::Loaded {
  std::vector<X509Ptr> certificates;
  PrivateKeyPtr key;
  std::string ocsp;
  std::vector<std::string> names;
};

/// Reads all files first, then makes a context for each set of certificates that share a name.
class ServerTls::Maker {
 public:
  Maker(ServerTls& tls, const Parts& parts, TlsReport& report) : tls_(tls), parts_(parts), report_(report) {}

  void make() {
    tls_.loaded_.resize(parts_.certificates.size());
    for (std::size_t i = 0; i < parts_.certificates.size(); ++i) load(i);
    if (parts_.clients != ClientCertificates::none) load_authorities();
    if (!report_.problems.empty()) return;
    choose_names();
    set_default();
  }

 private:
  /// Certificates of one name, in their order, one of each kind of key.
  using Set = std::vector<std::size_t>;

  void problem(std::size_t certificate, std::string text) {
    report_.problems.push_back({certificate, std::move(text)});
  }

  void load(std::size_t i) {
    const Certificate& files = parts_.certificates[i];
    Loaded& loaded = tls_.loaded_[i];
    std::string why;
    loaded.certificates = read_certificates(files.cert, why);
    if (loaded.certificates.empty()) return problem(i, why);
    loaded.key = read_private_key(files.key, why);
    if (!loaded.key) return problem(i, why);
    X509* const own = loaded.certificates.front().get();
    if (X509_check_private_key(own, loaded.key.get()) != 1) {
      ERR_clear_error();
      return problem(i, files.key.path + ": the key does not belong to the certificate in " + files.cert.path);
    }
    loaded.names = host_names_of(own);
    loaded.ocsp = files.ocsp.text;
    if (!loaded.ocsp.empty()) X509_set_ex_data(own, ocsp_index(), &loaded.ocsp);
    tell_facts(i, own);
  }

  void tell_facts(std::size_t i, X509* own) {
    const std::string& path = parts_.certificates[i].cert.path;
    const std::int64_t until = unix_seconds(X509_get0_notAfter(own));
    const auto& names = tls_.loaded_[i].names;
    tls_.facts_.push_back({path, names.empty() ? name_text(X509_get_subject_name(own)) : names.front(), until});
    const std::int64_t now = std::time(nullptr);
    if (until < now) report_.warnings.push_back({i, path + ": the certificate has expired"});
    if (unix_seconds(X509_get0_notBefore(own)) > now)
      report_.warnings.push_back({i, path + ": the certificate is not valid yet"});
  }

  void load_authorities() {
    std::string why;
    authorities_ = read_certificates(parts_.client_ca, why);
    if (authorities_.empty()) problem(TlsProblem::kNone, why);
  }

  void choose_names() {
    std::map<std::string, Set> by_name;
    for (std::size_t i = 0; i < tls_.loaded_.size(); ++i) {
      bool used = tls_.loaded_[i].names.empty();
      for (const std::string& name : tls_.loaded_[i].names) used |= add(by_name[name], i);
      if (!used && i > 0)
        report_.warnings.push_back({i, parts_.certificates[i].cert.path + ": never used, those before it have all its "
                                                                          "names and a key of its kind"});
    }
    for (const auto& [name, set] : by_name) tls_.by_name_.emplace(name, context_for(set));
  }

  /// False if there is one of its kind.
  bool add(Set& set, std::size_t i) {
    for (const std::size_t other : set) {
      if (EVP_PKEY_get_base_id(tls_.loaded_[other].key.get()) == EVP_PKEY_get_base_id(tls_.loaded_[i].key.get()))
        return other == i;
    }
    set.push_back(i);
    return true;
  }

  void set_default() {
    const auto& names = tls_.loaded_.front().names;
    tls_.default_ = names.empty() ? context_for({0}) : tls_.by_name_.at(names.front());
  }

  SSL_CTX* context_for(const Set& set) {
    SSL_CTX*& known = by_set_[set];
    if (known) return known;
    SslContextPtr context = new_ssl_context(TLS_server_method(), parts_.min_version);
    known = context.get();
    tls_.contexts_.emplace_back(context.release());
    for (const std::size_t i : set) {
      const std::string why = use_pair(known, tls_.loaded_[i].certificates, tls_.loaded_[i].key.get());
      if (!why.empty()) problem(i, parts_.certificates[i].cert.path + ": " + why);
    }
    set_callbacks(known);
    set_resumption(known);
    ask_clients(known);
    return known;
  }

  void set_callbacks(SSL_CTX* context) {
    SSL_CTX_set_app_data(context, &tls_);
    SSL_CTX_set_tlsext_servername_callback(context, choose_by_name);
    SSL_CTX_set_tlsext_servername_arg(context, &tls_);
    SSL_CTX_set_alpn_select_cb(context, choose_protocol, nullptr);
    SSL_CTX_set_tlsext_status_cb(context, staple);
  }

  /// By tickets alone, which any worker can open. A session is resumed only under the rule for clients' certificates
  /// that it began under: else it would be a way around another listener's (CVE-2025-23419).
  void set_resumption(SSL_CTX* context) {
    SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_timeout(context, static_cast<long>(TicketKeys::kTicketLife / kNanosPerSecond));
    SSL_CTX_set_tlsext_ticket_key_evp_cb(context, seal_ticket);
    const std::string rule = std::to_string(static_cast<int>(parts_.clients)) + parts_.client_ca.text;
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest;
    unsigned int size = 0;
    EVP_Digest(rule.data(), rule.size(), digest.data(), &size, EVP_sha256(), nullptr);
    SSL_CTX_set_session_id_context(context, digest.data(), size);
  }

  void ask_clients(SSL_CTX* context) {
    if (parts_.clients == ClientCertificates::none) return;
    const bool required = parts_.clients == ClientCertificates::required;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
    const std::string why = trust(context, authorities_);
    if (!why.empty()) problem(TlsProblem::kNone, parts_.client_ca.path + ": " + why);
    for (const X509Ptr& authority : authorities_) SSL_CTX_add_client_CA(context, authority.get());
  }

  ServerTls& tls_;
  const Parts& parts_;
  TlsReport& report_;
  std::vector<X509Ptr> authorities_;
  std::map<Set, SSL_CTX*> by_set_;
};

ServerTls::ServerTls() = default;
ServerTls::~ServerTls() = default;

ServerTlsPtr ServerTls::make(const Parts& parts, TlsReport& report) {
  std::shared_ptr<ServerTls> tls(new ServerTls());
  tls->clients_ = parts.clients;
  tls->tickets_ = parts.tickets;
  tls->plain_answer_ = parts.plain_answer;
  Maker(*tls, parts, report).make();
  if (!report.problems.empty()) return nullptr;
  return tls;
}

ssl_ctx_st* ServerTls::find(std::string_view name) const {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (name.empty() || name.size() > kLongestName) return nullptr;
  std::string lower(name);
  for (char& c : lower) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  if (const auto found = by_name_.find(lower); found != by_name_.end()) return found->second;
  const std::size_t dot = lower.find('.');
  if (dot == lower.npos) return nullptr;
  const auto found = by_name_.find("*" + lower.substr(dot));
  return found == by_name_.end() ? nullptr : found->second;
}

// ---- the client's side

namespace {

void use_client_pair(SSL_CTX* context, const ClientTls::Parts& parts, TlsReport& report) {
  const auto problem = [&](std::string text) { report.problems.push_back({TlsProblem::kNone, std::move(text)}); };
  std::string why;
  const std::vector<X509Ptr> certificates = read_certificates(parts.cert, why);
  if (certificates.empty()) return problem(why);
  const PrivateKeyPtr key = read_private_key(parts.key, why);
  if (!key) return problem(why);
  if (X509_check_private_key(certificates.front().get(), key.get()) != 1)
    return problem(parts.key.path + ": the key does not belong to the certificate in " + parts.cert.path);
  why = use_pair(context, certificates, key.get());
  if (!why.empty()) return problem(parts.cert.path + ": " + why);
  if (unix_seconds(X509_get0_notAfter(certificates.front().get())) < std::time(nullptr))
    report.warnings.push_back({TlsProblem::kNone, parts.cert.path + ": the certificate has expired"});
}

void trust_for_client(SSL_CTX* context, const ClientTls::Parts& parts, TlsReport& report) {
  if (parts.ca.path.empty()) {
    SSL_CTX_set_default_verify_paths(context);
    return;
  }
  std::string why;
  const std::vector<X509Ptr> authorities = read_certificates(parts.ca, why);
  if (!authorities.empty()) {
    why = trust(context, authorities);
    if (!why.empty()) why = parts.ca.path + ": " + why;
  }
  if (!why.empty()) report.problems.push_back({TlsProblem::kNone, why});
}

}  // namespace

std::string ClientTls::system_authorities() {
  const char* const told = std::getenv(X509_get_default_cert_file_env());
  return told && *told ? told : X509_get_default_cert_file();
}

ClientTlsPtr ClientTls::make(const Parts& parts, TlsReport& report) {
  std::shared_ptr<ClientTls> tls(new ClientTls());
  SslContextPtr context = new_ssl_context(TLS_client_method(), parts.min_version);
  tls->verify_ = parts.verify;
  SSL_CTX_set_verify(context.get(), parts.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  if (parts.verify) trust_for_client(context.get(), parts, report);
  if (!parts.cert.path.empty()) use_client_pair(context.get(), parts, report);
  constexpr unsigned int kOffered = 9;  // http/1.1 alone
  SSL_CTX_set_alpn_protos(context.get(), kAlpn, kOffered);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context.get(), keep_session);
  tls->context_.reset(context.release());
  if (!report.problems.empty()) return nullptr;
  return tls;
}

void ResumableSession::keep(ssl_session_st* session) {
  SSL_SESSION_free(session_);
  session_ = session;
}

}  // namespace penstock::io
