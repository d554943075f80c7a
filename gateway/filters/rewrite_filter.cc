#include "gateway/filters/rewrite_filter.h"

#include <string>

#include "gateway/filters/expand.h"
#include "gateway/filters/path_segments.h"

namespace penstock::filters {

struct RewriteFilter::State {
  explicit State(Waker&) {}
  std::string path;
};

const StateKind* RewriteFilter::state_kind() const {
  return &kStateKind<State>;
}

void RewriteFilter::on_forward(const Scope& scope, void* state, http::OutgoingRequest& request, http::FieldSet&) const {
  if (!request.line.path.starts_with('/')) return;  // OPTIONS * speaks of the whole server
  if (!rewrite_.strip.empty()) {
    request.line.path = without_beginning(request.line.path, rewrite_.strip);
    return;
  }
  std::string& path = static_cast<State*>(state)->path;
  path.clear();
  expand(rewrite_.path, scope, path);
  request.line.path = path;
}

}  // namespace penstock::filters
