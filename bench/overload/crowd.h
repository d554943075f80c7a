// The clients of the load generator: who they are, and who asks next.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace penstock::overload {

/// Clients that behave alike.
struct ClientClass {
  std::string name;
  double rate = 0;          ///< requests a second of all clients of the class together
  std::size_t clients = 1;  ///< each with an address of its own
  std::string header;       ///< a whole line without its end, "" for none

  /// "name:rate:clients" or "name:rate:clients:Header: value". Throws std::invalid_argument.
  static ClientClass parse(const std::string& text);
};

struct Client {
  std::uint32_t address = 0;  ///< host byte order
  std::size_t of_class = 0;
};

/// All classes as one Poisson process: the sum of Poisson processes is one, whose events are each class's by its rate.
class Crowd {
 public:
  /// Clients get 127.0.1.1 … 127.0.1.250, 127.0.2.1 …: at most 60,000 of them. Throws std::invalid_argument.
  Crowd(std::vector<ClientClass> classes, std::uint64_t seed);

  const std::vector<ClientClass>& classes() const { return classes_; }
  const std::vector<Client>& clients() const { return clients_; }

  /// Seconds until the next request.
  double next_gap() { return gap_(chance_); }
  /// Whose it is: an index of clients().
  std::size_t next_client();

 private:
  std::vector<ClientClass> classes_;
  std::vector<std::size_t> first_;  ///< client of each class
  std::vector<Client> clients_;
  std::mt19937_64 chance_;
  std::exponential_distribution<double> gap_;
};

}  // namespace penstock::overload
