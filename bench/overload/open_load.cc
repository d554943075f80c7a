// A load that doesn't wait for the answers: --help
//
// Requests come as a Poisson process whatever becomes of them, as from very many independent clients. Each has a
// deadline, counted from the moment when it was to be sent; a client that has waited so long closes its connection.
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <deque>
#include <iostream>
#include <string>
#include <vector>

#include "bench/overload/crowd.h"
#include "bench/overload/messages.h"
#include "bench/overload/sockets.h"
#include "bench/overload/tally.h"

namespace {

using namespace penstock::overload;

/// What couldn't be sent by then is left out, and told. Asking late makes clients leave early; that costs this program
/// a new connection each, which would make it later still, and the fault would seem to be the proxy's.
constexpr Nanos kLatest = 25'000'000;

struct Options {
  std::uint16_t port = 0;
  std::vector<std::string> classes;
  double seconds = 5;
  double warm = 1;
  double deadline_ms = 100;
  double bin_ms = 100;
  double start = 0;
  std::size_t connections = 4'000;
  std::uint64_t seed = 1;
};

Nanos from_seconds(double seconds) {
  return static_cast<Nanos>(seconds * static_cast<double>(kSecond));
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto in_seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return in_seconds(usage.ru_utime) + in_seconds(usage.ru_stime);
}

std::vector<std::string> names_of(const std::vector<ClientClass>& classes) {
  std::vector<std::string> names;
  for (const ClientClass& each : classes) names.push_back(each.name);
  return names;
}

std::vector<ClientClass> parse_classes(const std::vector<std::string>& texts) {
  std::vector<ClientClass> classes;
  for (const std::string& text : texts) classes.push_back(ClientClass::parse(text));
  return classes;
}

class Load {
 public:
  explicit Load(const Options& options)
      : options_(options),
        crowd_(parse_classes(options.classes), options.seed),
        start_(options.start > 0 ? from_seconds(options.start) : now()),
        end_(start_ + from_seconds(options.seconds)),
        deadline_(from_seconds(options.deadline_ms / 1e3)),
        tally_(names_of(crowd_.classes()), start_, start_ + from_seconds(options.warm), end_,
               from_seconds(options.bin_ms / 1e3)),
        idle_(crowd_.clients().size()) {
    for (const ClientClass& each : crowd_.classes()) {
      const std::string header = each.header.empty() ? "" : each.header + "\r\n";
      requests_.push_back("GET / HTTP/1.1\r\nHost: backend.test\r\nX-Class: " + each.name + "\r\n" + header + "\r\n");
    }
  }

  void run() {
    Nanos due = start_ + from_seconds(crowd_.next_gap());
    while (due < end_ || !expiries_.empty()) {
      const Nanos expiry = expiries_.empty() ? end_ : expiries_.front().intended + deadline_;
      // Answers first: one that is here in time counts, though this program may be late in looking at it.
      for (const Poller::Event& event : poller_.wait(due < end_ ? std::min(due, expiry) : expiry)) handle(event);
      for (const Nanos at = now(); due <= at && due < end_; due += from_seconds(crowd_.next_gap())) ask(due);
      expire();
    }
  }

  std::string json() const { return tally_.json(cpu_seconds()); }

 private:
  struct Connection {
    std::string received;
    std::size_t client = 0;
    Nanos intended = 0;
    std::uint32_t tag = 0;
    std::uint32_t request = 0;  ///< counted up with each, so that an expiry can tell its own
    bool open = false, connecting = false, busy = false;
  };
  struct Expiry {
    int fd;
    std::uint32_t tag, request;
    Nanos intended;
  };

  Connection& at(int fd) {
    const auto index = static_cast<std::size_t>(fd);
    if (index >= connections_.size()) connections_.resize(index + 1024);
    return connections_[index];
  }

  void ask(Nanos intended) {
    const std::size_t client = crowd_.next_client();
    if (now() > intended + kLatest) return tally_.unsent();
    const std::size_t of_class = crowd_.clients()[client].of_class;
    tally_.offered(of_class, intended);
    const int fd = connection_for(client);
    if (fd < 0) {
      tally_.ended(of_class, intended, now(), Fate::failed);
      return;
    }
    Connection& connection = at(fd);
    connection.intended = intended;
    connection.busy = true;
    expiries_.push_back({fd, connection.tag, ++connection.request, intended});
    tally_.sent(now() - intended);
    if (!connection.connecting) send_request(fd);
  }

