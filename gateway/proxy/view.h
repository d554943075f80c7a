// One worker's own working copy of the configuration and the snapshots.
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "gateway/io/loop.h"
#include "gateway/observe/route_book.h"
#include "gateway/proxy/blueprint.h"
#include "gateway/upstream/cluster.h"

namespace penstock::proxy {

/// Belongs to one worker. What requests that began under it use stays as it is until the last of them has ended, also
/// when there is a newer view.
class View final : public io::Disposable {
 public:
  using Clusters = std::vector<std::shared_ptr<upstream::Cluster>>;
  View(std::shared_ptr<const Blueprint> blueprint, Clusters indexed_like_upstreams,
       std::shared_ptr<observe::RouteBook> route_book, std::uint64_t its_number)
      : number(its_number),
        config(*blueprint->config),
        routes(blueprint->routes),
        actions(blueprint->actions),
        chains(blueprint->chains),
        trusted_proxies(blueprint->trusted_proxies),
        degraded(*blueprint->degraded),
        clusters(std::move(indexed_like_upstreams)),
        book(std::move(route_book)),
        blueprint_(std::move(blueprint)) {}

  const std::uint64_t number;  ///< of its worker's views: 1, 2, …
  const conf::Config& config;
  const routing::RouteTable& routes;
  const std::vector<RouteAction>& actions;
  const filters::ChainTable& chains;
  const CidrSet& trusted_proxies;
  const RouteSwitches& degraded;
  Clusters clusters;  ///< indexed like config.upstreams
  const std::shared_ptr<observe::RouteBook> book;

 private:
  friend class ViewRef;
  /// Clusters that are nobody else's go one by one: a thousand of them take milliseconds.
  void disband(io::Loop& loop) {
    for (auto& cluster : clusters) {
      if (cluster.use_count() == 1) loop.post([alone = std::move(cluster)] {});
    }
  }

  const std::shared_ptr<const Blueprint> blueprint_;
  std::uint32_t users_ = 0;
};

/// Keeps a view. On its worker's thread only. The last one to let go frees the view, at the end of the loop's turn:
/// connections of its clusters may be in the middle of a call.
class ViewRef {
 public:
  ViewRef() = default;
  ViewRef(io::Loop& loop, std::unique_ptr<View> view) : loop_(&loop), view_(view.release()) { ++view_->users_; }
  ViewRef(const ViewRef& other) : loop_(other.loop_), view_(other.view_) {
    if (view_) ++view_->users_;
  }
  ViewRef(ViewRef&& other) noexcept : loop_(other.loop_), view_(std::exchange(other.view_, nullptr)) {}
  ViewRef& operator=(ViewRef other) noexcept {
    std::swap(loop_, other.loop_);
    std::swap(view_, other.view_);
    return *this;
  }
  ~ViewRef() { reset(); }

  void reset() {
    View* view = std::exchange(view_, nullptr);
    if (!view || --view->users_ > 0) return;
    view->disband(*loop_);
    loop_->dispose(std::unique_ptr<io::Disposable>(view));
  }
  explicit operator bool() const { return view_ != nullptr; }
  const View* operator->() const { return view_; }
  const View& operator*() const { return *view_; }

 private:
  io::Loop* loop_ = nullptr;
  View* view_ = nullptr;
};

}  // namespace penstock::proxy
