#include "gateway/reloader.h"

#include <exception>
#include <utility>

#include "gateway/io/background.h"

namespace penstock {

Reloader::Reloader(io::Loop& loop, Done done)
    : loop_(loop), done_(std::move(done)), here_(std::make_shared<bool>(true)) {}

Reloader::~Reloader() {
  *here_ = false;
}

void Reloader::start(Load load, Compile compile) {
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
      [outcome, load = load_, compile = compile_] {
        Loaded loaded = load();
        outcome->problems = std::move(loaded.result.problems);
        outcome->text = std::move(loaded.text);
        outcome->from = std::move(loaded.from);
        outcome->warnings = std::move(loaded.warnings);
        outcome->tls = std::move(loaded.tls);
        if (!loaded.result.config) return;
        try {
          outcome->compiled = compile(loaded.result.config, outcome->from, outcome->problems);
        } catch (const std::exception& error) {
          outcome->problems.push_back({"", 0, 0, error.what()});
        }
      },
      [this, outcome, here = here_] {
        if (*here) done_(std::move(*outcome));
      });
}

void Reloader::finished() {
  busy_ = false;
  if (std::exchange(again_, false)) run();
}

}  // namespace penstock
