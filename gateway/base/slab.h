// Memory for many objects of one type: cut from large blocks, handed out again last freed first, never given back.
#pragma once

#include <cstddef>
#include <memory>
#include <new>
#include <utility>
#include <vector>

namespace penstock {

/// Belongs to one thread. Must outlive what it made. An object costs its size: no allocator header, no rounding.
template <class T>
class Slab {
 public:
  Slab() = default;
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;

  template <class... Args>
  T* make(Args&&... args) {
    if (!free_) grow();
    Cell* cell = free_;
    free_ = cell->next;
    return new (cell->bytes) T(std::forward<Args>(args)...);
  }

  void destroy(T* object) {
    object->~T();
    auto* cell = reinterpret_cast<Cell*>(object);
    cell->next = free_;
    free_ = cell;
  }

 private:
  union Cell {
    Cell* next;
    alignas(T) std::byte bytes[sizeof(T)];
  };
  static constexpr std::size_t kBlockBytes = 64 << 10;
  static constexpr std::size_t kCells = kBlockBytes / sizeof(Cell) > 0 ? kBlockBytes / sizeof(Cell) : 1;

  void grow() {
    blocks_.push_back(std::make_unique_for_overwrite<Cell[]>(kCells));
    for (std::size_t i = kCells; i-- > 0;) {
      Cell& cell = blocks_.back()[i];
      cell.next = free_;
      free_ = &cell;
    }
  }

  Cell* free_ = nullptr;
  std::vector<std::unique_ptr<Cell[]>> blocks_;
};

/// Objects that are kept alive between uses, so that their buffers keep their capacity, as far as T::trim() lets them.
/// Belongs to one thread.
template <class T>
class Recycler {
 public:
  struct Return {
    Recycler* home = nullptr;
    void operator()(T* object) const { home->put_back(object); }
  };
  /// Goes back to its recycler when dropped, which must outlive it.
  using Handle = std::unique_ptr<T, Return>;

  /// The caller brings the object into its starting state.
  Handle take() {
    if (free_.empty()) return Handle(new T(), Return{this});
    T* object = free_.back().release();
    free_.pop_back();
    return Handle(object, Return{this});
  }

 private:
  /// Whoever drops an object may look at what is in it until its call returns. So it is the one before that is trimmed.
  void put_back(T* object) {
    if (!free_.empty()) free_.back()->trim();
    free_.push_back(std::unique_ptr<T>(object));
  }

  std::vector<std::unique_ptr<T>> free_;
};

}  // namespace penstock
