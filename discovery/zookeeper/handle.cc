#include "discovery/zookeeper/handle.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <zookeeper/zookeeper.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <stdexcept>
#include <utility>

namespace penstock::discovery {
namespace {

std::mutex library_mutex;

NodeResult result_of(int error) {
  switch (error) {
    case ZOK:
      return NodeResult::ok;
    case ZNONODE:
      return NodeResult::no_node;
    case ZNODEEXISTS:
      return NodeResult::exists;
    case ZCONNECTIONLOSS:
    case ZOPERATIONTIMEOUT:
    case ZINVALIDSTATE:
    case ZSESSIONEXPIRED:
    case ZAUTHFAILED:
    case ZCLOSING:
      return NodeResult::lost;
    default:
      return NodeResult::refused;
  }
}

NodeAnswer answer_of(int error) {
  NodeAnswer answer;
  answer.result = result_of(error);
  if (answer.result == NodeResult::refused) answer.why = zerror(error);
  return answer;
}

/// To everyone for reading, and to whom we have proved to be for everything.
struct Acl {
  std::array<::ACL, 2> entries{{{ZOO_PERM_READ, ZOO_ANYONE_ID_UNSAFE}, {ZOO_PERM_ALL, ZOO_AUTH_IDS}}};
  ::ACL_vector all{static_cast<int32_t>(entries.size()), entries.data()};
};

/// Its own messages have no place to go to; what they say is told by the answers, too.
void silence_library() {
  static std::once_flag once;
  std::call_once(once, [] { zoo_set_debug_level(static_cast<ZooLogLevel>(0)); });
}

}  // namespace

struct ZooKeeperHandle::Question {
  ZooKeeperHandle* handle;
  std::string path;
  NodeDone done;
  // Of replace(): the library writes them when the answer comes.
  std::array<zoo_op_result_t, 2> results{};
  std::string made{};

