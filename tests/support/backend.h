// A scripted server behind the gateway. A script answers each request; what came is kept, byte for byte.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "tests/support/connection.h"
#include "tests/support/message.h"

namespace penstock::e2e {

class Backend;

/// One request, in the hands of the backend's script. Belongs to that connection's thread.
class Exchange {
 public:
  /// Head and body; the head alone within Backend::on_head().
  const Message& request() const { return request_; }
  /// Counts the backend's requests, from 0.
  std::size_t number() const { return number_; }
  /// Counts its connections, from 0.
  std::size_t connection_number() const { return connection_number_; }

  /// Any bytes, as they are.
  void reply(std::string_view bytes) { connection_.send(bytes); }
  /// 200 with a Content-Length.
  void ok(std::string_view body, std::string_view fields = "");
  /// For Backend::on_head(): the rest of the request.
  const Message& read_body();
  /// Waits until the test calls Backend::release().
  void stall();
  /// Waits until the gateway closes this connection; a failure of the test if it sends something or nothing happens.
  void await_close();
  void close() { connection_.close(); }
  void reset() { connection_.reset(); }
  Connection& connection() { return connection_; }

 private:
  friend class Backend;
  Exchange(Backend& backend, Connection& connection, Message request, std::size_t number,
           std::size_t connection_number);

  Backend& backend_;
  Connection& connection_;
  Message request_;
  std::size_t number_;
  std::size_t connection_number_;
};

/// One thread accepts, one serves each connection. The test may call everything from its own thread at any time. A
/// script that throws (a deadline passed) fails the test; connections that end are part of the game.
class Backend {
 public:
  using Script = std::function<void(Exchange&)>;
  using ConnectionScript = std::function<void(Connection&)>;

  /// Answers 200 "ok" until told otherwise.
  explicit Backend(const SocketAddress& address = SocketAddress::ipv4());
  explicit Backend(Script script);
  ~Backend();
  Backend(const Backend&) = delete;
  Backend& operator=(const Backend&) = delete;

  /// As the configuration writes it.
  std::string address() const { return address_.text(); }

  /// What to do with each request from now on, once its body is read. A script is called by several threads.
  void on_request(Script script);
  /// The same, but called when the head is read: the script reads the body, or leaves it.
  void on_head(Script script);
  /// The script has the whole connection; it is closed when it returns.
  void on_connection(ConnectionScript script);
  /// Every answer is these bytes.
  void answer(std::string bytes);
  /// Lets one stalled script go on, now or when it comes to stall().
  void release(std::size_t scripts = 1);

  /// The requests so far, in the order in which they were read; waits until there are as many.
  std::vector<Message> requests(std::size_t count);
  /// One request: the first.
  Message request() { return requests(1).front(); }
  std::size_t request_count() const;
  /// What has come since the last take.
  std::vector<Message> take_requests();
  /// The only one since the last take; throws HarnessError if it is none, or not the only one.
  Message take_request();
  /// How many connections were accepted.
  std::size_t connections() const;
  /// False if there are not as many within kPatience.
  bool wait_for_connections(std::size_t count);
  /// Waits until as many connections have been closed, by whichever side.
  bool wait_for_closed(std::size_t count);
  /// Everything that came on a connection, counted from 0.
  std::string received(std::size_t connection) const;
  /// Everything that came on all of them.
  std::string received() const;

 private:
  friend class Exchange;
  struct Serving {
    std::shared_ptr<Tape> tape = std::make_shared<Tape>();
    std::thread thread;
  };

  void accept_connections();
  void serve(Fd fd, std::shared_ptr<Tape> tape, std::size_t number);
  /// Returns false when the connection is at its end.
  bool serve_request(Connection& connection, std::size_t connection_number);
  template <typename Condition>
  bool wait_until(Condition condition);

  // Constant after construction.
  SocketAddress address_;
  Fd listener_;
  Fd stop_;  ///< an eventfd: readable when the test is over

  // Shared by all threads, under the mutex.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  Script script_;
  ConnectionScript connection_script_;
  bool head_only_ = false;
  std::size_t tickets_ = 0;  ///< calls of release() that no script has used
  bool stopping_ = false;
  std::size_t accepted_ = 0;
  std::size_t closed_ = 0;
  std::size_t request_count_ = 0;
  std::vector<Message> requests_;
  std::list<Serving> serving_;

  std::thread acceptor_;
};

/// A whole 200 with a Content-Length.
std::string ok_response(std::string_view body, std::string_view fields = "");

}  // namespace penstock::e2e
