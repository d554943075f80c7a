// What the admin listener can be asked to do: POST, a path and a query.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "gateway/admin/pages.h"
#include "gateway/http/message.h"

namespace penstock::admin {

/// The values of an action's parameters, decoded, in the order of Action::parameters.
using Values = std::vector<std::string>;

struct Done {
  bool well = true;
  std::string text;  ///< a sentence for whoever asked
};

struct Action {
  std::string path;
  std::vector<std::string> parameters;  ///< all are needed
  std::string about;
  std::function<Done(const Values&)> act;
};

/// Does what the request asks for: 200, or 409 if that could not be done. A request that a browser sends for another
/// page (it has an Origin) is refused: the listener trusts whoever reaches it, and a browser is a way around that.
Page act(const http::RequestHead& head, const std::vector<Action>& actions);

/// "POST PATH?PARAMETER=…", one to a line.
std::string list_of(const std::vector<Action>& actions);

}  // namespace penstock::admin
