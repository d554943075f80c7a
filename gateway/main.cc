// The command line. What the program is made of stands in gateway.h.
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>

#include "conf/file/load.h"
#include "gateway/cli/config_command.h"
#include "gateway/cli/demo_backend.h"
#include "gateway/cli/upgrade_command.h"
#include "gateway/control/gateway.h"
#include "gateway/deployment/tls_loading.h"
#include "gateway/process/log_level.h"
#include "gateway/process/privileges.h"
#include "gateway/process/root_place.h"
#include "gateway/process/version.h"

namespace {

using namespace penstock;

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
  std::string state_dir;
  std::uint64_t from = 0, to = 0;
  ProgramStart program;
  std::string admin = "http://127.0.0.1:9901";
  std::string admin_token;
  std::string demo_bind = "127.0.0.1:9001";
  std::string demo_name = "demo";
};

/// What the program keeps over restarts, and where: as it is told, or as the service manager says.
std::string state_dir_of(const Options& options, const conf::Config* config) {
  if (!options.state_dir.empty()) return options.state_dir;
  if (config && !config->state_dir.empty()) return config->state_dir;
  return conf::process_environment()("STATE_DIRECTORY").value_or("");
}

/// The text of a key, or else the last one that was good.
bool read_key(const Options& options, Gateway::Start& start) {
  constexpr int kPatienceMs = 10'000;
  constexpr int kPatienceWithAnOldOneMs = 2'000;
  const std::string state_dir = state_dir_of(options, nullptr);
  // A configuration says whom to become, and which files to write: root takes it from nobody else.
  const bool believed = !is_root() || state_dir.empty() || placed_by_root(state_dir + "/config/000001.yaml");
  if (!believed)
    std::fprintf(stderr, "%s: others than root can write there, so no configuration is taken from it\n",
                 state_dir.c_str());
  const auto last = believed ? ConfigStore(state_dir).newest() : std::nullopt;
  std::string why;
  if (auto text = fetch_once(start.origin, last ? kPatienceWithAnOldOneMs : kPatienceMs, why)) {
    start.text = std::move(*text);
    start.from = start.origin.text;
    return true;
  }
  if (!last) {
    std::fprintf(stderr, "%s: %s; and there is none from before in the state directory\n", start.origin.text.c_str(),
                 why.c_str());
    return false;
  }
  std::fprintf(stderr, "%s: %s; starting with version %llu, of %s\n", start.origin.text.c_str(), why.c_str(),
               static_cast<unsigned long long>(last->number), last->about.c_str());
  start.text = last->text;
  start.from = last->about;
  return true;
}

/// False after every problem has been printed.
bool load_certificates(Gateway::Start& start) {
  start.tickets = std::make_shared<io::TicketKeys>(io::Loop::clock());
  TlsFindings found;
  const std::string& from = start.origin.registry ? start.origin.text : start.from;
  start.tls = load_tls(*start.config, start.tickets, from, found);
  for (conf::Problem& warning : found.warnings) {
    warning.message = "warning: " + warning.message;
    std::fprintf(stderr, "%s\n", warning.text().c_str());
  }
  for (const conf::Problem& problem : found.problems) std::fprintf(stderr, "%s\n", problem.text().c_str());
  return found.problems.empty();
}

/// 0, or 1 after every problem has been printed.
int load(const Options& options, Gateway::Start& start) {
  const auto environment = conf::process_environment();
  start.origin = parse_origin(options.config, environment);
  conf::LoadResult result;
  if (start.origin.registry) {
    if (!read_key(options, start)) return 1;
    result = conf::load_text(start.text, start.origin.text, environment);
  } else {
    start.from = start.origin.file;
    result = conf::load_file(start.origin.file, environment, &start.text);
  }
  for (const conf::Problem& problem : result.problems) std::fprintf(stderr, "%s\n", problem.text().c_str());
  start.config = std::move(result.config);
  return start.config ? 0 : 1;
}

