// Whether an object is still there, for what calls back later: a task that is posted, work that is done elsewhere.
#pragma once

#include <memory>
#include <utility>

namespace penstock {

/// A member of the object in question, and gone with it. Declared last it goes first, so that nothing is called while
/// the other members go. Belongs to the object's thread; it says nothing of whoever else may call the object.
class Alive {
 public:
  Alive() = default;
  Alive(const Alive&) = delete;
  Alive& operator=(const Alive&) = delete;

  /// True as long as the object is there. Asked on the object's thread; copied and destroyed on any.
  class Token {
   public:
    explicit operator bool() const { return !life_.expired(); }

   private:
    friend class Alive;
    explicit Token(std::weak_ptr<const char> life) : life_(std::move(life)) {}
    std::weak_ptr<const char> life_;
  };
  Token token() const { return Token(life_); }

  /// Does what `call` does while the object is there, and nothing afterwards. `call` may destroy the object.
  template <class Call>
  auto guard(Call call) const {
    return [here = token(), call = std::move(call)](auto&&... told) mutable {
      if (here) call(std::forward<decltype(told)>(told)...);
    };
  }

 private:
  const std::shared_ptr<const char> life_ = std::make_shared<const char>();
};

}  // namespace penstock
