// Who the process is, once it has opened what needs root.
#pragma once

#include <string>

namespace penstock {

/// An account of the system, as conf::Config::user names it.
struct Account {
  std::string name;
  unsigned uid = 0;
  unsigned gid = 0;  ///< its own group, or the one that is named

  /// "NAME" or "NAME:GROUP". Throws std::runtime_error if there is no such account or group.
  static Account find(const std::string& user);
};

/// What should be said about who this process is, given conf::Config::user; empty if all is well.
std::string privilege_warning(const std::string& user);

/// Whether this process runs as root, and can be somebody else.
bool is_root();

/// Gives up, for this thread and all that it starts, what setuid() does not take away: programs that it starts get no
/// privileges that it has not (no_new_privs), and capabilities are neither inherited nor to be had again. Before any
/// other thread is started. Returns what the system did not allow; empty if nothing.
std::string forgo_new_privileges();

/// Becomes the account, in all threads, without a way back: groups, group, user, no capabilities. Throws
/// std::runtime_error if any of it fails.
void become(const Account& account);

}  // namespace penstock
