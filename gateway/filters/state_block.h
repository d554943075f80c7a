// Where the states of an exchange's filters lie: one block, laid out when the configuration is compiled.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <vector>

namespace penstock::filters {

/// Has a waiting filter go on. Belongs to the exchange, which outlives its filters' states; on its worker's thread.
class Waker {
 public:
  /// Of the filter that has said Verdict::wait. May end the exchange before it returns.
  virtual void wake() = 0;

 protected:
  ~Waker() = default;
};

/// How a kind of state is made and destroyed. Static: kinds are told apart by their address.
struct StateKind {
  std::size_t size;
  std::size_t align;
  void (*make)(void* at, Waker& waker);
  void (*destroy)(void* at);
};

/// Of a State that is made from a Waker&.
template <class State>
inline constexpr StateKind kStateKind = {sizeof(State), alignof(State),
                                         [](void* at, Waker& waker) { new (at) State(waker); },
                                         [](void* at) { static_cast<State*>(at)->~State(); }};

/// The places of all kinds that a configuration uses. Immutable once it is made.
class StateLayout {
 public:
  struct Place {
    const StateKind* kind;
    std::size_t offset;
  };
  /// The offset of the kind's place, which is made if there is none.
  std::size_t place_of(const StateKind& kind);
  const std::vector<Place>& places() const { return places_; }
  std::size_t size() const { return size_; }

 private:
  std::vector<Place> places_;
  std::size_t size_ = 0;
};
using StateLayoutPtr = std::shared_ptr<const StateLayout>;

/// One exchange's. States are kept from request to request, with what memory they have, until another layout is asked
/// for: so a request allocates nothing.
class StateBlock {
 public:
  explicit StateBlock(Waker& waker) : waker_(waker) {}
  ~StateBlock() { clear(); }
  StateBlock(const StateBlock&) = delete;
  StateBlock& operator=(const StateBlock&) = delete;

  void fit(const StateLayoutPtr& layout);
  void* at(std::size_t offset) const { return bytes_.get() + offset; }

 private:
  void clear();

  Waker& waker_;
  StateLayoutPtr layout_;
  std::unique_ptr<std::byte[]> bytes_;
};

}  // namespace penstock::filters
