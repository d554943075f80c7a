// The program under test, started with a configuration of the test's own.
#pragma once

#include <csignal>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/backend.h"
#include "tests/support/message.h"
#include "tests/support/process.h"
#include "tests/support/temp_dir.h"

namespace penstock::e2e {

/// What a test adds to the plainest configuration: one listener, one upstream "app", one route "all" to it. Each is a
/// part of a YAML flow map ("timeouts: { header: 100ms }") unless it says otherwise.
struct Additions {
  std::string listener{};
  std::string upstream{};
  std::string route{};
  std::string routes{};  ///< block lines, "- { match: …, upstream: app }" each, with their newline
  std::string top{};     ///< block lines at the top level, with their newline
};

/// Listeners on free ports, admin too, the access log as JSON to stdout, one worker.
std::string gateway_yaml(const std::string& endpoint, const Additions& additions = {});
/// Each endpoint as YAML: "127.0.0.1:80", "{ address: \"127.0.0.1:80\", weight: 3 }".
std::string gateway_yaml(const std::vector<std::string>& endpoints, const Additions& additions = {});

/// Starts when constructed and waits until it is ready. The destructor asks it to stop (INT) and fails the test if it
/// doesn't, exits with an error or a sanitizer has something to say.
class Gateway {
 public:
  /// environment: "NAME=value", beside our own.
  explicit Gateway(const std::string& yaml, const std::vector<std::string>& environment = {});
  Gateway(const Backend& backend, const Additions& additions = {})
      : Gateway(gateway_yaml(backend.address(), additions)) {}
  /// Started with these arguments.
  struct Arguments {
    std::vector<std::string> list;
    std::string program{};  ///< another path of it, or what starts it in turn
  };
  explicit Gateway(const Arguments& arguments, const std::vector<std::string>& environment = {});
  ~Gateway();

  /// The port that a listener was given, in the order of the file.
  std::uint16_t port(std::size_t listener = 0) const { return ports_.at(listener); }
  std::uint16_t admin_port() const { return admin_port_; }
  /// GET of an admin page.
  Message admin(std::string_view path) const;

  /// The lines of the access log, when there are as many.
  std::vector<std::string> access_log(std::size_t lines) { return process_->out().lines(lines); }
  /// One line: the first.
  std::string access_line() { return access_log(1).front(); }

  /// Writes the file anew and sends HUP; waits until that has been heeded. Whether it was taken over.
  bool reload(const std::string& yaml);

  /// Writes the file anew, and leaves it at that.
  void rewrite(const std::string& yaml) { directory_.write("penstock.yaml", yaml); }

  Process& process() { return *process_; }
  void signal(int number) { process_->signal(number); }

 private:
  void start(Arguments arguments, const std::vector<std::string>& environment, const std::string& about);
  void learn_ports();

  TempDir directory_;
  std::size_t reloads_ = 0;
  std::size_t taken_over_ = 0;
  std::unique_ptr<Process> process_;
  std::vector<std::uint16_t> ports_;
  std::uint16_t admin_port_ = 0;
};

/// Runs the program to its end.
struct Finished {
  int exit_code;
  std::string out;
  std::string err;
};
Finished run_penstock(const std::vector<std::string>& arguments, const std::vector<std::string>& environment = {});

/// The value of a member in a flat JSON object, strings without their quotes; "" if there is none.
std::string json_member(std::string_view json, std::string_view name);

}  // namespace penstock::e2e
