#include "conf/file/load.h"

#include <cerrno>
#include <cstdio>
#include <cstring>

#include "conf/describe/description.h"
#include "conf/file/resolve.h"
#include "conf/yaml/document.h"

namespace penstock::conf {
namespace {

LoadResult only_problem(const std::string& file, std::string message) {
  return {nullptr, {{file, 0, 0, std::move(message)}}};
}

/// Fails with the system's message, or stops one byte beyond the bound.
std::optional<std::string> read_all(const std::string& path) {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path.c_str(), "rb"), std::fclose);
  if (!file) return std::nullopt;
  std::string text;
  char buffer[64 << 10];
  while (text.size() <= kMaxFileBytes) {
    const std::size_t count = std::fread(buffer, 1, sizeof buffer, file.get());
    text.append(buffer, count);
    if (count == 0) break;
  }
  if (std::ferror(file.get())) return std::nullopt;
  return text;
}

}  // namespace

LoadResult load_text(std::string_view yaml, const std::string& name, const Environment& env) {
  if (yaml.size() > kMaxFileBytes) return only_problem(name, "the file is larger than 16 MiB");
  Problems problems(name);
  const auto document = parse_yaml(yaml, env, problems);
  if (!document) return {nullptr, problems.take()};
  Draft draft;
  file_shape().read(*document->root, draft, problems);
  auto config = std::make_shared<const Config>(resolve(std::move(draft), problems));
  if (problems.count() > 0) config = nullptr;
  return {std::move(config), problems.take()};
}

LoadResult load_file(const std::string& path, const Environment& env, std::string* text) {
  errno = 0;
  const auto read = read_all(path);
  if (!read) return only_problem(path, std::string("cannot be read: ") + std::strerror(errno));
  if (text) *text = *read;
  return load_text(*read, path, env);
}

std::string to_yaml(const Config& config) {
  return to_yaml_text(file_shape().write(to_draft(config)));
}

std::string json_schema() {
  Json schema =
      Json::Map{{"$schema", "https://json-schema.org/draft/2020-12/schema"},
                {"title", "Penstock configuration"},
                {"description", "${NAME} and ${NAME:-default} in any value stand for environment variables."}};
  const Json file = file_shape().schema();
  for (const auto& [name, json] : file.map()) schema.set(name, json);
  return to_json_text(schema);
}

}  // namespace penstock::conf