  static void answered(const void* data, NodeAnswer& answer) {
    const std::unique_ptr<const Question> self(static_cast<const Question*>(data));
    self->done(answer);
  }
  /// The library watches what is there, and with exists what is not.
  static void unwatched_if_missing(const void* data, int error) {
    const auto* self = static_cast<const Question*>(data);
    if (error != ZOK) self->handle->watched_.erase(self->path);
  }
  static void on_void(int error, const void* data) {
    NodeAnswer answer = answer_of(error);
    answered(data, answer);
  }
  static void on_string(int error, const char*, const void* data) { on_void(error, data); }
  static void on_stat(int error, const ::Stat* stat, const void* data) {
    NodeAnswer answer = answer_of(error);
    const auto* self = static_cast<const Question*>(data);
    answer.ours = error == ZOK && stat->ephemeralOwner == self->handle->session_id();
    answered(data, answer);
  }
  static void on_data(int error, const char* value, int size, const ::Stat* stat, const void* data) {
    NodeAnswer answer = answer_of(error);
    unwatched_if_missing(data, error);
    if (error == ZOK) {
      if (size > 0) answer.data.assign(value, static_cast<std::size_t>(size));
      answer.version = static_cast<std::uint64_t>(stat->mzxid);
    }
    answered(data, answer);
  }
  static void on_strings(int error, const ::String_vector* strings, const void* data) {
    NodeAnswer answer = answer_of(error);
    unwatched_if_missing(data, error);
    if (error == ZOK && strings != nullptr && strings->count > 0) {
      answer.children.assign(strings->data, strings->data + strings->count);
    }
    answered(data, answer);
  }
};

ZooKeeperHandle::ZooKeeperHandle(const conf::ZooKeeper& config, const std::string& servers, Changed changed)
    : changed_(std::move(changed)), has_auth_(config.auth.has_value()) {
  silence_library();
  const std::lock_guard lock(library_mutex);
  handle_ = zookeeper_init(servers.c_str(), on_event, static_cast<int>(config.session_timeout.count()), nullptr, this,
                           ZOO_NO_LOG_CLIENTENV);
  if (handle_ == nullptr) throw std::runtime_error("the ZooKeeper client can't start: " + std::string(strerror(errno)));
  zoo_set_servers_resolution_delay(handle_, -1);  // addresses are handed in
  if (!config.auth) return;
  const std::string proof = config.auth->user + ":" + config.auth->password;
  zoo_add_auth(handle_, "digest", proof.data(), static_cast<int>(proof.size()), nullptr, nullptr);
}

ZooKeeperHandle::~ZooKeeperHandle() {
  for (auto& [done, answer] : failed_) done(answer);
  const std::lock_guard lock(library_mutex);
  zookeeper_close(handle_);
}

ZooKeeperHandle::Question* ZooKeeperHandle::ask(const std::string& path, NodeDone done) {
  return new Question{this, path, std::move(done)};
}

/// The library has taken the question, or it will never be answered.
void ZooKeeperHandle::sent(int error, Question* question) {
  if (error == ZOK) return;
  const std::unique_ptr<Question> owned(question);
  failed_.emplace_back(std::move(owned->done), answer_of(error));
}

void ZooKeeperHandle::get(const std::string& path, NodeDone done) {
  const std::lock_guard lock(library_mutex);
  Question* question = ask(path, std::move(done));
  watched_.insert(path);
  sent(zoo_awget(handle_, path.c_str(), on_event, this, Question::on_data, question), question);
}

void ZooKeeperHandle::children(const std::string& path, NodeDone done) {
  const std::lock_guard lock(library_mutex);
  Question* question = ask(path, std::move(done));
  watched_.insert(path);
  sent(zoo_awget_children(handle_, path.c_str(), on_event, this, Question::on_strings, question), question);
}

void ZooKeeperHandle::exists(const std::string& path, NodeDone done) {
  const std::lock_guard lock(library_mutex);
  Question* question = ask(path, std::move(done));
  watched_.insert(path);
  sent(zoo_awexists(handle_, path.c_str(), on_event, this, Question::on_stat, question), question);
}

void ZooKeeperHandle::create(const std::string& path, const std::string& data, bool ephemeral, NodeDone done) {
  const std::lock_guard lock(library_mutex);
  Question* question = ask(path, std::move(done));
  Acl acl;
  sent(zoo_acreate(handle_, path.c_str(), data.data(), static_cast<int>(data.size()),
                   has_auth_ ? &acl.all : &ZOO_OPEN_ACL_UNSAFE, ephemeral ? ZOO_EPHEMERAL : ZOO_PERSISTENT,
                   Question::on_string, question),
       question);
}

void ZooKeeperHandle::remove(const std::string& path, NodeDone done) {
  const std::lock_guard lock(library_mutex);
  Question* question = ask(path, std::move(done));
  sent(zoo_adelete(handle_, path.c_str(), -1, Question::on_void, question), question);
}

void ZooKeeperHandle::replace(const std::string& path, const std::string& data, NodeDone done) {
  const std::lock_guard lock(library_mutex);
  Question* question = ask(path, std::move(done));
  question->made.resize(path.size() + 1);
  Acl acl;
  std::array<zoo_op_t, 2> steps{};
  zoo_delete_op_init(&steps[0], path.c_str(), -1);
  zoo_create_op_init(&steps[1], path.c_str(), data.data(), static_cast<int>(data.size()),
                     has_auth_ ? &acl.all : &ZOO_OPEN_ACL_UNSAFE, ZOO_EPHEMERAL, question->made.data(),
                     static_cast<int>(question->made.size()));
  sent(zoo_amulti(handle_, static_cast<int>(steps.size()), steps.data(), question->results.data(), Question::on_void,
                  question),
       question);
}

ZooKeeperHandle::Interest ZooKeeperHandle::interest() {
  for (auto& [done, answer] : std::exchange(failed_, {})) done(answer);
  const std::lock_guard lock(library_mutex);
  Interest out;
  int wanted = 0;
  timeval patience{};
  errno = 0;
  out.error = zookeeper_interest(handle_, &out.fd, &wanted, &patience);
  // The library leaves its sockets to whatever program this one becomes.
  if (out.fd >= 0 && !is_connected()) ::fcntl(out.fd, F_SETFD, FD_CLOEXEC);
  if ((wanted & ZOOKEEPER_READ) != 0) out.events |= POLLIN;
  if ((wanted & ZOOKEEPER_WRITE) != 0) out.events |= POLLOUT;
  out.patience_ms = static_cast<int>(patience.tv_sec * 1000 + (patience.tv_usec + 999) / 1000);
  return out;
}

int ZooKeeperHandle::process(short revents) {
  const std::lock_guard lock(library_mutex);
  int events = 0;
  if ((revents & (POLLIN | POLLERR | POLLHUP)) != 0) events |= ZOOKEEPER_READ;
  if ((revents & (POLLOUT | POLLERR | POLLHUP)) != 0) events |= ZOOKEEPER_WRITE;
  errno = 0;
  const int error = zookeeper_process(handle_, events);
  return error == ZNOTHING ? ZOK : error;
}

bool ZooKeeperHandle::is_connected() const {
  return zoo_state(handle_) == ZOO_CONNECTED_STATE;
}

bool ZooKeeperHandle::is_spent() const {
  return is_unrecoverable(handle_) != ZOK;
}

bool ZooKeeperHandle::is_refused() const {
  return zoo_state(handle_) == ZOO_AUTH_FAILED_STATE;
}

std::string ZooKeeperHandle::server() const {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  auto* raw = reinterpret_cast<sockaddr*>(&peer);
  if (!is_connected() || zookeeper_get_connected_host(handle_, raw, &size) == nullptr) return {};
  const bool v6 = peer.ss_family == AF_INET6;
  const auto* v4_peer = reinterpret_cast<const sockaddr_in*>(&peer);
  const auto* v6_peer = reinterpret_cast<const sockaddr_in6*>(&peer);
  const void* address = v6 ? static_cast<const void*>(&v6_peer->sin6_addr) : &v4_peer->sin_addr;
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(peer.ss_family, address, text.data(), text.size());
  const std::string port = std::to_string(ntohs(v6 ? v6_peer->sin6_port : v4_peer->sin_port));
  return v6 ? "[" + std::string(text.data()) + "]:" + port : std::string(text.data()) + ":" + port;
}

std::chrono::milliseconds ZooKeeperHandle::session_timeout() const {
  return std::chrono::milliseconds(zoo_recv_timeout(handle_));
}

std::int64_t ZooKeeperHandle::session_id() const {
  return zoo_client_id(handle_)->client_id;
}

void ZooKeeperHandle::use_servers(const std::string& servers) {
  const std::lock_guard lock(library_mutex);
  zoo_set_servers(handle_, servers.c_str());
}

void ZooKeeperHandle::forget_watches() {
  const std::lock_guard lock(library_mutex);
  constexpr int kLocally = 1;
  for (const std::string& path : watched_) {
    zoo_aremove_watches(handle_, path.c_str(), ZWATCHTYPE_ANY, on_event, this, kLocally, nullptr, nullptr);
  }
  watched_.clear();
}

void ZooKeeperHandle::on_event(_zhandle*, int type, int, const char* path, void* self) {
  if (type == ZOO_SESSION_EVENT || path == nullptr) return;
  auto* handle = static_cast<ZooKeeperHandle*>(self);
  handle->watched_.erase(path);
  handle->changed_(path, type == ZOO_DELETED_EVENT);
}

std::string ZooKeeperHandle::text_of(int error) {
  const int reason = errno;
  const std::string text = zerror(error);
  const bool says_more = error == ZCONNECTIONLOSS && reason != 0 && reason != EAGAIN && reason != EINPROGRESS;
  return says_more ? text + " (" + strerror(reason) + ")" : text;
}

}  // namespace penstock::discovery
