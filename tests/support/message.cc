#include "tests/support/message.h"

#include <strings.h>

#include <cstdio>
#include <cstdlib>

namespace penstock::e2e {
namespace {

bool same_name(std::string_view a, std::string_view b) {
  return a.size() == b.size() && ::strncasecmp(a.data(), b.data(), a.size()) == 0;
}

std::string trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return "";
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

std::string read_line(Connection& connection, Message& message) {
  const std::string line = connection.read_until("\r\n");
  message.raw += line;
  return line.substr(0, line.size() - 2);
}

void read_fields(Connection& connection, Message& message, Fields& fields) {
  while (true) {
    const std::string line = read_line(connection, message);
    if (line.empty()) return;
    const std::size_t colon = line.find(':');
    if (colon == std::string::npos) throw HarnessError("not a field: \"" + line + "\"");
    fields.list.emplace_back(line.substr(0, colon), trimmed(line.substr(colon + 1)));
  }
}

/// By what has come: of a body that ends early, that much is still there to look at.
void read_data(Connection& connection, Message& message, std::size_t length) {
  while (length > 0) {
    const std::string data = connection.read_at_most(length);
    if (data.empty()) throw Ended("the body ended early");
    message.body += data;
    message.raw += data;
    length -= data.size();
  }
}

void read_chunks(Connection& connection, Message& message) {
  while (true) {
    const std::size_t size = std::strtoull(read_line(connection, message).c_str(), nullptr, 16);
    if (size == 0) break;
    read_data(connection, message, size);
    if (!read_line(connection, message).empty()) throw HarnessError("a chunk is longer than it says");
  }
  read_fields(connection, message, message.trailers);
}

void read_to_close(Connection& connection, Message& message) {
  message.body = connection.read_to_end();
  message.raw += message.body;
}

bool bodiless(int status) {
  return (status >= 100 && status < 200) || status == 204 || status == 304;
}

std::string word(const std::string& line, int index) {
  std::size_t begin = 0;
  for (; index > 0; --index) begin = line.find(' ', begin) + 1;
  return line.substr(begin, line.find(' ', begin) - begin);
}

}  // namespace

std::vector<std::string> Fields::all(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& [field, value] : list) {
    if (same_name(field, name)) values.push_back(value);
  }
  return values;
}

std::string Fields::get(std::string_view name) const {
  const std::vector<std::string> values = all(name);
  return values.empty() ? "" : values.front();
}

int Message::status() const {
  return std::atoi(word(start_line, 1).c_str());
}
std::string Message::method() const {
  return word(start_line, 0);
}
std::string Message::target() const {
  return word(start_line, 1);
}

Message read_head(Connection& connection) {
  Message message;
  message.start_line = read_line(connection, message);
  if (message.start_line.find(" ") == std::string::npos) throw HarnessError("no HTTP: \"" + message.start_line + "\"");
  read_fields(connection, message, message.fields);
  return message;
}

void read_body(Connection& connection, Message& message, Framing framing) {
  try {
    if (framing == Framing::response_without_body || (framing == Framing::response && bodiless(message.status()))) {
      // The head is all there is.
    } else if (message.fields.has("Transfer-Encoding")) {
      read_chunks(connection, message);
    } else if (message.fields.has("Content-Length")) {
      read_data(connection, message, std::strtoull(message["Content-Length"].c_str(), nullptr, 10));
    } else if (framing == Framing::response) {
      read_to_close(connection, message);
    }
    message.complete = true;
  } catch (const Ended&) {
    message.complete = false;
  }
}

Message read_message(Connection& connection, Framing framing) {
  Message message = read_head(connection);
  read_body(connection, message, framing);
  return message;
}

Message read_final_response(Connection& connection, Framing framing) {
  std::vector<Message> interim;
  while (true) {
    Message message = read_message(connection, framing);
    if (message.status() / 100 != 1 || message.status() == 101) {
      message.interim = std::move(interim);
      return message;
    }
    interim.push_back(std::move(message));
  }
}

std::string chunk(std::string_view bytes) {
  char size[32];
  std::snprintf(size, sizeof size, "%zx\r\n", bytes.size());
  return size + std::string(bytes) + "\r\n";
}

}  // namespace penstock::e2e
