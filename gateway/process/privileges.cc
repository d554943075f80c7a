#include "gateway/process/privileges.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
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

/// By descriptor, so that it is the thing looked at that changes hands.
std::string give_one(const std::string& path, const Account& account) {
  const int fd = ::open(path.c_str(), O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
  if (fd < 0) return errno == ELOOP ? "" : path + ": " + std::strerror(errno);
  struct stat status {};
  const bool ours =
      fstat(fd, &status) == 0 && status.st_uid == 0 && (S_ISREG(status.st_mode) || S_ISDIR(status.st_mode));
  const bool failed = ours && fchown(fd, account.uid, account.gid) != 0;
  const int error = errno;
  ::close(fd);
  return failed ? path + ": " + std::strerror(error) : "";
}

bool belongs_to_root(const std::string& path) {
  struct stat status {};
  return lstat(path.c_str(), &status) == 0 && status.st_uid == 0;
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

std::string give_away(const std::string& path, const Account& account) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!belongs_to_root(path)) return {};
  // From the inside out: as long as the directory is root's, nobody else can put anything into it.
  if (fs::is_directory(fs::symlink_status(path, error))) {
    for (fs::directory_iterator entry(path, error), end; !error && entry != end; entry.increment(error)) {
      if (std::string why = give_away(entry->path().string(), account); !why.empty()) return why;
    }
    if (error) return path + ": " + error.message();
  }
  return give_one(path, account);
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