  /// The client's connection used last, or a new one; -1 if there are too many.
  int connection_for(std::size_t client) {
    std::vector<int>& idle = idle_[client];
    if (!idle.empty()) {
      const int fd = idle.back();
      idle.pop_back();
      return fd;
    }
    if (open_ >= options_.connections) return -1;
    const int fd = connect_from(crowd_.clients()[client].address, options_.port);
    if (fd < 0) return -1;
    Connection& connection = at(fd);
    connection = {{}, client, 0, connection.tag + 1, 0, true, true, false};
    poller_.add(fd, connection.tag, true);
    ++open_;
    return fd;
  }

  void send_request(int fd) {
    const std::string& text = requests_[crowd_.clients()[at(fd).client].of_class];
    if (send(fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size())) broken(fd);
  }

  void handle(const Poller::Event& event) {
    Connection& connection = at(event.fd);
    if (!connection.open || connection.tag != event.tag) return;  // closed earlier in this turn
    if (connection.connecting && event.writable) {
      connection.connecting = false;
      poller_.readable_only(event.fd, event.tag);
      send_request(event.fd);
      return;
    }
    receive(event.fd);
  }

  void receive(int fd) {
    char bytes[16'384];
    const ssize_t size = recv(fd, bytes, sizeof bytes, 0);
    if (size < 0 && errno == EAGAIN) return;
    Connection& connection = at(fd);
    if (size <= 0) return broken(fd);
    connection.received.append(bytes, static_cast<std::size_t>(size));
    const std::optional<Answer> answer = parse_answer(connection.received);
    if (!answer) return;
    if (!connection.busy || connection.received.size() > answer->size) return broken(fd);  // more than was asked for
    connection.received.clear();
    answered(fd, *answer);
  }

  void answered(int fd, const Answer& answer) {
    Connection& connection = at(fd);
    const Nanos when = now();
    if (when > connection.intended + deadline_) return end(fd, Fate::late, true);
    const bool refused = answer.status == 429 || answer.status == 503;
    end(fd, answer.status == 200 ? Fate::served : refused ? Fate::refused : Fate::failed, answer.last);
  }

  void broken(int fd) {
    if (at(fd).busy) return end(fd, Fate::failed, true);
    std::vector<int>& idle = idle_[at(fd).client];
    idle.erase(std::find(idle.begin(), idle.end(), fd));
    close_connection(fd);
  }

  void end(int fd, Fate fate, bool last) {
    Connection& connection = at(fd);
    connection.busy = false;
    tally_.ended(crowd_.clients()[connection.client].of_class, connection.intended, now(), fate);
    if (last) {
      close_connection(fd);
    } else {
      idle_[connection.client].push_back(fd);
    }
  }

  void close_connection(int fd) {
    at(fd).open = false;
    close(fd);
    --open_;
  }

  /// The deadline is the same for all, so that requests expire in the order in which they were made.
  void expire() {
    for (const Nanos when = now(); !expiries_.empty(); expiries_.pop_front()) {
      const Expiry& first = expiries_.front();
      const Connection& connection = at(first.fd);
      const bool waits =
          connection.open && connection.busy && connection.tag == first.tag && connection.request == first.request;
      if (waits && first.intended + deadline_ > when) return;
      if (waits) end(first.fd, Fate::late, true);
    }
  }

  const Options& options_;
  Crowd crowd_;
  Nanos start_, end_, deadline_;
  Tally tally_;
  Poller poller_;
  std::vector<std::string> requests_;    ///< by class
  std::vector<Connection> connections_;  ///< by descriptor
  std::vector<std::vector<int>> idle_;   ///< by client
  std::deque<Expiry> expiries_;
  std::size_t open_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("An open load on 127.0.0.1, with what became of it as JSON.");
  Options options;
  app.add_option("--port", options.port, "Of the server")->required();
  app.add_option("--class", options.classes,
                 "NAME:RATE:CLIENTS[:Header: value]: so many requests a second of so many "
                 "clients, each with an address of its own; any number of classes")
      ->required();
  app.add_option("--seconds", options.seconds, "Length of the load")->check(CLI::Range(0.1, 3600.0));
  app.add_option("--warm", options.warm, "So many seconds at the beginning are in the time series only");
  app.add_option("--deadline-ms", options.deadline_ms, "Then the client leaves")->check(CLI::Range(1.0, 60'000.0));
  app.add_option("--bin-ms", options.bin_ms, "Of the time series")->check(CLI::Range(1.0, 60'000.0));
  app.add_option("--start", options.start, "Second of CLOCK_MONOTONIC to begin at; 0: now");
  app.add_option("--connections", options.connections, "At most; requests beyond them fail")
      ->check(CLI::Range(1, 60'000));
  app.add_option("--seed", options.seed, "Of the arrivals");
  CLI11_PARSE(app, argc, argv);
  try {
    Load load(options);
    load.run();
    std::cout << load.json() << "\n";
  } catch (const std::exception& error) {
    std::cerr << "open_load: " << error.what() << "\n";
    return 1;
  }
}
