// The keys of `balancer` and `sticky`: which endpoint a request goes to.
#include "conf/balancer_policy.h"
#include "conf/describe/parsed_shape.h"
#include "conf/describe/parts.h"
#include "conf/describe/scalar_shapes.h"
#include "conf/describe/section.h"
#include "conf/describe/wrapping_shapes.h"
#include "conf/environment.h"
#include "conf/http_text.h"
#include "conf/request_key.h"

namespace penstock::conf {
namespace {

/// Browsers keep no cookie for longer (RFC 6265bis §5.6.1: 400 days).
constexpr milliseconds kLongestCookie = std::chrono::hours(400 * 24);

std::string users_of(PolicyKey key) {
  std::string names;
  for (const auto& [name, policy] : kBalancerPolicies) {
    if (uses(policy, key)) names += (names.empty() ? "" : " and ") + std::string(name);
  }
  return names;
}

void check_policy(const Balancer& balancer, const Node& node, Problems& problems) {
  for (const auto& [name, key] : kPolicyKeys) {
    const Entry* entry = node.find(name);
    if (!entry || uses(balancer.policy, key)) continue;
    problems.add(entry->mark,
                 std::string(name) + " is for " + users_of(key) + ", not for " + std::string(name_of(balancer.policy)));
  }
}

Json policy_schema() {
  Json::Map dependent;
  for (const auto& [name, key] : kPolicyKeys) {
    Json::List users;
    for (const auto& [user, policy] : kBalancerPolicies) {
      if (uses(policy, key)) users.emplace_back(user);
    }
    const Json policy = or_environment(Json::Map{{"enum", users}});
    dependent.emplace_back(
        name, Json::Map{{"required", Json::List{"policy"}}, {"properties", Json::Map{{"policy", policy}}}});
  }
  return Json::Map{{"dependentSchemas", dependent}};
}

bool begins(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

/// Browsers keep a cookie of such a name only if it is secure (RFC 6265bis §4.1.3).
bool must_be_secure(std::string_view cookie) {
  return begins(cookie, "__Secure-") || begins(cookie, "__Host-");
}

std::string needs(std::string_view cookie, const char* what) {
  return "a cookie with the name " + in_quotes(cookie) + " needs " + what;
}

/// The short form, which has nothing beside the name.
Parsed<std::string> read_lone_cookie(std::string_view text) {
  if (must_be_secure(text)) return Failure{needs(text, "secure: true")};
  return read_cookie_name(text);
}

/// What browsers would drop.
void check_cookie(const Sticky& sticky, const Node& node, Problems& problems) {
  if (must_be_secure(sticky.cookie) && !sticky.secure) {
    problems.add(node.mark, needs(sticky.cookie, "secure: true"));
  } else if (sticky.same_site == SameSite::none && !sticky.secure) {
    problems.add(node.find("same_site")->value->mark, "same_site: none needs secure: true");
  }
  if (begins(sticky.cookie, "__Host-") && sticky.path != "/") problems.add(node.mark, needs(sticky.cookie, "path: /"));
  if (sticky.max_age && *sticky.max_age % std::chrono::seconds(1) != milliseconds(0)) {
    problems.add(node.find("max_age")->value->mark, "max_age: must be whole seconds");
  }
}

Json cookie_schema() {
  const Json same_site = Json::Map{{"same_site", Json::Map{{"const", "none"}}}};
  const Json secure = Json::Map{{"secure", Json::Map{{"not", Json::Map{{"enum", Json::List{false, "false"}}}}}}};
  return Json::Map{{"if", Json::Map{{"required", Json::List{"same_site"}}, {"properties", same_site}}},
                   {"then", Json::Map{{"required", Json::List{"secure"}}, {"properties", secure}}}};
}

}  // namespace

ShapeOf<RequestKey> request_key_shape() {
  return parsed<RequestKey>(
      parse_request_key, [](const RequestKey& key) { return escape_environment(key.text()); },
      text_schema("^(client_ip|path|(header|cookie|query):[!#$%&'*+.^_`|~0-9A-Za-z-]+)$"));
}

ShapeOf<Balancer> balancer_shape() {
  const auto used = [](PolicyKey key) { return [=](const Balancer& balancer) { return uses(balancer.policy, key); }; };
  auto section = std::make_shared<Section<Balancer>>();
  section->key("policy", &Balancer::policy, choice(kBalancerPolicies), "How an endpoint is chosen.");
  section
      ->key("key", &Balancer::key, request_key_shape(),
            "What requests are told apart by: client_ip (unless set), path, header:NAME, cookie:NAME or query:NAME. "
            "For consistent_hash and maglev.")
      .when(used(PolicyKey::key));
  section
      ->key("virtual_nodes", &Balancer::virtual_nodes, number<std::uint32_t>(1, 10'000),
            "Points on the ring for each unit of weight; 160 unless set. For consistent_hash.")
      .when(used(PolicyKey::virtual_nodes));
  section->key("bounded_load", &Balancer::bounded_load, optional(decimal(1.01, 10)),
               "The most requests in flight that an endpoint gets, as a multiple of the mean; no bound unless set. "
               "For consistent_hash.");
  section
      ->key("consistent", &Balancer::consistent, truth(),
            "Whether clients stay where they are as endpoints come and go; false unless set. For source_hash.")
      .when(used(PolicyKey::consistent));
  section
      ->key("decay", &Balancer::decay, duration(), "How long a latency is remembered; 10s unless set. For peak_ewma.")
      .when(used(PolicyKey::decay));
  section->rule(check_policy, policy_schema());
  return short_form(&Balancer::policy, choice(kBalancerPolicies), ShapeOf<Balancer>(section));
}

ShapeOf<Sticky> sticky_shape() {
  const auto cookie = text_like(kTokenPattern, read_cookie_name);
  const auto same_site =
      choice<SameSite>({{"strict", SameSite::strict}, {"lax", SameSite::lax}, {"none", SameSite::none}});
  auto section = std::make_shared<Section<Sticky>>();
  section->key("cookie", &Sticky::cookie, cookie, "The cookie's name.", Need::required);
  section->key("secret", &Sticky::secret, secret(16),
               "Signs the cookie; the same in all gateways. Left out: made anew at each start. Never written out.");
  section->key("path", &Sticky::path, text_like("^/[^;]*$", read_cookie_path), "The cookie's Path.");
  section->key("max_age", &Sticky::max_age, optional(duration(std::chrono::seconds(1), kLongestCookie)),
               "The cookie's Max-Age. Left out: until the browser is closed.");
  section->key("secure", &Sticky::secure, truth(), "Whether browsers send it over TLS only.");
  section->key("same_site", &Sticky::same_site, same_site, "The cookie's SameSite; none needs secure.");
  section->rule(check_cookie, cookie_schema());
  return short_form(&Sticky::cookie, text_like(kTokenPattern, read_lone_cookie), ShapeOf<Sticky>(section));
}

}  // namespace penstock::conf
