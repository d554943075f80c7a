#include "gateway/io/http_client.h"

#include <curl/curl.h>

#include <deque>
#include <map>
#include <utility>

#include "gateway/io/fd_watch.h"
#include "gateway/io/http_client_transfer.h"
#include "gateway/io/loop.h"

namespace penstock::io {
namespace {

using TransferPtr = std::shared_ptr<HttpTransfer>;

struct MultiFree {
  void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
};

void init_curl_once() {
  static const CURLcode kDone = curl_global_init(CURL_GLOBAL_DEFAULT);
  (void)kDone;
}

}  // namespace

/// Kept alive by whatever of its functions is running: who is called back may destroy the client.
struct HttpClient::State : std::enable_shared_from_this<State> {
  State(Loop& l, HttpTls t) : loop(l), tls(std::move(t)) {
    init_curl_once();
    multi.reset(curl_multi_init());
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETFUNCTION, &on_socket);
    curl_multi_setopt(multi.get(), CURLMOPT_SOCKETDATA, this);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERFUNCTION, &on_timer);
    curl_multi_setopt(multi.get(), CURLMOPT_TIMERDATA, this);
  }

  static int on_socket(CURL*, curl_socket_t fd, int what, void* self, void*) {
    static_cast<State*>(self)->watch(fd, what);
    return 0;
  }

  static int on_timer(CURLM*, long after_ms, void* self) {
    auto* state = static_cast<State*>(self);
    state->timer.cancel();
    if (after_ms >= 0) state->loop.arm(state->timer, static_cast<Nanos>(after_ms) * kNanosPerMilli);
    return 0;
  }

  void watch(curl_socket_t fd, int what) {
    if (what == CURL_POLL_REMOVE) {
      watches.erase(fd);
      return;
    }
    std::unique_ptr<FdWatch>& entry = watches[fd];
    if (!entry) {
      entry = std::make_unique<FdWatch>(loop, fd, [this, fd](bool readable, bool writable) {
        act(fd, (readable ? CURL_CSELECT_IN : 0) | (writable ? CURL_CSELECT_OUT : 0));
      });
    }
    entry->want((what & CURL_POLL_IN) != 0, (what & CURL_POLL_OUT) != 0);
  }

  void act(curl_socket_t fd, int what) {
    const auto self = shared_from_this();
    int running = 0;
    curl_multi_socket_action(multi.get(), fd, what, &running);
    collect();
    deliver();
  }

  void act_on_timeouts() { act(CURL_SOCKET_TIMEOUT, 0); }

  void collect() {
    int left = 0;
    while (const CURLMsg* message = curl_multi_info_read(multi.get(), &left)) {
      const auto found = transfers.find(message->easy_handle);
      if (message->msg == CURLMSG_DONE && found != transfers.end()) found->second->end(message->data.result);
    }
    for (const auto& [easy, transfer] : transfers) {
      if (transfer->has_news()) queue(transfer);
    }
  }

  void queue(const TransferPtr& transfer) {
    if (!std::exchange(transfer->queued, true)) ready.push_back(transfer);
  }

  void deliver() {
    while (!ready.empty()) {
      const TransferPtr transfer = ready.front();
      ready.pop_front();
      transfer->queued = false;
      tell(transfer);
    }
  }

  bool is_under_way(const TransferPtr& transfer) const { return transfers.contains(transfer->easy()); }

  void tell(const TransferPtr& transfer) {
    if (transfer->take_moved() && transfer->silence.armed()) loop.arm(transfer->silence, transfer->silence_timeout);
    const std::string pieces = transfer->take_pieces();
    if (!pieces.empty() && is_under_way(transfer)) transfer->piece(pieces);
    if (!transfer->finished() || !is_under_way(transfer)) return;
    remove(transfer);
    transfer->done(std::move(transfer->answer));
  }

  void start(const TransferPtr& transfer) {
    transfers.emplace(transfer->easy(), transfer);
    if (transfer->finished()) {
      loop.arm(timer, 0);
      return;
    }
    transfer->wake = [this] { loop.arm(timer, 0); };
    if (transfer->silence_timeout != 0) loop.arm(transfer->silence, transfer->silence_timeout);
    curl_multi_add_handle(multi.get(), transfer->easy());
  }

  void remove(const TransferPtr& transfer) {
    if (transfers.erase(transfer->easy()) == 0) return;
    curl_multi_remove_handle(multi.get(), transfer->easy());
    transfer->silence.cancel();
  }

  void close() {
    while (!transfers.empty()) {
      const TransferPtr first = transfers.begin()->second;
      remove(first);
    }
    ready.clear();
    multi.reset();  // closes what is kept alive
    watches.clear();
    timer.cancel();
  }

  Loop& loop;
  const HttpTls tls;
  std::unique_ptr<CURLM, MultiFree> multi;
  std::map<CURL*, TransferPtr> transfers;
  std::map<curl_socket_t, std::unique_ptr<FdWatch>> watches;
  std::deque<TransferPtr> ready;
  Deadline timer = Deadline::of<&State::act_on_timeouts>(this);
};

namespace {

template <class State>
class Request final : public HttpRequest {
 public:
  Request(std::weak_ptr<State> state, const TransferPtr& transfer) : state_(std::move(state)), transfer_(transfer) {}
  ~Request() override {
    const auto state = state_.lock();
    const TransferPtr transfer = transfer_.lock();
    if (state && transfer) state->remove(transfer);
  }

 private:
  std::weak_ptr<State> state_;
  std::weak_ptr<HttpTransfer> transfer_;
};

}  // namespace

HttpClient::HttpClient(Loop& loop, HttpTls tls) : state_(std::make_shared<State>(loop, std::move(tls))) {}

HttpClient::~HttpClient() {
  state_->close();
}

std::unique_ptr<HttpRequest> HttpClient::fetch(const HttpQuery& query, Done done, Piece piece) {
  state_->loop.assert_here();
  auto transfer = std::make_shared<HttpTransfer>(query, state_->tls, std::move(done), std::move(piece));
  state_->start(transfer);
  return std::make_unique<Request<State>>(state_, std::move(transfer));
}

}  // namespace penstock::io
