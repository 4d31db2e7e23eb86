// SPDX-License-Identifier: Apache-2.0
#include "state_owner.hpp"

#include "text.hpp"

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <vector>

#include <grp.h>
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace here_tracking::cli {
namespace {

/// The groups that the service's unit names.
std::vector<gid_t> service_groups() {
  std::vector<gid_t> groups;
  for (const char* const name : {"dialout", "netdev", "bluetooth"}) {
    if (const group* const found = getgrnam(name)) groups.push_back(found->gr_gid);
  }
  return groups;
}

bool keep(std::uint32_t effective) {
  __user_cap_header_struct header{};
  header.version = _LINUX_CAPABILITY_VERSION_3;
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> rights{};
  rights[0].permitted = rights[0].effective = effective;
  return syscall(SYS_capset, &header, rights.data()) == 0;
}

}  // namespace

void become_owner(const Setting& state_dir) {
  struct stat info {};
  if (geteuid() != 0 || state_dir.value.empty() || stat(state_dir.value.c_str(), &info) != 0 ||
      info.st_uid == 0) {
    return;
  }
  const std::vector<gid_t> groups = service_groups();
  if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || setgroups(groups.size(), groups.data()) != 0 ||
      setresgid(info.st_gid, info.st_gid, info.st_gid) != 0 ||
      setresuid(info.st_uid, info.st_uid, info.st_uid) != 0 ||
      (!keep(1U << static_cast<unsigned>(CAP_DAC_READ_SEARCH)) && !keep(0))) {
    throw Failure(Exit::local,
                  quote(state_dir) + ": cannot go on as its owner (" + std::strerror(errno) + ")");
  }
}

}  // namespace here_tracking::cli
