#include "tests/support/gateway.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <sstream>

#include "tests/support/client.h"

namespace penstock::e2e {
namespace {

/// The port of "… http://127.0.0.1:43211" or "… http://[::1]:43211".
std::uint16_t port_in(const std::string& line) {
  return static_cast<std::uint16_t>(std::strtoul(line.c_str() + line.find_last_of(':') + 1, nullptr, 10));
}

std::string with_comma(const std::string& part) {
  return part.empty() ? "" : ", " + part;
}

}  // namespace

std::string gateway_yaml(const std::string& endpoint, const Additions& additions) {
  return gateway_yaml(std::vector<std::string>{"\"" + endpoint + "\""}, additions);
}

std::string gateway_yaml(const std::vector<std::string>& endpoints, const Additions& additions) {
  std::ostringstream yaml;
  if (additions.top.find("workers:") == std::string::npos) yaml << "workers: 1\n";
  yaml << "listeners:\n  - { bind: \"127.0.0.1:0\"" << with_comma(additions.listener) << " }\n"
       << "admin: { bind: \"127.0.0.1:0\" }\n";
  if (additions.top.find("drain_grace:") == std::string::npos) yaml << "drain_grace: off\n";
  if (additions.top.find("access_log:") == std::string::npos) yaml << "access_log: { path: stdout, format: json }\n";
  yaml << additions.top << "upstreams:\n  app: { endpoints: [";
  for (std::size_t i = 0; i < endpoints.size(); ++i) yaml << (i > 0 ? ", " : "") << endpoints[i];
  yaml << "]" << with_comma(additions.upstream) << " }\nroutes:\n"
       << "  - { id: all, upstream: app" << with_comma(additions.route) << " }\n";
  std::istringstream routes(additions.routes);
  for (std::string line; std::getline(routes, line);) yaml << "  " << line << "\n";
  return yaml.str();
}

Gateway::Gateway(const std::string& yaml, const std::vector<std::string>& environment) {
  start({{"-c", directory_.write("penstock.yaml", yaml)}, ""}, environment, yaml);
}

Gateway::Gateway(const Arguments& arguments, const std::vector<std::string>& environment) {
  start(arguments, environment, "these arguments");
}

void Gateway::start(Arguments arguments, const std::vector<std::string>& environment, const std::string& about) {
  const std::string program = arguments.program.empty() ? PENSTOCK_BINARY : arguments.program;
  arguments.list.insert(arguments.list.begin(), program);
  process_ = std::make_unique<Process>(arguments.list, environment);
  if (!process_->err().wait_for("ready\n")) {
    throw HarnessError("the gateway did not start:\n" + process_->err().text() + "\nwith\n" + about);
  }
  learn_ports();
}

bool Gateway::reload(const std::string& yaml) {
  directory_.write("penstock.yaml", yaml);
  signal(SIGHUP);
  ++reloads_;
  const auto ends = [this](const std::string& text) {
    std::size_t count = 0;
    const std::string log = process_->err().text();
    for (std::size_t at = log.find(text); at != std::string::npos; at = log.find(text, at + 1)) ++count;
    return count;
  };
  const std::size_t before = taken_over_;
  const bool heeded = eventually([&] {
    taken_over_ = ends("the new configuration is in force");
    return taken_over_ + ends("the new configuration is not used") >= reloads_;
  });
  if (!heeded) throw HarnessError("the reload was not heeded:\n" + process_->err().text());
  learn_ports();
  return taken_over_ > before;
}

/// Nothing is written where nothing is new: clients of other threads look at the ports meanwhile.
void Gateway::learn_ports() {
  std::vector<std::uint16_t> ports;
  std::istringstream lines(process_->err().text());
  for (std::string line; std::getline(lines, line);) {
    if (line.find("admin on http") != std::string::npos && admin_port_ == 0) admin_port_ = port_in(line);
    if (line.find("listening on http") != std::string::npos) ports.push_back(port_in(line));
  }
  if (ports != ports_) ports_ = ports;
}

Gateway::~Gateway() {
  if (!process_) return;
  signal(SIGINT);
  const std::optional<int> code = process_->exit_code();
  if (code != 0) {
    ADD_FAILURE() << "the gateway did not end well: "
                  << (code ? std::to_string(*code) : "it runs on\n" + process_->threads()) << "\n"
                  << process_->err().text();
  }
}

Message Gateway::admin(std::string_view path) const {
  return Client(admin_port_).get(path);
}

Finished run_penstock(const std::vector<std::string>& arguments, const std::vector<std::string>& environment) {
  std::vector<std::string> all = {PENSTOCK_BINARY};
  all.insert(all.end(), arguments.begin(), arguments.end());
  Process process(all, environment);
  const std::optional<int> code = process.exit_code();
  if (!code) throw TimedOut("the program runs on:\n" + process.err().text());
  return {*code, process.out().all(), process.err().all()};
}

std::string json_member(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  const std::size_t at = json.find(key);
  if (at == std::string_view::npos) return "";
  std::string_view value = json.substr(at + key.size());
  value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
  if (!value.starts_with('"')) return std::string(value.substr(0, value.find_first_of(",}]")));
  return std::string(value.substr(1, value.find('"', 1) - 1));
}

}  // namespace penstock::e2e
