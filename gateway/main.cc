// The command line. What the program is made of stands in gateway.h.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "conf/load.h"
#include "gateway/demo_backend.h"
#include "gateway/gateway.h"
#include "gateway/version.h"

namespace {

using namespace penstock;

spdlog::level::level_enum level_of(conf::LogLevel level) {
  switch (level) {
    case conf::LogLevel::debug:
      return spdlog::level::debug;
    case conf::LogLevel::warn:
      return spdlog::level::warn;
    case conf::LogLevel::error:
      return spdlog::level::err;
    case conf::LogLevel::info:
      break;
  }
  return spdlog::level::info;
}

void set_up_process_log() {
  auto logger = spdlog::stderr_logger_mt("penstock");
  logger->set_pattern("[%Y-%m-%dT%H:%M:%S.%e%z] [%l] %v");
  logger->flush_on(spdlog::level::debug);
  spdlog::set_default_logger(logger);
}

/// Each connection takes a descriptor or two; the soft limit is often 1,024 for the sake of programs that use select().
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max) return;
  limit.rlim_cur = limit.rlim_max;
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) spdlog::warn("the limit of open files can't be raised");
}

struct Options {
  std::string config;
  bool test = false;
  bool dump = false;
  bool version = false;
  std::string demo_bind = "127.0.0.1:9001";
  std::string demo_name = "demo";
};

/// 0, or 1 after every problem has been printed.
int load(const Options& options, std::shared_ptr<const conf::Config>& config) {
  conf::LoadResult result = conf::load_file(options.config, conf::process_environment());
  for (const conf::Problem& problem : result.problems) std::fprintf(stderr, "%s\n", problem.text().c_str());
  config = std::move(result.config);
  return config ? 0 : 1;
}

int run(const Options& options) {
  if (options.version) {
    std::printf("penstock %.*s (%.*s)\n", static_cast<int>(kVersion.size()), kVersion.data(),
                static_cast<int>(kRevision.size()), kRevision.data());
    return 0;
  }
  if (options.config.empty()) {
    std::fprintf(stderr, "penstock: which configuration? Say -c FILE, or set PENSTOCK_CONFIG\n");
    return 2;
  }
  std::shared_ptr<const conf::Config> config;
  if (const int failed = load(options, config)) return failed;
  if (options.dump) {
    std::fputs(conf::to_yaml(*config).c_str(), stdout);
    return 0;
  }
  if (options.test) {
    std::fprintf(stderr, "%s: the configuration is good\n", options.config.c_str());
    return 0;
  }
  spdlog::set_level(level_of(config->log_level));
  raise_descriptor_limit();
  Gateway(config).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Penstock: an API gateway and HTTP reverse proxy", "penstock");
  app.add_option("-c,--config", options.config, "the configuration")->envname("PENSTOCK_CONFIG")->type_name("FILE");
  app.add_flag("-t,--test", options.test, "check the configuration and exit: 0 if it is good, 1 if not");
  app.add_flag("-T,--dump", options.dump, "print the effective configuration, with every default, and exit");
  app.add_flag("-v,-V,--version", options.version, "print the version and exit");
  CLI::App* demo = app.add_subcommand("demo-backend", "play a backend that answers with what it was asked");
  demo->add_option("--bind", options.demo_bind, "where to listen")->type_name("IP:PORT");
  demo->add_option("--name", options.demo_name, "what to call itself");
  CLI11_PARSE(app, argc, argv);

  set_up_process_log();
  try {
    if (*demo) {
      run_demo_backend(options.demo_bind, options.demo_name);
      return 0;
    }
    return run(options);
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    return 1;
  }
}
