#include "gateway/deployment/reloader.h"

#include <exception>
#include <system_error>
#include <thread>
#include <utility>

#include "gateway/io/background.h"

namespace penstock {
namespace {

/// On a thread of its own, each time: glibc gives it the memory (arena) that the one before has left. Done by whichever
/// thread of the pool, each of these would keep as much as a configuration ever took to be read and compiled.
void in_one_arena(const std::function<void()>& work) {
  try {
    std::thread(work).join();
  } catch (const std::system_error&) {  // there are no more threads to be had
    work();
  }
}

/// A configuration that is good, ready for requests; or what is wrong with it.
Reloader::Outcome make(const Reloader::Load& load, const Reloader::Compile& compile) {
  Reloader::Loaded loaded = load();
  Reloader::Outcome outcome;
  outcome.problems = std::move(loaded.result.problems);
  outcome.text = std::move(loaded.text);
  outcome.from = std::move(loaded.from);
  outcome.warnings = std::move(loaded.warnings);
  outcome.tls = std::move(loaded.tls);
  if (!loaded.result.config) return outcome;
  try {
    outcome.compiled = compile(loaded.result.config, outcome.from, outcome.problems);
  } catch (const std::exception& error) {
    outcome.problems.push_back({"", 0, 0, error.what()});
  }
  return outcome;
}

}  // namespace

Reloader::Reloader(io::Loop& loop, Done done) : loop_(loop), done_(std::move(done)) {}

void Reloader::start(Load load, Compile compile) {
  loop_.assert_here();
  load_ = std::move(load);
  compile_ = std::move(compile);
  if (busy_) {
    again_ = true;
  } else {
    run();
  }
}

void Reloader::run() {
  busy_ = true;
  auto outcome = std::make_shared<Outcome>();
  io::in_background(
      loop_,
      // Kept for this round only: with them stays the configuration that they came from.
      [outcome, load = std::exchange(load_, nullptr), compile = std::exchange(compile_, nullptr)] {
        in_one_arena([&] { *outcome = make(load, compile); });
      },
      alive_.guard([this, outcome] { done_(std::move(*outcome)); }));
}

void Reloader::finished() {
  loop_.assert_here();
  busy_ = false;
  if (std::exchange(again_, false)) run();
}

Reloader::Load with_tls(Reloader::Load load, std::shared_ptr<io::TicketKeys> tickets) {
  return [load = std::move(load), tickets = std::move(tickets)] {
    Reloader::Loaded loaded = load();
    if (!loaded.result.config) return loaded;
    TlsFindings found;
    loaded.tls = load_tls(*loaded.result.config, tickets, loaded.from, found);
    loaded.warnings = std::move(found.warnings);
    if (found.problems.empty()) return loaded;
    loaded.result.problems = std::move(found.problems);
    loaded.result.config = nullptr;
    return loaded;
  };
}

}  // namespace penstock
