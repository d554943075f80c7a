// Reads the texts that registries are described by.
#pragma once

#include <string>
#include <string_view>

#include "conf/parsed.h"

namespace penstock::conf {

/// "http://host[:port][/path]" or https, in visible ASCII, without user, query or fragment; trailing slashes are cut.
Parsed<std::string> read_url(std::string_view text);
/// "host:port" or "[v6]:port".
Parsed<std::string> read_server(std::string_view text);
/// An IP address, with or without a port: "10.0.0.1", "10.0.0.1:5353", "::1", "[::1]:53".
Parsed<std::string> read_dns_server(std::string_view text);
/// An absolute path of ZooKeeper or etcd: no empty or dot segments, no control characters. "/" is made "".
Parsed<std::string> read_node_path(std::string_view text);
/// A service's name: up to 512 visible characters.
Parsed<std::string> read_service(std::string_view text);
/// Where an instance is reached: an IP address without brackets, or a host name.
Parsed<std::string> read_instance_host(std::string_view text);
/// Any text without control characters, up to 4 KiB.
Parsed<std::string> read_secret_text(std::string_view text);
/// The path of a file: not empty, no NUL.
Parsed<std::string> read_file_path(std::string_view text);

}  // namespace penstock::conf
