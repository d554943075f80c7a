// What root may open for an account that it is about to become: the one rule for all that is done before root is given
// up.
//
//   Where root alone can place files (each directory on the way is root's, and nobody else can write to it), root
//   opens, and follows links: they are root's own. Everywhere else files are opened with the account's rights, which
//   lead no further than the account could go by itself. Only what has just been made here changes hands, and by its
//   descriptor.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "gateway/process/privileges.h"

namespace penstock {

/// Where `path` leads, every link followed, if root alone decides on that: no directory on the way belongs to somebody
/// else, or lets somebody else write, but for one with the sticky bit (/tmp) in which a directory of root's is entered.
/// What does not exist is said to be there if root alone can make it. nullopt: somebody else has a say in it.
std::optional<std::string> placed_by_root(const std::string& path);

/// While it lives, this thread opens and makes files with the account's rights, and has all other rights of root's:
/// setfsuid(2). Root's supplementary groups are gone for good. Throws std::runtime_error if the system does not allow
/// it.
class AsAccount {
 public:
  explicit AsAccount(const Account& account);
  ~AsAccount();
  AsAccount(const AsAccount&) = delete;
  AsAccount& operator=(const AsAccount&) = delete;
};

/// By the rule above: makes the file, where root may and there is none, and gives it to the account. What is returned
/// is to live while the caller opens it; null: root opens it. `warning`: what the operator should know; left as it is
/// if there is nothing.
std::unique_ptr<AsAccount> ready_file(const std::string& path, const Account& account, std::string& warning);

/// The same for a directory. Those above it that are missing are made, too, and are not given away. Returns the error;
/// empty if there is none.
std::string ready_directory(const std::string& path, const Account& account);

}  // namespace penstock
