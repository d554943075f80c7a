// What became of a question to ZooKeeper.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace penstock::discovery {

enum class NodeResult {
  ok,
  no_node,
  exists,   ///< only of create
  lost,     ///< the connection: nobody knows whether it was done. All is to be asked anew when there is one again
  refused,  ///< by the server, or by the library; see `why`
};

struct NodeAnswer {
  NodeResult result = NodeResult::lost;
  std::string why;                    ///< of `refused`
  std::string data;                   ///< of get
  std::uint64_t version = 0;          ///< of get: the zxid of the data's last change
  bool ours = false;                  ///< of exists: it belongs to the present session
  std::vector<std::string> children;  ///< of children
};

/// Called once for each question.
using NodeDone = std::function<void(NodeAnswer&)>;

}  // namespace penstock::discovery
