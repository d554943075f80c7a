#include "tests/support/etcd_server.h"

#include "tests/support/http_call.h"

namespace penstock::e2e {

EtcdServer::EtcdServer(const EtcdTls& tls) : scheme_(tls.cert.empty() ? "http://" : "https://") {
  if (!tls.cert.empty()) {
    ctl_tls_ = {"--cacert", tls.ca, "--cert", tls.client_cert, "--key", tls.client_key};
  }
  const std::string peer = "http://" + peer_port_.address();
  std::vector<std::string> arguments = {kProgram,
                                        "--name",
                                        "test",
                                        "--data-dir",
                                        dir_.path("data"),
                                        "--listen-client-urls",
                                        url(),
                                        "--advertise-client-urls",
                                        url(),
                                        "--listen-peer-urls",
                                        peer,
                                        "--initial-advertise-peer-urls",
                                        peer,
                                        "--initial-cluster",
                                        "test=" + peer,
                                        "--heartbeat-interval",
                                        "50",
                                        "--election-timeout",
                                        "500",
                                        "--logger",
                                        "zap",
                                        "--log-level",
                                        "error"};
  if (!tls.cert.empty()) {
    for (const std::string& each : {"--cert-file=" + tls.cert, "--key-file=" + tls.key, "--trusted-ca-file=" + tls.ca,
                                    std::string("--client-cert-auth")}) {
      arguments.push_back(each);
    }
  }
  server_ = std::make_unique<RealServer>(arguments, [this] {
    if (scheme_ == "http://") return http_call(port(), "GET", "/health").body.find("true") != std::string::npos;
    ctl({"get", "no such key"});
    return true;
  });
  server_->start();
}

std::string EtcdServer::ctl(const std::vector<std::string>& arguments) const {
  std::vector<std::string> all = {"etcdctl", "--endpoints", url()};
  all.insert(all.end(), ctl_tls_.begin(), ctl_tls_.end());
  if (!user_.empty()) all.insert(all.end(), {"--user", user_});
  all.insert(all.end(), arguments.begin(), arguments.end());
  Process etcdctl(all, {"ETCDCTL_API=3"});
  if (etcdctl.exit_code() != 0) throw HarnessError("etcdctl " + arguments[0] + " fails: " + etcdctl.err().all());
  return etcdctl.out().all();
}

}  // namespace penstock::e2e
