// Writes a service's list to disk, off the loop: one write at a time, and whatever comes meanwhile after it.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "discovery/saved_list.h"

namespace penstock::io {
class Loop;
}

namespace penstock::discovery {

/// Belongs to the control thread.
class ListSaver {
 public:
  /// How a write ended: the reason if it failed, or nothing. Not called any more once this is gone.
  using Wrote = std::function<void(const std::string& error)>;
  ListSaver(io::Loop& loop, std::string path, Wrote wrote);
  /// What was handed in is written nevertheless, before the loop ends.
  ~ListSaver();
  ListSaver(const ListSaver&) = delete;
  ListSaver& operator=(const ListSaver&) = delete;

  /// In place of what still waits, if there is any.
  void save(SavedList list);
  /// The last one: returns when it is written, unless another one is being written, which it then follows.
  std::string save_last(SavedList list);

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< shared with the write under way
};

}  // namespace penstock::discovery
