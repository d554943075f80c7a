#include "tests/support/fleet.h"

#include "tests/support/client.h"

namespace penstock::e2e {
namespace {

Backend::Script answer_with(std::size_t number) {
  return [number](Exchange& exchange) { exchange.ok(std::to_string(number)); };
}

}  // namespace

Fleet::Fleet(std::size_t size) : placeholders_(size) {
  for (std::size_t i = 0; i < size; ++i) {
    backends_.push_back(std::make_unique<Backend>(answer_with(i)));
    const std::string address = backends_.back()->address();
    addresses_.push_back(
        SocketAddress::ipv4(static_cast<std::uint16_t>(std::stoul(address.substr(address.rfind(':') + 1)))));
  }
}

std::vector<std::string> Fleet::endpoints(const std::vector<std::string>& with) const {
  std::vector<std::string> texts;
  for (std::size_t i = 0; i < addresses_.size(); ++i) {
    const std::string more = i < with.size() && !with[i].empty() ? ", " + with[i] : "";
    texts.push_back("{ address: \"" + addresses_[i].text() + "\"" + more + " }");
  }
  return texts;
}

void Fleet::kill(std::size_t index) {
  backends_.at(index).reset();
  placeholders_.at(index) = bind_to(addresses_.at(index));
}

void Fleet::revive(std::size_t index) {
  if (backends_.at(index)) kill(index);
  backends_.at(index) = std::make_unique<Backend>(addresses_.at(index));
  backends_.at(index)->on_request(answer_with(index));
  placeholders_.at(index).close();
}

Met ask(const Gateway& gateway, const Fleet& fleet, std::size_t requests, std::string_view fields) {
  Met met;
  met.answers.resize(fleet.size());
  Client client(gateway);
  for (std::size_t i = 0; i < requests; ++i) {
    const Message answer = client.get("/", fields);
    if (answer.status() == 200) {
      ++met.answers.at(std::stoul(answer.body));
    } else {
      ++met.errors;
    }
  }
  return met;
}

}  // namespace penstock::e2e
