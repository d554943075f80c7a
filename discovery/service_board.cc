#include "discovery/service_board.h"

#include <utility>

#include "gateway/io/loop.h"

namespace penstock::discovery {

class ServiceBoard::ServiceWatch final : public Watch {
 public:
  ServiceWatch(ServiceBoard& board, std::string service, ServiceSink& sink)
      : board_(board), service_(std::move(service)), sink_(sink) {
    board_.watches_.insert(this);
    if (board_.read_) wake(true);
  }
  ~ServiceWatch() override { board_.watches_.erase(this); }
  void read_again() override { board_.read_again_(); }

  void wake(bool anyway) {
    anyway_ = anyway_ || anyway;
    board_.loop_.arm(soon_, 0);
  }

 private:
  void tell();

  ServiceBoard& board_;
  const std::string service_;
  ServiceSink& sink_;
  bool anyway_ = true;
  std::optional<ServiceList> last_;
  std::string last_error_;
  Deadline soon_ = Deadline::of<&ServiceWatch::tell>(this);
};

void ServiceBoard::ServiceWatch::tell() {
  const bool anyway = std::exchange(anyway_, false);
  std::string why = board_.error_;
  ServiceList list;
  if (why.empty()) list = board_.part_(service_);
  if (list.instances.size() > kMostInstances) why = service_ + " has more than " + std::to_string(kMostInstances);
  const bool same_error = std::exchange(last_error_, why) == why;
  if (!why.empty()) {
    if (!same_error || anyway) sink_.failed(why);
  } else if (last_ != list || !same_error || anyway) {
    last_ = list;
    sink_.listed(std::move(list));
  }
}

std::unique_ptr<Watch> ServiceBoard::watch(const std::string& service, ServiceSink& sink) {
  loop_.assert_here();
  return std::make_unique<ServiceWatch>(*this, service, sink);
}

void ServiceBoard::was_read(bool anyway) {
  loop_.assert_here();
  read_ = true;
  error_.clear();
  for (ServiceWatch* watch : watches_) watch->wake(anyway);
}

void ServiceBoard::failed(std::string why, bool anyway) {
  loop_.assert_here();
  read_ = true;
  error_ = std::move(why);
  for (ServiceWatch* watch : watches_) watch->wake(anyway);
}

}  // namespace penstock::discovery