/// The same for what upstreams' tls names.
bool load_upstream_tls(Gateway::Start& start) {
  std::vector<conf::Problem> problems;
  start.upstream_tls =
      UpstreamTls::load(*start.config, start.origin.registry ? start.origin.text : start.from, nullptr, problems);
  for (const conf::Problem& problem : problems) std::fprintf(stderr, "%s\n", problem.text().c_str());
  return problems.empty();
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
  Gateway::Start start;
  if (!options.test && !options.dump) start.inheritance = Inheritance::of_this_process();
  if (const int failed = load(options, start)) return failed;
  if (options.dump) {
    std::fputs(conf::to_yaml(*start.config).c_str(), stdout);
    return 0;
  }
  const bool certificates = load_certificates(start);
  if (!load_upstream_tls(start) || !certificates) return 1;
  if (!start.config->user.empty()) Account::find(start.config->user);  // throws if there is none
  if (options.test) {
    std::fprintf(stderr, "%s: the configuration is good\n", options.config.c_str());
    return 0;
  }
  set_log_level(start.config->log_level);
  start.state_dir = state_dir_of(options, start.config.get());
  start.program = options.program;
  raise_descriptor_limit();
  Gateway(std::move(start)).run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  options.program = ProgramStart::of_this_process(argc, argv);
  CLI::App app("Penstock: an API gateway and HTTP reverse proxy", "penstock");
  app.add_option("-c,--config", options.config, "the configuration")
      ->envname("PENSTOCK_CONFIG")
      ->type_name("FILE|zk:PATH|consul:KEY|etcd:KEY");
  app.add_option("--state-dir", options.state_dir, "what is kept over restarts; instead of state_dir")
      ->type_name("DIR");
  app.add_flag("-t,--test", options.test, "check the configuration and exit: 0 if it is good, 1 if not");
  app.add_flag("-T,--dump", options.dump, "print the effective configuration, with every default, and exit");
  app.add_flag("-v,-V,--version", options.version, "print the version and exit");
  CLI::App* demo = app.add_subcommand("demo-backend", "play a backend that answers with what it was asked");
  demo->add_option("--bind", options.demo_bind, "where to listen")->type_name("IP:PORT");
  demo->add_option("--name", options.demo_name, "what to call itself");
  CLI::App* config = app.add_subcommand("config", "the configurations that were in force");
  config->require_subcommand(1);
  CLI::App* history = config->add_subcommand("history", "list them, the newest last");
  CLI::App* diff = config->add_subcommand("diff", "what one has that another has not");
  CLI::App* rollback = config->add_subcommand("rollback", "make the running gateway take one over");
  diff->add_option("from", options.from, "a version's number")->required();
  diff->add_option("to", options.to, "a version's number")->required();
  rollback->add_option("version", options.to, "a version's number")->required();
  CLI::App* upgrade = app.add_subcommand("upgrade", "make the running gateway hand over to a new process");
  for (CLI::App* command : {rollback, upgrade}) {
    command->add_option("--admin", options.admin, "the gateway's admin listener")->type_name("URL");
    command->add_option("--token", options.admin_token, "the gateway's admin.token; better in the environment")
        ->envname("PENSTOCK_ADMIN_TOKEN")
        ->type_name("TOKEN");
  }
  for (CLI::App* command : {history, diff})
    command->add_option("--state-dir", options.state_dir, "the gateway's")->type_name("DIR");
  CLI11_PARSE(app, argc, argv);

  set_up_process_log();
  try {
    if (*demo) {
      run_demo_backend(options.demo_bind, options.demo_name);
      return 0;
    }
    if (*history) return config_history(state_dir_of(options, nullptr));
    if (*diff) return config_diff(state_dir_of(options, nullptr), options.from, options.to);
    if (*upgrade) return run_upgrade(options.admin, options.admin_token);
    if (*rollback) return config_rollback(options.admin, options.admin_token, options.to);
    return run(options);
  } catch (const std::exception& error) {
    spdlog::error("{}", error.what());
    return 1;
  }
}
