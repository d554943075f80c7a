#include "gateway/io/http_client_transfer.h"

#include <curl/curl.h>

#include <algorithm>
#include <utility>

namespace penstock::io {
namespace {

/// All fields of an answer together, names and values.
constexpr std::size_t kMostFieldBytes = 64 << 10;

/// curl writes what it is given: a line break would begin another field.
bool is_one_line(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == text.npos;
}

long to_millis(Nanos time) {
  constexpr Nanos kDay = 86'400 * kNanosPerSecond;
  return static_cast<long>((std::min(time, kDay) + kNanosPerMilli - 1) / kNanosPerMilli);
}

std::string_view without_blanks(std::string_view text) {
  constexpr std::string_view kBlanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kBlanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

std::size_t on_field(char* bytes, std::size_t, std::size_t size, void* transfer) {
  return static_cast<HttpTransfer*>(transfer)->took_field({bytes, size}) ? size : 0;
}

std::size_t on_body(char* bytes, std::size_t, std::size_t size, void* transfer) {
  // Fewer bytes than were given end the transfer; and 0 of 0 must not.
  return static_cast<HttpTransfer*>(transfer)->took_body({bytes, size}) ? size : size + 1;
}

/// curl reads an option's number as a long, whatever the type of what it is given.
void set(CURL* easy, CURLoption option, long value) {
  curl_easy_setopt(easy, option, value);
}

void set_tls(CURL* easy, const HttpTls& tls) {
  set(easy, CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2);
  set(easy, CURLOPT_SSL_VERIFYPEER, tls.verify ? 1 : 0);
  set(easy, CURLOPT_SSL_VERIFYHOST, tls.verify ? 2 : 0);
  if (!tls.ca.empty()) {
    curl_easy_setopt(easy, CURLOPT_CAINFO, tls.ca.c_str());
    curl_easy_setopt(easy, CURLOPT_CAPATH, nullptr);  // else the system's authorities would do, too
  }
  if (tls.cert.empty()) return;
  curl_easy_setopt(easy, CURLOPT_SSLCERT, tls.cert.c_str());
  curl_easy_setopt(easy, CURLOPT_SSLKEY, tls.key.c_str());
}

void set_times(CURL* easy, const HttpQuery& query) {
  set(easy, CURLOPT_CONNECTTIMEOUT_MS, std::max(1L, to_millis(query.connect_timeout)));
  set(easy, CURLOPT_TIMEOUT_MS, to_millis(query.timeout));
  set(easy, CURLOPT_TCP_KEEPALIVE, 1);
  set(easy, CURLOPT_TCP_KEEPIDLE, 10);
  set(easy, CURLOPT_TCP_KEEPINTVL, 5);
}

/// What holds for every request.
void set_manners(CURL* easy) {
  set(easy, CURLOPT_NOSIGNAL, 1);
  set(easy, CURLOPT_FOLLOWLOCATION, 0);
  curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
  curl_easy_setopt(easy, CURLOPT_PROXY, "");  // and not what the environment says
  set(easy, CURLOPT_HTTP_VERSION, CURL_HTTP_VERSION_1_1);
  curl_easy_setopt(easy, CURLOPT_USERAGENT, "penstock");
  // A name is looked up by a thread of curl's. Without this, to cancel meanwhile is to wait for that thread.
  set(easy, CURLOPT_QUICK_EXIT, 1);
}

bool has_type(const HttpQuery& query) {
  return std::any_of(query.fields.begin(), query.fields.end(),
                     [](const auto& field) { return lower(field.first) == "content-type"; });
}

}  // namespace

std::string_view HttpAnswer::get(std::string_view name) const {
  for (const auto& [field, value] : fields) {
    if (field == name) return value;
  }
  return {};
}

void EasyFree::operator()(void* easy) const {
  curl_easy_cleanup(easy);
}

void ListFree::operator()(curl_slist* list) const {
  curl_slist_free_all(list);
}

HttpTransfer::HttpTransfer(const HttpQuery& query, const HttpTls& tls, HttpClient::Done d, HttpClient::Piece p)
    : done(std::move(d)),
      piece(std::move(p)),
      silence_timeout(query.silence_timeout),
      easy_(curl_easy_init()),
      body_(query.body),
      max_bytes_(query.max_bytes),
      curl_error_(CURL_ERROR_SIZE, '\0') {
  CURL* easy = easy_.get();
  curl_easy_setopt(easy, CURLOPT_URL, query.url.c_str());
  curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, curl_error_.data());
  curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &on_field);
  curl_easy_setopt(easy, CURLOPT_HEADERDATA, this);
  curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &on_body);
  curl_easy_setopt(easy, CURLOPT_WRITEDATA, this);
  set_manners(easy);
  set_times(easy, query);
  set_tls(easy, tls);
  set_body(query.method);
  if (!set_fields(query)) fail("a field of the request has a line break in it");
}

