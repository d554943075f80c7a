#include "bench/overload/crowd.h"

#include <netinet/in.h>

#include <stdexcept>
#include <utility>

namespace penstock::overload {
namespace {

constexpr std::size_t kMostClients = 60'000;
constexpr std::size_t kHostsANet = 250;

std::uint32_t address_of(std::size_t client) {
  return INADDR_LOOPBACK - 1 + static_cast<std::uint32_t>((1 + client / kHostsANet) << 8 | (1 + client % kHostsANet));
}

double sum_of_rates(const std::vector<ClientClass>& classes) {
  double sum = 0;
  for (const ClientClass& each : classes) sum += each.rate;
  return sum;
}

}  // namespace

ClientClass ClientClass::parse(const std::string& text) {
  const std::size_t first = text.find(':');
  const std::size_t second = text.find(':', first == std::string::npos ? first : first + 1);
  if (second == std::string::npos) throw std::invalid_argument("a class is NAME:RATE:CLIENTS, not " + text);
  const std::size_t third = text.find(':', second + 1);
  ClientClass result{text.substr(0, first), std::stod(text.substr(first + 1)), std::stoul(text.substr(second + 1)),
                     third == std::string::npos ? "" : text.substr(third + 1)};
  if (!(result.rate > 0) || result.clients == 0) throw std::invalid_argument("rate and clients are above 0: " + text);
  return result;
}

Crowd::Crowd(std::vector<ClientClass> classes, std::uint64_t seed)
    : classes_(std::move(classes)), chance_(seed), gap_(sum_of_rates(classes_)) {
  for (std::size_t index = 0; index < classes_.size(); ++index) {
    first_.push_back(clients_.size());
    for (std::size_t i = 0; i < classes_[index].clients; ++i) clients_.push_back({address_of(clients_.size()), index});
    if (clients_.size() > kMostClients) throw std::invalid_argument("more clients than addresses");
  }
}

std::size_t Crowd::next_client() {
  double left = std::uniform_real_distribution<double>(0, sum_of_rates(classes_))(chance_);
  std::size_t of_class = 0;
  while (of_class + 1 < classes_.size() && left >= classes_[of_class].rate) left -= classes_[of_class++].rate;
  return first_[of_class] + std::uniform_int_distribution<std::size_t>(0, classes_[of_class].clients - 1)(chance_);
}

}  // namespace penstock::overload
