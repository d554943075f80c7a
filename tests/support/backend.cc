#include "tests/support/backend.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <utility>

namespace penstock::e2e {

std::string ok_response(std::string_view body, std::string_view fields) {
  std::string bytes = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  bytes.append(fields).append("\r\n").append(body);
  return bytes;
}

Exchange::Exchange(Backend& backend, Connection& connection, Message request, std::size_t number,
                   std::size_t connection_number)
    : backend_(backend),
      connection_(connection),
      request_(std::move(request)),
      number_(number),
      connection_number_(connection_number) {}

void Exchange::ok(std::string_view body, std::string_view fields) {
  reply(ok_response(body, fields));
}

const Message& Exchange::read_body() {
  e2e::read_body(connection_, request_, Framing::request);
  return request_;
}

void Exchange::stall() {
  const bool released = backend_.wait_until([this] {
    if (backend_.tickets_ == 0) return backend_.stopping_;
    --backend_.tickets_;
    return true;
  });
  if (!released) throw TimedOut("nobody released a stalled backend");
}

void Exchange::await_close() {
  if (!connection_.ends()) throw HarnessError("the gateway sent more where it should have closed");
  connection_.close();
}

Backend::Backend(const SocketAddress& address)
    : listener_(listen_on(address)), stop_(must(::eventfd(0, EFD_CLOEXEC), "eventfd")) {
  address_ = SocketAddress::of(listener_);
  script_ = [](Exchange& exchange) { exchange.ok("ok"); };
  acceptor_ = std::thread([this] { accept_connections(); });
}

Backend::Backend(Script script) : Backend() {
  on_request(std::move(script));
}

Backend::~Backend() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  ::eventfd_write(stop_.get(), 1);
  acceptor_.join();
  for (Serving& serving : serving_) serving.thread.join();
}

void Backend::on_request(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
  head_only_ = false;
}

void Backend::on_head(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
  head_only_ = true;
}

void Backend::on_connection(ConnectionScript script) {
  const std::lock_guard lock(mutex_);
  connection_script_ = std::move(script);
}

void Backend::answer(std::string bytes) {
  on_request([bytes = std::move(bytes)](Exchange& exchange) { exchange.reply(bytes); });
}

void Backend::release(std::size_t scripts) {
  {
    const std::lock_guard lock(mutex_);
    tickets_ += scripts;
  }
  changed_.notify_all();
}

void Backend::accept_connections() {
  while (true) {
    pollfd watched[] = {{listener_.get(), POLLIN, 0}, {stop_.get(), POLLIN, 0}};
    ::poll(watched, 2, -1);
    if (watched[1].revents != 0) return;
    Fd fd(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
    if (!fd.is_open()) continue;
    const std::lock_guard lock(mutex_);
    Serving& serving = serving_.emplace_back();
    serving.thread = std::thread([this, tape = serving.tape, number = accepted_++, handle = std::move(fd)]() mutable {
      serve(std::move(handle), std::move(tape), number);
    });
    changed_.notify_all();
  }
}

void Backend::serve(Fd fd, std::shared_ptr<Tape> tape, std::size_t number) {
  try {
    Connection connection(std::move(fd), stop_.get(), std::move(tape));
    std::unique_lock lock(mutex_);
    const ConnectionScript script = connection_script_;
    lock.unlock();
    if (script) {
      script(connection);
    } else {
      while (serve_request(connection, number)) {
      }
    }
  } catch (const Stopped&) {
  } catch (const Ended&) {
  } catch (const std::exception& error) {
    ADD_FAILURE() << "backend connection " << number << ": " << error.what();
  }
  {
    const std::lock_guard lock(mutex_);
    ++closed_;
  }
  changed_.notify_all();
}

bool Backend::serve_request(Connection& connection, std::size_t connection_number) {
  if (!connection.wait_for_bytes()) return false;
  std::unique_lock lock(mutex_);
  const bool head_only = head_only_;
  lock.unlock();
  Message request = head_only ? read_head(connection) : read_message(connection, Framing::request);
  lock.lock();
  const Script script = script_;
  requests_.push_back(request);
  const std::size_t number = request_count_++;
  lock.unlock();
  changed_.notify_all();

  Exchange exchange(*this, connection, std::move(request), number, connection_number);
  script(exchange);
  return connection.is_open();
}

template <typename Condition>
bool Backend::wait_until(Condition condition) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, kPatience, condition);
}

std::vector<Message> Backend::requests(std::size_t count) {
  const bool came = wait_until([&] { return requests_.size() >= count; });
  const std::lock_guard lock(mutex_);
  if (!came) throw TimedOut("the backend got " + std::to_string(requests_.size()) + " requests");
  return requests_;
}

std::size_t Backend::request_count() const {
  const std::lock_guard lock(mutex_);
  return request_count_;
}

std::vector<Message> Backend::take_requests() {
  const std::lock_guard lock(mutex_);
  return std::exchange(requests_, {});
}

Message Backend::take_request() {
  std::vector<Message> requests = take_requests();
  if (requests.size() != 1) throw HarnessError("the backend got " + std::to_string(requests.size()) + " requests");
  return std::move(requests.front());
}

std::size_t Backend::connections() const {
  const std::lock_guard lock(mutex_);
  return accepted_;
}

bool Backend::wait_for_connections(std::size_t count) {
  return wait_until([&] { return accepted_ >= count; });
}

bool Backend::wait_for_closed(std::size_t count) {
  return wait_until([&] { return closed_ >= count; });
}

std::string Backend::received(std::size_t connection) const {
  const std::lock_guard lock(mutex_);
  auto serving = serving_.begin();
  for (; connection > 0 && serving != serving_.end(); --connection) ++serving;
  return serving == serving_.end() ? "" : serving->tape->bytes();
}

std::string Backend::received() const {
  const std::lock_guard lock(mutex_);
  std::string bytes;
  for (const Serving& serving : serving_) bytes += serving.tape->bytes();
  return bytes;
}

}  // namespace penstock::e2e
