#include "gateway/http/h1_writer.h"

#include <charconv>

namespace penstock::http {
namespace {

constexpr std::string_view kCrlf = "\r\n";
/// Room for the longest framing and Connection lines, version and line ends.
constexpr std::size_t kFixedBound = 128;

char* put(char* out, std::string_view text) {
  return out + text.copy(out, text.size());
}

char* put_number(char* out, std::uint64_t value) {
  return std::to_chars(out, out + 20, value).ptr;
}

std::size_t fields_bound(std::span<const Field> fields) {
  std::size_t size = 0;
  for (const Field& field : fields) size += field.name.size() + field.value.size() + 4;
  return size;
}

char* put_field(char* out, std::string_view name, std::string_view value) {
  return put(put(put(put(out, name), ": "), value), kCrlf);
}

/// Lines that stand one after the other in the received head are one copy.
char* put_fields(char* out, std::span<const Field> fields) {
  const char* run = nullptr;
  std::size_t run_size = 0;
  for (const Field& field : fields) {
    const std::size_t line_size = field.name.size() + field.value.size() + 4;
    if (field.canonical && run && run + run_size == field.name.data()) {
      run_size += line_size;
      continue;
    }
    if (run) out = put(out, {run, run_size});
    run = nullptr;
    if (field.canonical) {
      run = field.name.data();
      run_size = line_size;
    } else {
      out = put_field(out, field.name, field.value);
    }
  }
  return run ? put(out, {run, run_size}) : out;
}

char* put_rest(char* out, const HeadFields& fields) {
  out = put_fields(out, fields.passed);
  out = put_fields(out, fields.added);
  if (fields.framing.body == BodyKind::length) {
    out = put(put_number(put(out, "Content-Length: "), fields.framing.length), kCrlf);
  } else if (fields.framing.body == BodyKind::chunked) {
    out = put(out, "Transfer-Encoding: chunked\r\n");
  }
  if (!fields.connection.empty()) out = put_field(out, "Connection", fields.connection);
  return put(out, kCrlf);
}

std::size_t rest_bound(const HeadFields& fields) {
  return fields_bound(fields.passed) + fields_bound(fields.added) + fields.connection.size() + kFixedBound;
}

}  // namespace

std::size_t head_bound(const RequestLine& line, const HeadFields& fields) {
  return line.method.size() + line.path.size() + line.query.size() + rest_bound(fields);
}

char* write_head(char* out, const RequestLine& line, const HeadFields& fields) {
  out = put(put(put(out, line.method), " "), line.path);
  if (line.has_query) out = put(put(out, "?"), line.query);
  return put_rest(put(out, " HTTP/1.1\r\n"), fields);
}

std::size_t head_bound(const StatusLine& line, const HeadFields& fields) {
  return line.reason.size() + rest_bound(fields);
}

char* write_head(char* out, const StatusLine& line, const HeadFields& fields) {
  out = put_number(put(out, "HTTP/1.1 "), static_cast<std::uint64_t>(line.status));
  return put_rest(put(put(put(out, " "), line.reason), kCrlf), fields);
}

char* write_chunk_size(char* out, std::uint64_t size) {
  return put(std::to_chars(out, out + 16, size, 16).ptr, kCrlf);
}

std::size_t last_chunk_bound(std::span<const Field> trailers) {
  return fields_bound(trailers) + 8;
}

char* write_last_chunk(char* out, std::span<const Field> trailers) {
  return put(put_fields(put(out, "0\r\n"), trailers), kCrlf);
}

}  // namespace penstock::http
