#include "gateway/filters/filter.h"

namespace penstock::filters {

void Filter::start(const Scope&, void*) const {}

Verdict Filter::on_request(const Scope&, void*) const {
  return Verdict::go_on();
}

Verdict Filter::resume(const Scope&, void*, bool) const {
  return Verdict::go_on();
}

Verdict Filter::on_fallback(const Scope&, void*) const {
  return Verdict::go_on();
}

std::string_view Filter::on_request_body(const Scope&, void*, std::string_view piece, bool) const {
  return piece;
}

void Filter::on_forward(const Scope&, void*, http::OutgoingRequest&, http::FieldSet&) const {}

void Filter::on_response(const Scope&, void*, http::OutgoingResponse&, http::FieldSet&) const {}

std::string_view Filter::on_response_body(const Scope&, void*, std::string_view piece, bool) const {
  return piece;
}

void Filter::leave(void*, const Outcome&) const {}

bool Filter::crowded(const void*) const {
  return false;
}

}  // namespace penstock::filters
