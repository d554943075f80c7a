// A small file that others change, told whenever its text has changed.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>

namespace penstock::io {

class Loop;

struct FileText {
  std::string text;
  std::string error;  ///< why it cannot be read; empty otherwise
};

/// Follows a path, not a file: it may be written in place, renamed over, deleted and made again, or be a symbolic link
/// of which some part is exchanged (as Kubernetes does with ConfigMaps). The folder is watched (inotify), and besides
/// the path is looked at every second, because events get lost with links and network file systems.
///
/// What is just being written is left alone until it has rested for 100 ms, or for a second at most. Belongs to the
/// loop's thread; files are read by others.
class FileWatch {
 public:
  /// Called from the loop: soon after construction, and then for each change, of text or error. May destroy this.
  using Told = std::function<void(FileText text)>;
  FileWatch(Loop& loop, std::string path, std::size_t max_bytes, Told told);
  ~FileWatch();
  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;

  /// Reads it anew, and tells what there is also if it is the same.
  void read_again();

 private:
  struct State;
  std::shared_ptr<State> state_;  ///< reads under way know it weakly
};

}  // namespace penstock::io
