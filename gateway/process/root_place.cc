#include "gateway/process/root_place.h"

#include <fcntl.h>
#include <grp.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "gateway/io/file.h"

namespace penstock {
namespace {

namespace fs = std::filesystem;

constexpr int kMostLinks = 40;  // as many as Linux follows

std::string reason() {
  return std::strerror(errno);
}

bool writable_by_others(const struct stat& status) {
  return (status.st_mode & (S_IWGRP | S_IWOTH)) != 0;
}

/// In a directory with the sticky bit nobody can rename or remove what is root's. A link may be there by another name.
bool may_pass(const struct stat& directory, const struct stat& entry) {
  if (!writable_by_others(directory)) return true;
  return (directory.st_mode & S_ISVTX) != 0 && S_ISDIR(entry.st_mode) && entry.st_uid == 0;
}

/// Takes the first component off the front of `rest`.
fs::path take_component(fs::path& rest) {
  fs::path first = *rest.begin();
  fs::path left;
  for (auto part = std::next(rest.begin()); part != rest.end(); ++part) left /= *part;
  rest = std::move(left);
  return first;
}

/// Gives what the descriptor is open for, and has just been made here, to the account. Closes it.
std::string give(int fd, const Account& account) {
  if (fd < 0) return reason();
  const bool given = ::fchown(fd, account.uid, account.gid) == 0;
  std::string why = given ? "" : reason();
  ::close(fd);
  return why;
}

bool is_roots_file(const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && S_ISREG(status.st_mode) && status.st_uid == 0;
}

void set_file_rights(unsigned uid, unsigned gid) {
  ::setfsgid(gid);
  ::setfsuid(uid);
  // They tell nothing of a failure; asked for nonsense they tell what is in force.
  if (static_cast<unsigned>(::setfsuid(static_cast<uid_t>(-1))) != uid ||
      static_cast<unsigned>(::setfsgid(static_cast<gid_t>(-1))) != gid)
    throw std::runtime_error("files can't be opened with the rights of another account");
}

}  // namespace

std::optional<std::string> placed_by_root(const std::string& path) {
  std::error_code error;
  fs::path rest = fs::absolute(path, error).relative_path(), at = "/";
  if (error) return std::nullopt;
  int links = 0;
  while (!rest.empty()) {
    struct stat directory {
    }, entry{};
    if (::lstat(at.c_str(), &directory) != 0 || !S_ISDIR(directory.st_mode) || directory.st_uid != 0)
      return std::nullopt;
    const fs::path name = take_component(rest);
    if (name.empty() || name == ".") continue;
    if (name == "..") {
      at = at.parent_path();
      continue;
    }
    const fs::path next = at / name;
    if (::lstat(next.c_str(), &entry) != 0) {
      if (errno != ENOENT || writable_by_others(directory)) return std::nullopt;
      return (rest.empty() ? next : next / rest).lexically_normal().string();
    }
    if (!may_pass(directory, entry)) return std::nullopt;
    if (!S_ISLNK(entry.st_mode)) {
      at = next;
      continue;
    }
    const fs::path target = fs::read_symlink(next, error);
    if (error || ++links > kMostLinks) return std::nullopt;
    rest = target.relative_path() / rest;
    if (target.is_absolute()) at = "/";
  }
  return at.string();
}

AsAccount::AsAccount(const Account& account) {
  if (initgroups(account.name.c_str(), account.gid) != 0)
    throw std::runtime_error("initgroups for " + account.name + ": " + reason());
  set_file_rights(account.uid, account.gid);
}

AsAccount::~AsAccount() {
  ::setfsuid(::geteuid());
  ::setfsgid(::getegid());
}

std::unique_ptr<AsAccount> ready_file(const std::string& path, const Account& account, std::string& warning) {
  const auto place = placed_by_root(path);
  if (!place) return std::make_unique<AsAccount>(account);
  const int fd = ::open(place->c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
  if (fd >= 0) {
    if (const std::string why = give(fd, account); !why.empty()) warning = path + " stays root's: " + why;
  } else if (is_roots_file(*place)) {
    warning = path + " was root's before, and stays so: give it to " + account.name + ", who can't open it anew";
  }
  return nullptr;
}

std::string ready_directory(const std::string& path, const Account& account) {
  const auto place = placed_by_root(path);
  if (!place) {
    const AsAccount rights(account);
    return io::make_directory(path);
  }
  if (std::string why = io::make_directory(fs::path(*place).parent_path().string()); !why.empty()) return why;
  if (::mkdir(place->c_str(), 0777) == 0)
    return give(::open(place->c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), account);
  if (errno != EEXIST) return reason();
  return fs::is_directory(*place) ? "" : "it is no directory";
}

}  // namespace penstock
