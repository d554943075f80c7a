#include "gateway/process/privileges.h"

#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace penstock {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

using Capabilities = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

bool read_capabilities(Capabilities& sets) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capget, &header, sets.data()) == 0;
}

bool write_capabilities(const Capabilities& sets) {
  __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  return syscall(SYS_capset, &header, sets.data()) == 0;
}

bool drop_inheritable() {
  Capabilities sets{};
  if (!read_capabilities(sets)) return false;
  for (auto& set : sets) set.inheritable = 0;
  return write_capabilities(sets);
}

bool drop_bounding() {
  for (int capability = 0; prctl(PR_CAPBSET_READ, capability) >= 0; ++capability) {
    if (prctl(PR_CAPBSET_DROP, capability) != 0) return false;
  }
  return true;
}

}  // namespace

Account Account::find(const std::string& user) {
  const std::size_t colon = user.find(':');
  Account account;
  account.name = user.substr(0, colon);
  const passwd* const entry = getpwnam(account.name.c_str());
  if (!entry) throw std::runtime_error("user: there is no account " + account.name);
  account.uid = entry->pw_uid;
  account.gid = entry->pw_gid;
  if (colon == std::string::npos) return account;
  const std::string group_name = user.substr(colon + 1);
  const group* const of_that_name = getgrnam(group_name.c_str());
  if (!of_that_name) throw std::runtime_error("user: there is no group " + group_name);
  account.gid = of_that_name->gr_gid;
  return account;
}

bool is_root() {
  return geteuid() == 0;
}

std::string privilege_warning(const std::string& user) {
  if (is_root()) return user.empty() ? "running as root: say who to be instead with `user`" : "";
  if (user.empty() || Account::find(user).uid == geteuid()) return "";
  return "only root can become somebody else: `user` (" + user + ") is not heeded";
}

std::string forgo_new_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return std::string("no_new_privs: ") + std::strerror(errno);
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0)
    return std::string("ambient capabilities: ") + std::strerror(errno);
  if (!drop_inheritable()) return std::string("inheritable capabilities: ") + std::strerror(errno);
  if (!drop_bounding()) return std::string("the bounding set of capabilities: ") + std::strerror(errno);
  return {};
}

void become(const Account& account) {
  // glibc has every thread do these.
  if (initgroups(account.name.c_str(), account.gid) != 0) fail("initgroups for " + account.name);
  if (setgid(account.gid) != 0) fail("setgid for " + account.name);
  if (setuid(account.uid) != 0) fail("setuid for " + account.name);
  if (account.uid == 0) return;
  if (!write_capabilities({})) fail("capabilities can't be dropped");
  if (setuid(0) == 0) throw std::runtime_error("still able to become root");
}

}  // namespace penstock
