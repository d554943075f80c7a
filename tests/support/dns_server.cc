#include "tests/support/dns_server.h"

#include <arpa/inet.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>

#include "tests/support/deadline.h"

namespace penstock::e2e {
namespace {

std::string u16(unsigned value) {
  return {static_cast<char>(value >> 8 & 0xff), static_cast<char>(value & 0xff)};
}

std::string u32(std::uint32_t value) {
  return u16(value >> 16) + u16(value & 0xffff);
}

std::string address_bytes(int family, const std::string& literal) {
  char bytes[16] = {};
  if (::inet_pton(family, literal.c_str(), bytes) != 1) throw HarnessError("no address: " + literal);
  return {bytes, family == AF_INET ? 4u : 16u};
}

/// The question of a message that c-ares has made: one name without pointers.
DnsQuestion read_question(std::string_view message) {
  DnsQuestion question;
  std::size_t at = 12;
  while (at < message.size() && message[at] != 0) {
    const auto size = static_cast<unsigned char>(message[at]);
    question.name += (question.name.empty() ? "" : ".") + std::string(message.substr(at + 1, size));
    at += size + 1u;
  }
  if (message.size() < at + 5) throw HarnessError("a question that is none");
  question.type = static_cast<unsigned char>(message[at + 2]);
  question.head = std::string(message.substr(0, 2)) + std::string(message.substr(12, at + 5 - 12));
  return question;
}

std::string receive_exactly(int fd, std::size_t size) {
  std::string bytes;
  const Deadline deadline;
  while (bytes.size() < size) {
    pollfd wanted{fd, POLLIN, 0};
    if (::poll(&wanted, 1, deadline.remaining_ms()) <= 0) return "";
    char buffer[4096];
    const ssize_t count = ::recv(fd, buffer, std::min(sizeof buffer, size - bytes.size()), 0);
    if (count <= 0) return "";
    bytes.append(buffer, static_cast<std::size_t>(count));
  }
  return bytes;
}

}  // namespace

std::string dns_name(std::string_view name) {
  std::string bytes;
  while (!name.empty()) {
    const std::string_view label = name.substr(0, name.find('.'));
    bytes += static_cast<char>(label.size()) + std::string(label);
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return bytes + '\0';
}

std::string dns_record(std::string_view name, int type, std::uint32_t ttl, std::string_view data) {
  return dns_name(name) + u16(static_cast<unsigned>(type)) + u16(1) + u32(ttl) +
         u16(static_cast<unsigned>(data.size())) + std::string(data);
}

std::string dns_a(std::string_view name, const std::string& address, std::uint32_t ttl) {
  return dns_record(name, kDnsA, ttl, address_bytes(AF_INET, address));
}

std::string dns_aaaa(std::string_view name, const std::string& address, std::uint32_t ttl) {
  return dns_record(name, kDnsAaaa, ttl, address_bytes(AF_INET6, address));
}

std::string dns_cname(std::string_view name, std::string_view target, std::uint32_t ttl) {
  return dns_record(name, 5, ttl, dns_name(target));
}

std::string dns_srv(std::string_view name, int priority, int weight, int port, std::string_view target,
                    std::uint32_t ttl) {
  const auto number = [](int value) { return u16(static_cast<unsigned>(value)); };
  return dns_record(name, kDnsSrv, ttl, number(priority) + number(weight) + number(port) + dns_name(target));
}

std::string dns_soa(std::string_view name, std::uint32_t ttl, std::uint32_t minimum) {
  return dns_record(name, 6, ttl, dns_name("ns") + dns_name("mail") + u32(1) + u32(2) + u32(3) + u32(4) + u32(minimum));
}

std::string DnsReply::bytes(const DnsQuestion& question) const {
  const auto count = [](const auto& records) { return u16(static_cast<unsigned>(records.size())); };
  const unsigned flags = 0x8180u | (truncated ? 0x0200u : 0u) | static_cast<unsigned>(rcode);
  std::string bytes = question.head.substr(0, 2) + u16(flags) + u16(1) + count(answers) + count(authority) +
                      count(additional) + question.head.substr(2);
  for (const auto* section : {&answers, &authority, &additional}) {
    for (const std::string& record : *section) bytes += record;
  }
  return bytes;
}

DnsServer::DnsServer() : stop_(must(::eventfd(0, EFD_CLOEXEC), "eventfd")) {
  reply({});
  start();
}

DnsServer::~DnsServer() {
  stop();
}

void DnsServer::bind_sockets() {
  const bool anywhere = !udp_.is_open() && address_.length() == 0;
  for (int tries = 0; tries < 20; ++tries) {
    tcp_ = listen_on(anywhere ? SocketAddress::ipv4() : address_);
    const SocketAddress bound = SocketAddress::of(tcp_);
    udp_ = Fd(must(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), "socket"));
    if (::bind(udp_.get(), bound.raw(), bound.length()) == 0) {
      address_ = bound;
      return;
    }
  }
  throw HarnessError("no port that is free for both UDP and TCP");
}

void DnsServer::start() {
  bind_sockets();
  thread_ = std::thread([this] { serve(); });
}

void DnsServer::stop() {
  if (!thread_.joinable()) return;
  must(::eventfd_write(stop_.get(), 1), "eventfd");
  thread_.join();
  eventfd_t ignored = 0;
  must(::eventfd_read(stop_.get(), &ignored), "eventfd");
  udp_.close();
  tcp_.close();
}

void DnsServer::on_question(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

void DnsServer::reply(const DnsReply& reply) {
  on_question([reply](const DnsQuestion& question) { return reply.bytes(question); });
}

void DnsServer::silence() {
  on_question([](const DnsQuestion&) { return std::string(); });
}

std::vector<DnsQuestion> DnsServer::questions() const {
  const std::lock_guard lock(mutex_);
  return questions_;
}

std::size_t DnsServer::asked(int type) const {
  const auto all = questions();
  return static_cast<std::size_t>(std::count_if(all.begin(), all.end(), [=](const auto& q) { return q.type == type; }));
}

void DnsServer::serve() {
  while (true) {
    pollfd all[] = {{stop_.get(), POLLIN, 0}, {udp_.get(), POLLIN, 0}, {tcp_.get(), POLLIN, 0}};
    ::poll(all, 3, -1);
    if (all[0].revents != 0) return;
    if (all[1].revents != 0) serve_datagram();
    if (all[2].revents != 0) serve_connection();
  }
}

void DnsServer::serve_datagram() {
  char buffer[4096];
  sockaddr_storage from{};
  socklen_t length = sizeof from;
  const ssize_t size = ::recvfrom(udp_.get(), buffer, sizeof buffer, 0, reinterpret_cast<sockaddr*>(&from), &length);
  if (size <= 0) return;
  const std::string reply = answer({buffer, static_cast<std::size_t>(size)}, false);
  if (!reply.empty()) ::sendto(udp_.get(), reply.data(), reply.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
}

/// One question each.
void DnsServer::serve_connection() {
  const Fd connection(::accept(tcp_.get(), nullptr, nullptr));
  if (!connection.is_open()) return;
  const std::string size = receive_exactly(connection.get(), 2);
  if (size.empty()) return;
  const auto byte = [&](int i) { return static_cast<unsigned char>(size[static_cast<std::size_t>(i)]); };
  const std::string reply =
      answer(receive_exactly(connection.get(), static_cast<std::size_t>(byte(0) << 8 | byte(1))), true);
  const std::string framed = u16(static_cast<unsigned>(reply.size())) + reply;
  if (!reply.empty()) ::send(connection.get(), framed.data(), framed.size(), MSG_NOSIGNAL);
}

std::string DnsServer::answer(std::string_view message, bool tcp) {
  DnsQuestion question = read_question(message);
  question.tcp = tcp;
  Script script;
  {
    const std::lock_guard lock(mutex_);
    questions_.push_back(question);
    script = script_;
  }
  return script(question);
}

}  // namespace penstock::e2e
