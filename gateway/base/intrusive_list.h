// A doubly linked list through its members: no allocation, O(1) removal. Links unlink themselves when destroyed.
#pragma once

#include <cassert>

namespace penstock {

/// A place in at most one list. Address-stable: neither copied nor moved.
class ListLink {
 public:
  ListLink() = default;
  ~ListLink() { unlink(); }
  ListLink(const ListLink&) = delete;
  ListLink& operator=(const ListLink&) = delete;

  bool linked() const { return next_ != nullptr; }
  void unlink() {
    if (!next_) return;
    prev_->next_ = next_;
    next_->prev_ = prev_;
    prev_ = next_ = nullptr;
  }

 private:
  template <class T>
  friend class IntrusiveList;
  ListLink* prev_ = nullptr;
  ListLink* next_ = nullptr;
};

/// List of T, where T derives from ListLink. Owns nothing: members must be unlinked or outlived.
template <class T>
class IntrusiveList {
 public:
  IntrusiveList() { clear(); }
  ~IntrusiveList() {
    // T may be incomplete here. The analyzer takes a list for broken whose front() it has seen to be null.
    while (!empty()) head_.next_->unlink();  // NOLINT(clang-analyzer-core.CallAndMessage)
    head_.next_ = head_.prev_ = nullptr;
  }
  IntrusiveList(const IntrusiveList&) = delete;
  IntrusiveList& operator=(const IntrusiveList&) = delete;

  bool empty() const { return head_.next_ == &head_; }
  void push_back(T& item) { insert(*head_.prev_, item); }
  void push_front(T& item) { insert(head_, item); }
  T* front() { return empty() ? nullptr : static_cast<T*>(head_.next_); }
  T* back() { return empty() ? nullptr : static_cast<T*>(head_.prev_); }
  T* pop_front() {
    T* item = front();
    if (item) static_cast<ListLink*>(item)->unlink();
    return item;
  }
  /// Calls visit for each member; it may unlink the one that it is given, and no other.
  template <class Visit>
  void for_each(Visit visit) {
    for (ListLink* link = head_.next_; link != &head_;) {
      ListLink* const next = link->next_;
      visit(*static_cast<T*>(link));
      link = next;
    }
  }
  /// Takes all members of the other list.
  void splice(IntrusiveList& other) {
    while (T* item = other.pop_front()) push_back(*item);
  }

 private:
  void clear() { head_.next_ = head_.prev_ = &head_; }
  static void insert(ListLink& after, ListLink& link) {
    assert(!link.linked());
    link.prev_ = &after;
    link.next_ = after.next_;
    after.next_->prev_ = &link;
    after.next_ = &link;
  }

  ListLink head_;
};

}  // namespace penstock
