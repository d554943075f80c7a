// Every counter that is exported counts something: each is moved here by what it is about, or is on a list with the
// test that moves it. The counters are those of the running gateway, so that a new one fails until somebody moves it.
#include "tests/e2e/counters_of_endpoints.h"

namespace penstock::e2e {
namespace {

const std::vector<MovedElsewhere> kElsewhere = {
    {"accept_errors_total", "exhaustion_test.cc", "Exhaustion, WithoutDescriptorsOpenConnectionsGoOnAndNewOnesWait",
     "takes the gateway its descriptors away"},
    {"upgrades_total{result=\"success\"}", "upgrade_process_test.cc",
     "UpgradeProcess, TheNewOneServesOnTheSamePortsAndTheOldOneEnds", "another process goes on counting"},
    {"upgrades_total{result=\"failure\"}", "upgrade_process_test.cc",
     "UpgradeProcess, TheProgramAtThePathIsStartedAndABrokenOneLeavesTheOldOne", "needs a program that is broken"},
};

const std::vector<NeverMoved> kNever = {
    {"errors_total{reason=\"internal\"}", "counts bugs of ours: moves that the tables of states don't have"},
};

class EveryCounter : public CountersOfEndpoints {
 public:
  /// What goes wrong in one scene leaves the others to be seen.
  void play(const char* title, void (EveryCounter::*scene)()) {
    SCOPED_TRACE(title);
    try {
      (this->*scene)();
    } catch (const HarnessError& error) {
      ADD_FAILURE() << error.what();
    }
  }

  void all_is_well() {
    const Gateway gateway(backend);
    EXPECT_EQ(Client(gateway).ask(post("/", "body")).status(), 200);
    count(gateway, {"http_requests_total", "http_request_duration_seconds_count", "connections_accepted_total",
                    "received_bytes_total", "sent_bytes_total", "upstream_requests_total",
                    "upstream_request_duration_seconds_count", "upstream_connect_duration_seconds_count",
                    "upstream_connects_total", "upstream_received_bytes_total", "event_loop_lag_seconds_count",
                    "control_loop_lag_seconds_count", "process_cpu_seconds_total"});
  }
  void a_registry_tells_lies() {
    const std::string both = "orders: [\"" + backend.address() + "\", \"127.0.0.1:9\"]\n";
    const std::string file = files.write("services.yaml", both);
    std::string yaml = gateway_yaml(backend.address(), {.top = "registries: { local: { file: " + file + " } }\n"});
    const std::string endpoints = "endpoints: [\"" + backend.address() + "\"]";
    yaml.replace(yaml.find(endpoints), endpoints.size(), "discover: { registry: local, service: orders }");
    const Gateway gateway(yaml);
    count(gateway, {"registry_requests_total"});
    files.write("services.yaml", "orders: []\n");
    count(gateway, {"discovery_suspects_total"});
    files.write("services.yaml", "nonsense");
    count(gateway, {"registry_errors_total", "discovery_errors_total"});
  }
  void the_configuration_changes() {
    const auto with = [&](const std::string& top, const std::string& listeners = "") {
      std::string yaml = gateway_yaml(backend.address(), {.top = "drain_timeout: 50ms\n" + top});
      return yaml.insert(yaml.find("listeners:\n") + 11, listeners);
    };
    Gateway gateway(with("", "  - { bind: \"127.0.0.1:0\" }\n"));
    const Client at_a_listener_that_goes = ask_and_wait(Client(gateway.port(1)), "/silent");
    ASSERT_TRUE(gateway.reload(with("")));
    count(gateway, errors({"draining"}));
    const Client under_the_old_one = ask_and_wait(Client(gateway), "/silent");
    ASSERT_TRUE(gateway.reload(with("old_config_timeout: 50ms\n")));
    ASSERT_FALSE(gateway.reload("nonsense"));
    count(gateway,
          joined({errors({"config_replaced"}), each("config_reloads_total", "result", {"success", "failure"})}));
  }
  void somebody_has_no_right_and_the_log_no_room() {
    std::string yaml = gateway_yaml(backend.address(), {.top = "access_log: /dev/full\n"});
    yaml.insert(yaml.find(" }", yaml.find("admin:")), ", token: sesame");
    const Gateway gateway(yaml);
    EXPECT_EQ(gateway.admin("/metrics").status(), 401);
    EXPECT_EQ(Client(gateway).get("/").status(), 200);
    count([&] { return Client(gateway.admin_port()).get("/metrics", "Authorization: Bearer sesame\r\n").body; },
          {"admin_refused_total", "access_log_dropped_total"});
  }
};

TEST_F(EveryCounter, IsMovedByWhatItCounts) {
  play("all is well", &EveryCounter::all_is_well);
  play("clients ask for what is refused", &EveryCounter::clients_ask_for_what_is_refused);
  play("clients pass wait and are refused at limits", &EveryCounter::clients_pass_wait_and_are_refused_at_limits);
  play("clients come in too great a number", &EveryCounter::clients_come_in_too_great_a_number);
  play("proxies do not say whom they serve", &EveryCounter::proxies_do_not_say_whom_they_serve);
  play("clients shake hands", &EveryCounter::clients_shake_hands);
  play("clients are late or strangers", &EveryCounter::clients_are_late_or_strangers);
  play("certificates change", &EveryCounter::certificates_change);
  play("an endpoint fails at requests", &EveryCounter::an_endpoint_fails_at_requests);
  play("an endpoint cannot be reached", &EveryCounter::an_endpoint_can_not_be_reached);
  play("an endpoint is not asked", &EveryCounter::an_endpoint_is_not_asked);
  play("endpoints are asked again", &EveryCounter::endpoints_are_asked_again);
  play("an endpoint is asked beside another or no more", &EveryCounter::an_endpoint_is_asked_beside_another_or_no_more);
  play("endpoints are ejected", &EveryCounter::endpoints_are_ejected);
  play("endpoints are encrypted", &EveryCounter::endpoints_are_encrypted);
  play("a registry tells lies", &EveryCounter::a_registry_tells_lies);
  play("the configuration changes", &EveryCounter::the_configuration_changes);
  play("somebody has no right and the log no room", &EveryCounter::somebody_has_no_right_and_the_log_no_room);
  expect_all_moved(kElsewhere, kNever);
}

}  // namespace
}  // namespace penstock::e2e