void HttpTransfer::set_body(const std::string& method) {
  CURL* easy = easy_.get();
  if (method == "HEAD") set(easy, CURLOPT_NOBODY, 1);
  if (!body_.empty() || method == "POST" || method == "PUT") {
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(body_.size()));
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body_.c_str());
  }
  curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, method.c_str());
}

bool HttpTransfer::set_fields(const HttpQuery& query) {
  std::vector<std::string> lines{"Expect:"};  // no "100-continue"; and no type that curl makes up for a body
  if (!has_type(query)) lines.emplace_back("Content-Type:");
  for (const auto& [name, value] : query.fields) {
    if (name.empty() || !is_one_line(name) || !is_one_line(value)) return false;
    lines.push_back(value.empty() ? name + ";" : name + ": " + value);
  }
  for (const std::string& line : lines) {
    curl_slist* longer = curl_slist_append(fields_.get(), line.c_str());
    (void)fields_.release();
    fields_.reset(longer);
  }
  curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, fields_.get());
  return true;
}

int HttpTransfer::status() const {
  long code = 0;
  curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &code);
  return static_cast<int>(code);
}

bool HttpTransfer::took_field(std::string_view line) {
  moved_ = true;
  if (line.starts_with("HTTP/")) {  // an interim answer's fields are not the answer's
    answer.fields.clear();
    field_bytes_ = 0;
  }
  field_bytes_ += line.size();
  if (field_bytes_ > kMostFieldBytes) {
    own_error_ = "the answer's fields are longer than " + std::to_string(kMostFieldBytes) + " bytes";
    return false;
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos) return true;
  answer.fields.emplace_back(lower(without_blanks(line.substr(0, colon))), without_blanks(line.substr(colon + 1)));
  return true;
}

bool HttpTransfer::took_body(std::string_view bytes) {
  moved_ = true;
  if (piece && status() == 200) {
    pieces_ += bytes;
    return true;
  }
  if (bytes.size() > max_bytes_ - answer.body.size()) {
    own_error_ = "the answer is longer than " + std::to_string(max_bytes_) + " bytes";
    return false;
  }
  answer.body += bytes;
  return true;
}

void HttpTransfer::end(int code) {
  if (finished_) return;
  finished_ = true;
  if (code == CURLE_OK && own_error_.empty()) {
    answer.status = status();
    return;
  }
  answer = HttpAnswer{};
  answer.error = !own_error_.empty()      ? own_error_
                 : curl_error_[0] != '\0' ? curl_error_.substr(0, curl_error_.find('\0'))
                                          : std::string(curl_easy_strerror(static_cast<CURLcode>(code)));
}

void HttpTransfer::fail(std::string why) {
  own_error_ = std::move(why);
  end(CURLE_ABORTED_BY_CALLBACK);
}

void HttpTransfer::fell_silent() {
  fail("nothing came for " + std::to_string(to_millis(silence_timeout)) + " ms");
  wake();
}

}  // namespace penstock::io
