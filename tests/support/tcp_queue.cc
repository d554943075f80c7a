#include "tests/support/tcp_queue.h"

#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include <cstring>

#include "tests/support/deadline.h"

namespace penstock::e2e {
namespace {

struct Question {
  nlmsghdr header;
  inet_diag_req_v2 body;
};

void set_endpoint(const SocketAddress& address, __be32* ip, __be16& port) {
  port = htons(address.port());
  if (address.family() == AF_INET) {
    std::memcpy(ip, &reinterpret_cast<const sockaddr_in*>(address.raw())->sin_addr, 4);
  } else {
    std::memcpy(ip, &reinterpret_cast<const sockaddr_in6*>(address.raw())->sin6_addr, 16);
  }
}

/// Bytes in the queues of a socket.
struct Queues {
  unsigned receive = 0;
  unsigned send = 0;
};

/// Of the socket that is `local` on its own side; empty if there is none.
Queues queues_of(const SocketAddress& local, const SocketAddress& remote) {
  Question question{};
  question.header.nlmsg_len = sizeof question;
  question.header.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.body.sdiag_family = static_cast<__u8>(local.family());
  question.body.sdiag_protocol = IPPROTO_TCP;
  question.body.idiag_states = ~0u;
  question.body.id.idiag_cookie[0] = question.body.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  set_endpoint(local, question.body.id.idiag_src, question.body.id.idiag_sport);
  set_endpoint(remote, question.body.id.idiag_dst, question.body.id.idiag_dport);

  // Kept: tests that send byte by byte ask tens of thousands of times.
  thread_local const Fd netlink(must(::socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC, NETLINK_SOCK_DIAG), "netlink"));
  must(static_cast<int>(::send(netlink.get(), &question, sizeof question, 0)), "sock_diag");
  alignas(nlmsghdr) char answer[8192];
  must(static_cast<int>(::recv(netlink.get(), answer, sizeof answer, 0)), "sock_diag");
  const auto* header = reinterpret_cast<const nlmsghdr*>(answer);
  if (header->nlmsg_type != SOCK_DIAG_BY_FAMILY) return {};
  const auto* message = reinterpret_cast<const inet_diag_msg*>(NLMSG_DATA(header));
  return {message->idiag_rqueue, message->idiag_wqueue};
}

bool is_connected(const Fd& socket) {
  sockaddr_storage peer;
  socklen_t length = sizeof peer;
  return ::getpeername(socket.get(), reinterpret_cast<sockaddr*>(&peer), &length) == 0;
}

}  // namespace

bool peers_queue_is_empty(const Fd& socket) {
  // Asked first and checked afterwards: the other end may go at any moment between two calls.
  try {
    return queues_of(SocketAddress::peer_of(socket), SocketAddress::of(socket)).receive == 0;
  } catch (const HarnessError&) {
    if (is_connected(socket)) throw;
    return true;
  }
}

unsigned peers_send_queue(const Fd& socket) {
  return queues_of(SocketAddress::peer_of(socket), SocketAddress::of(socket)).send;
}

bool peer_has_read_all(const Fd& socket) {
  if (!is_connected(socket)) return true;
  int unacknowledged = 0;
  must(::ioctl(socket.get(), SIOCOUTQ, &unacknowledged), "SIOCOUTQ");
  return unacknowledged == 0 && peers_queue_is_empty(socket);
}

}  // namespace penstock::e2e
