#include "gateway/deployment/tls_loading.h"

#include <utility>

#include "gateway/io/file.h"

namespace penstock {
namespace {

/// Bundles of authorities have a few hundred KiB.
constexpr std::size_t kFileMax = 8 << 20;

/// What nginx says, in fewer words.
constexpr std::string_view kPlainAnswer =
    "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 53\r\nConnection: close\r\n"
    "\r\nThe plain HTTP request was sent to a port of HTTPS.\r\n";

conf::Problem at(const std::string& from, conf::Mark mark, std::string text) {
  return {from, mark.line, mark.column, std::move(text)};
}

/// Reads the files of one `tls`; what can't be read is a problem at the mark of what names it.
class Reader {
 public:
  Reader(const std::string& from, TlsFindings& found) : from_(from), found_(found) {}

  io::TlsFile read(const std::string& path, conf::Mark mark) {
    if (path.empty()) return {};
    std::string why;
    auto text = io::read_file(path, kFileMax, why);
    if (text) return {path, std::move(*text)};
    found_.problems.push_back(at(from_, mark, path + ": " + why));
    return {path, {}};
  }

 private:
  const std::string& from_;
  TlsFindings& found_;
};

io::ServerTls::Parts parts_of(const conf::ListenerTls& tls, const std::shared_ptr<io::TicketKeys>& tickets,
                              Reader reader) {
  io::ServerTls::Parts parts;
  for (const conf::CertificateFiles& files : tls.certificates) {
    parts.certificates.push_back(
        {reader.read(files.cert, files.mark), reader.read(files.key, files.mark), reader.read(files.ocsp, files.mark)});
  }
  parts.client_ca = reader.read(tls.client_ca, tls.mark);
  parts.clients = static_cast<io::ClientCertificates>(tls.client_certificate);
  parts.min_version = static_cast<io::TlsVersion>(tls.min_version);
  parts.tickets = tickets;
  parts.plain_answer = kPlainAnswer;
  return parts;
}
static_assert(static_cast<int>(conf::ClientCertificate::required) ==
              static_cast<int>(io::ClientCertificates::required));
static_assert(static_cast<int>(conf::ClientCertificate::optional) ==
              static_cast<int>(io::ClientCertificates::optional));
static_assert(static_cast<int>(conf::TlsVersion::v1_3) == static_cast<int>(io::TlsVersion::v1_3));

void report(const std::vector<io::TlsProblem>& problems, const conf::ListenerTls& tls, const std::string& from,
            std::vector<conf::Problem>& out) {
  for (const io::TlsProblem& problem : problems) {
    const bool common = problem.certificate == io::TlsProblem::kNone;
    out.push_back(at(from, common ? tls.mark : tls.certificates[problem.certificate].mark, problem.text));
  }
}

}  // namespace

std::vector<std::string> paths_of(const conf::ListenerTls& tls) {
  std::vector<std::string> paths;
  for (const conf::CertificateFiles& files : tls.certificates) {
    for (const std::string* path : {&files.cert, &files.key, &files.ocsp}) {
      if (!path->empty()) paths.push_back(*path);
    }
  }
  if (!tls.client_ca.empty()) paths.push_back(tls.client_ca);
  return paths;
}

std::vector<io::FileIdentity> identities_of(const std::vector<std::string>& paths) {
  std::vector<io::FileIdentity> identities;
  identities.reserve(paths.size());
  for (const std::string& path : paths) identities.push_back(io::identity_of(path));
  return identities;
}

LoadedTls load_tls(const conf::ListenerTls& tls, const std::shared_ptr<io::TicketKeys>& tickets,
                   const std::string& from, TlsFindings& found) {
  LoadedTls loaded;
  loaded.files = identities_of(paths_of(tls));
  const std::size_t before = found.problems.size();
  const io::ServerTls::Parts parts = parts_of(tls, tickets, Reader(from, found));
  if (found.problems.size() != before) return loaded;
  io::TlsReport told;
  loaded.context = io::ServerTls::make(parts, told);
  report(told.problems, tls, from, found.problems);
  report(told.warnings, tls, from, found.warnings);
  return loaded;
}

TlsContextsPtr load_tls(const conf::Config& config, const std::shared_ptr<io::TicketKeys>& tickets,
                        const std::string& from, TlsFindings& found) {
  auto contexts = std::make_shared<TlsContexts>();
  for (const conf::Listener& listener : config.listeners)
    contexts->listeners.push_back(listener.tls ? load_tls(*listener.tls, tickets, from, found) : LoadedTls());
  if (config.admin && config.admin->tls) contexts->admin = load_tls(*config.admin->tls, tickets, from, found);
  return contexts;
}

}  // namespace penstock
