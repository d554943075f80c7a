// An application server with a real capacity: --help
//
// It accepts and queues whatever comes, and has N workers that take it in order. Clients that leave don't stop it: it
// works for them all the same, as servers do that learn of a client's end only when they write the answer.
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "bench/overload/messages.h"
#include "bench/overload/sockets.h"
#include "bench/overload/workers.h"
#include "gateway/base/json_writer.h"

namespace {

using namespace penstock::overload;

struct Options {
  std::uint16_t port = 0;
  std::size_t workers = 10;
  double service_ms = 10;
  std::uint64_t seed = 1;
  bool drop_abandoned = false;
};

Nanos from_ms(double ms) {
  return static_cast<Nanos>(ms * 1e6);
}

std::string answer_with(std::string_view type, std::string_view body) {
  std::string text = "HTTP/1.1 200 OK\r\nContent-Type: ";
  text.append(type).append("\r\nContent-Length: ").append(std::to_string(body.size()));
  return text.append("\r\n\r\n").append(body);
}

/// The number after "name=" in the query; nullopt if there is none, or it isn't above 0.
std::optional<double> parameter(std::string_view target, std::string_view name) {
  const std::string wanted = std::string(name) + "=";
  const std::size_t at = target.find(wanted, target.find('?'));
  if (target.find('?') == std::string_view::npos || at == std::string_view::npos) return std::nullopt;
  const double value = std::atof(std::string(target.substr(at + wanted.size())).c_str());
  return value > 0 ? std::optional(value) : std::nullopt;
}

class Backend {
 public:
  explicit Backend(const Options& options)
      : workers_(options.workers, from_ms(options.service_ms), options.seed,
                 [this, drop = options.drop_abandoned](const Job& job) { return !drop || is_here(job); }),
        listener_(listen_on(options.port)) {
    poller_.add(listener_, 0);
  }

  [[noreturn]] void run() {
    for (;;) {
      for (const Poller::Event& event : poller_.wait(workers_.next_end().value_or(now() + kSecond))) {
        if (event.fd == listener_) {
          accept_all();
        } else if (is_here({event.fd, event.tag})) {
          receive(event.fd);
        }
      }
      answer_ended();
    }
  }

 private:
  struct Peer {
    std::string received;
    std::uint32_t serial = 0;
    bool open = false;
    bool waiting = false;  ///< a request of it is queued or being worked on
  };

  Peer& peer(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= peers_.size()) peers_.resize(index + 1024);
    return peers_[index];
  }

  bool is_here(const Job& job) {
    const Peer& at = peer(job.fd);
    return at.open && at.serial == job.serial;
  }

  void accept_all() {
    for (int fd = accept_one(listener_); fd >= 0; fd = accept_one(listener_)) {
      Peer& at = peer(fd);
      at = {{}, at.serial + 1, true, false};
      poller_.add(fd, at.serial);
      ++connections_;
    }
  }

  void leave(int fd) {
    peer(fd).open = false;
    close(fd);
  }

  void receive(int fd) {
    char bytes[16'384];
    const ssize_t size = recv(fd, bytes, sizeof bytes, 0);
    if (size <= 0) {
      if (size == 0 || errno != EAGAIN) leave(fd);
      return;
    }
    peer(fd).received.append(bytes, static_cast<std::size_t>(size));
    take_request(fd);
  }

  void take_request(int fd) {
    Peer& at = peer(fd);
    const std::optional<std::size_t> size = head_size(at.received);
    if (at.waiting || !size) return;
    const std::string head = at.received.substr(0, *size);
    at.received.erase(0, *size);
    const std::string_view target = std::string_view(head).substr(head.find(' ') + 1);
    if (target.starts_with("/control")) {
      send_to(fd, answer_with("application/json", control(target.substr(0, target.find(' ')))));
      return;
    }
    at.waiting = true;
    workers_.arrive({fd, at.serial}, now());
  }

  void answer_ended() {
    while (const std::optional<Job> job = workers_.take_ended(now())) {
      if (!is_here(*job)) {
        ++for_nobody_;
        continue;
      }
      ++answered_;
      peer(job->fd).waiting = false;
      if (send_to(job->fd, answer_)) take_request(job->fd);
    }
  }

  /// Answers are shorter than any socket's buffer, and a peer has at most one under way.
  bool send_to(int fd, std::string_view text) {
    if (send(fd, text.data(), text.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(text.size())) return true;
    leave(fd);
    return false;
  }

  std::string control(std::string_view target) {
    if (const auto ms = parameter(target, "service_ms")) workers_.set_mean_service(from_ms(*ms));
    if (const auto count = parameter(target, "workers")) workers_.set_count(static_cast<std::size_t>(*count), now());
    std::string text;
    penstock::JsonWriter json(text);
    json.begin_object();
    json.key("workers").number(workers_.count());
    json.key("service_ms").decimal(static_cast<double>(workers_.mean_service()) / 1e6);
    json.key("connections").number(connections_);
    json.key("begun").number(workers_.begun());
    json.key("answered").number(answered_);
    json.key("for_nobody").number(for_nobody_);
    json.key("busy").number(workers_.busy());
    json.key("queued").number(workers_.queued());
    json.end_object();
    return text;
  }

  Poller poller_;
  std::vector<Peer> peers_;
  Workers workers_;
  int listener_;
  const std::string answer_ = answer_with("text/plain", std::string(129, 'w') + "\n");
  std::uint64_t connections_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t for_nobody_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "An HTTP/1.1 server of a fixed capacity on 127.0.0.1. GET /control?service_ms=20&workers=5 changes it, and says "
      "what it has done.");
  Options options;
  app.add_option("--port", options.port, "To listen on")->required();
  app.add_option("--workers", options.workers, "Requests worked on at a time")->check(CLI::Range(1, 10'000));
  app.add_option("--service-ms", options.service_ms, "Mean time for one request, exponentially distributed")
      ->check(CLI::Range(0.01, 60'000.0));
  app.add_option("--seed", options.seed, "Of the service times");
  app.add_flag("--drop-abandoned", options.drop_abandoned, "Don't begin requests whose client has gone");
  CLI11_PARSE(app, argc, argv);
  Backend(options).run();
}
