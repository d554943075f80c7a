// The files that come with the program: they load, they are complete, and the schema says what the loader does.
#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "conf/describe/description.h"
#include "tests/unit/conf/loading.h"

namespace penstock::conf {
namespace {

namespace fs = std::filesystem;

const fs::path kSource = PENSTOCK_SOURCE_DIR;
const fs::path kSchema = kSource / "conf/penstock.schema.json";

std::string read(const fs::path& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

std::vector<std::string> snippets(const char* kind) {
  std::vector<std::string> paths;
  for (const auto& entry : fs::directory_iterator(kSource / "tests/unit/conf/snippets" / kind))
    paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  return paths;
}

/// The names of all properties in a schema, at whatever depth.
void collect_keys(const Json& schema, std::vector<std::string>& keys) {
  if (schema.is_list()) {
    for (const Json& item : schema.list()) collect_keys(item, keys);
  }
  if (!schema.is_map()) return;
  for (const auto& [name, json] : schema.map()) {
    if (name == "properties") {
      for (const auto& property : json.map()) keys.push_back(property.first);
    }
    if (name != "default") collect_keys(json, keys);
  }
}

std::vector<std::string> all_keys() {
  std::vector<std::string> keys;
  collect_keys(file_shape().schema(), keys);
  return keys;
}

class ShippedFiles : public Loading {
 protected:
  Config load_shipped(const char* path) const {
    const LoadResult result = load_file(kSource / path, environment());
    for (const Problem& problem : result.problems) ADD_FAILURE() << problem.text();
    return result.config ? *result.config : Config{};
  }
};

TEST_F(ShippedFiles, TheSchemaIsWhatTheProgramWouldWrite) {
  if (std::getenv("PENSTOCK_UPDATE_FILES")) std::ofstream(kSchema) << json_schema();
  EXPECT_EQ(read(kSchema), json_schema()) << "run the unit tests once with PENSTOCK_UPDATE_FILES=1";
}

TEST_F(ShippedFiles, TheQuickstartLoads) {
  const Config config = load_shipped("conf/quickstart.yaml");
  EXPECT_EQ(config.listeners.at(0).bind.text(), "127.0.0.1:8080");
  EXPECT_EQ(config.admin->bind.text(), "127.0.0.1:9901");
  EXPECT_EQ(config.upstreams.at(0).endpoints.size(), 3u);
}

TEST_F(ShippedFiles, WhatIsInstalledIsReachedFromTheMachineItselfAlone) {
  const Config config = load_shipped("packaging/penstock.yaml");
  EXPECT_EQ(config.listeners.at(0).bind.text(), "127.0.0.1:8080");
  EXPECT_EQ(config.admin->bind.text(), "127.0.0.1:9901");
  EXPECT_EQ(config.state_dir, "/var/lib/penstock");
}

TEST_F(ShippedFiles, TheContainersConfigurationLoads) {
  const Config config = load_shipped("packaging/container.yaml");
  EXPECT_EQ(config.listeners.at(0).bind.text(), "0.0.0.0:8080");
  EXPECT_EQ(config.access_log->path, "stdout");
}

TEST_F(ShippedFiles, TheExampleLoadsAndHasEveryKey) {
  load_shipped("conf/example.yaml");
  const std::string text = read(kSource / "conf/example.yaml");
  for (const std::string& key : all_keys()) EXPECT_NE(text.find(key + ":"), std::string::npos) << key;
}

TEST_F(ShippedFiles, TheReferenceHasEveryKey) {
  const std::string text = read(kSource / "docs/config.md");
  for (const std::string& key : all_keys()) EXPECT_NE(text.find("`" + key + "`"), std::string::npos) << key;
}

TEST_F(ShippedFiles, EveryGoodSnippetLoads) {
  for (const std::string& path : snippets("good")) {
    for (const Problem& problem : load_file(path, environment()).problems) ADD_FAILURE() << problem.text();
  }
}

TEST_F(ShippedFiles, EveryBadSnippetHasOneProblem) {
  for (const std::string& path : snippets("bad")) EXPECT_EQ(load_file(path, environment()).problems.size(), 1u) << path;
}

TEST_F(ShippedFiles, TheSchemaAgreesWithTheLoader) {
  std::string command =
      "python3 '" + (kSource / "tests/unit/conf/schema_agrees.py").string() + "' '" + kSchema.string() + "'";
  for (const std::string& path : snippets("good")) command += " '" + path + "'";
  for (const char* path : {"conf/quickstart.yaml", "conf/example.yaml"})
    command += " '" + (kSource / path).string() + "'";
  command += " --";
  for (const std::string& path : snippets("bad")) command += " '" + path + "'";
  const int status = std::system(command.c_str());
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  if (code == 77 || code == 127) GTEST_SKIP() << "needs python3-jsonschema and python3-yaml";
  EXPECT_EQ(code, 0);
}

}  // namespace
}  // namespace penstock::conf
