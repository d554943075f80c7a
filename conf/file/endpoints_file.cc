#include "conf/file/endpoints_file.h"

#include "conf/describe/parts.h"
#include "conf/registry_text.h"
#include "conf/yaml/document.h"

namespace penstock::conf {
namespace {

void refuse_unix_sockets(const Node& list, const std::vector<Endpoint>& endpoints, Problems& problems) {
  for (std::size_t i = 0; i < endpoints.size(); ++i) {
    if (endpoints[i].address.is_unix())
      problems.add(list.items[i]->mark, "must be host:port: a registry tells no Unix sockets");
  }
}

}  // namespace

EndpointsFile load_endpoints(std::string_view yaml, const std::string& name, const Environment& env, std::size_t most) {
  if (yaml.size() > kMaxFileBytes) return {{}, {{name, 0, 0, "the file is larger than 16 MiB"}}};
  Problems problems(name);
  EndpointsFile file;
  const auto document = parse_yaml(yaml, env, problems);
  if (!document || !document->root->is(Node::Type::map, problems)) return {{}, problems.take()};
  const auto shape = endpoint_list_shape(0, most);
  for (const Entry& entry : document->root->entries) {
    const Problems::About about(problems, entry.key);
    const auto service = read_service(entry.key);
    if (!service) problems.add(entry.mark, service.problem());
    std::vector<Endpoint>& endpoints = file.services[entry.key];
    const std::size_t before = problems.count();
    shape->read(*entry.value, endpoints, problems);
    if (problems.count() == before) refuse_unix_sockets(*entry.value, endpoints, problems);
  }
  file.problems = problems.take();
  return file;
}

}  // namespace penstock::conf
