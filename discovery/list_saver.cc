#include "discovery/list_saver.h"

#include <optional>
#include <utility>

#include "gateway/io/background.h"
#include "gateway/io/file.h"
#include "gateway/io/loop.h"

namespace penstock::discovery {

struct ListSaver::State : std::enable_shared_from_this<State> {
  State(io::Loop& on, std::string to, Wrote when_done) : loop(on), path(std::move(to)), wrote(std::move(when_done)) {}

  void write(SavedList list) {
    busy = true;
    const auto what = std::make_shared<const SavedList>(std::move(list));
    const auto error = std::make_shared<std::string>();
    io::in_background(
        loop, [what, error, to = path] { *error = io::write_file(to, encode(*what)); },
        [self = shared_from_this(), error] { self->written(*error); });
  }

  void written(const std::string& error) {
    busy = false;
    if (next) {
      write(*std::exchange(next, std::nullopt));
    } else if (wrote) {
      wrote(error);
    }
  }

  io::Loop& loop;
  const std::string path;
  Wrote wrote;
  bool busy = false;
  std::optional<SavedList> next;
};

ListSaver::ListSaver(io::Loop& loop, std::string path, Wrote wrote)
    : state_(std::make_shared<State>(loop, std::move(path), std::move(wrote))) {}

ListSaver::~ListSaver() {
  state_->wrote = nullptr;
}

void ListSaver::save(SavedList list) {
  state_->loop.assert_here();
  if (state_->busy) {
    state_->next = std::move(list);
  } else {
    state_->write(std::move(list));
  }
}

std::string ListSaver::save_last(SavedList list) {
  state_->loop.assert_here();
  if (!state_->busy) return io::write_file(state_->path, encode(list));
  state_->next = std::move(list);
  return {};
}

}  // namespace penstock::discovery
