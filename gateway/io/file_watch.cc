#include "gateway/io/file_watch.h"

#include <uv.h>

#include <filesystem>
#include <optional>
#include <string_view>
#include <utility>

#include "gateway/base/deadline_wheel.h"
#include "gateway/io/background.h"
#include "gateway/io/file_look.h"
#include "gateway/io/loop.h"

namespace penstock::io {
namespace {

constexpr Nanos kLookEvery = kNanosPerSecond;
constexpr Nanos kRest = 100 * kNanosPerMilli;
constexpr Nanos kLongestUnrest = kNanosPerSecond;

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

}  // namespace

struct FileWatch::State : std::enable_shared_from_this<State> {
  State(Loop& l, std::string p, std::size_t bytes, Told t)
      : loop(l), path(std::move(p)), max_bytes(bytes), told(std::move(t)) {}

  void watch_folder();
  void close();
  void something_happened();
  void look();
  void looked(FileLook look);
  void tell(FileLook& look);

  Loop& loop;
  const std::string path;
  const std::size_t max_bytes;
  const Told told;

  uv_fs_event_t* events = nullptr;  ///< freed when libuv has closed it; null while the folder cannot be watched
  bool looking = false;
  bool tell_anyway = false;                                      ///< read_again() was called
  bool looked_before_that = false;                               ///< ... while a look was under way already
  Nanos unrest_since = 0;                                        ///< 0: nothing is being written
  FileIdentity known{};                                          ///< of the last look that was resting
  std::optional<std::pair<std::size_t, std::size_t>> last_text;  ///< size and hash
  std::optional<std::string> last_error;
  Deadline next = Deadline::of<&State::look>(this);
};

void FileWatch::State::watch_folder() {
  if (events) return;
  auto* handle = new uv_fs_event_t;
  if (uv_fs_event_init(loop.raw(), handle) != 0) {
    delete handle;
    return;
  }
  events = handle;
  events->data = this;
  const auto happened = [](uv_fs_event_t* h, const char*, int, int status) {
    auto* state = static_cast<State*>(h->data);
    if (!state) return;
    if (status != 0) state->close();
    state->something_happened();
  };
  if (uv_fs_event_start(events, happened, folder_of(path).c_str(), 0) != 0) close();
}

void FileWatch::State::close() {
  if (!events) return;
  events->data = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(std::exchange(events, nullptr)),
           [](uv_handle_t* handle) { delete reinterpret_cast<uv_fs_event_t*>(handle); });
}

/// Each event puts the look off again, within bounds.
void FileWatch::State::something_happened() {
  const Nanos now = loop.now();
  if (unrest_since == 0) unrest_since = now;
  if (now - unrest_since < kLongestUnrest) loop.arm(next, kRest);
}

void FileWatch::State::look() {
  if (looking) return;
  // A folder that was exchanged is another one: its old watch hears nothing any more.
  if (last_error) close();
  watch_folder();
  looking = true;
  looked_before_that = false;
  unrest_since = 0;
  auto result = std::make_shared<FileLook>();
  in_background(
      loop,
      [result, path = path, most = max_bytes, before = tell_anyway ? FileIdentity{} : known] {
        *result = look_at(path, most, before);
      },
      [result, weak = weak_from_this()] {
        if (const auto state = weak.lock()) state->looked(std::move(*result));
      });
}

void FileWatch::State::looked(FileLook look) {
  looking = false;
  loop.arm(next, unrest_since != 0 || looked_before_that ? kRest : kLookEvery);
  known = look.resting ? look.identity : FileIdentity{};
  tell(look);
}

void FileWatch::State::tell(FileLook& look) {
  if (!look.read && look.error.empty()) return;
  const bool anyway = tell_anyway && !looked_before_that;
  if (anyway) tell_anyway = false;
  if (!look.error.empty()) {
    last_text.reset();
    if (std::exchange(last_error, look.error) == look.error && !anyway) return;
  } else {
    last_error.reset();
    const std::pair text(look.text.size(), std::hash<std::string_view>{}(look.text));
    if (std::exchange(last_text, text) == text && !anyway) return;
  }
  told({std::move(look.text), std::move(look.error)});
}

FileWatch::FileWatch(Loop& loop, std::string path, std::size_t max_bytes, Told told)
    : state_(std::make_shared<State>(loop, std::move(path), max_bytes, std::move(told))) {
  loop.arm(state_->next, 0);
}

FileWatch::~FileWatch() {
  state_->close();
  state_->next.cancel();
}

void FileWatch::read_again() {
  state_->loop.assert_here();
  state_->tell_anyway = true;
  state_->looked_before_that = state_->looking;
  if (!state_->looking) state_->loop.arm(state_->next, kRest);
}

}  // namespace penstock::io
