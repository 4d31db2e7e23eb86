// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "settings.hpp"

namespace here_tracking::cli {

/// Root, at the state directory of a service, goes on as the service's user: what it leaves there
/// must be that user's. Keeps, where root has it, the right to read all files and to go through all
/// directories, as systemd puts the state of a dynamic user where nobody else gets; all other
/// rights are gone for good. Does nothing for others, and where the directory is root's own or not
/// there yet.
/// @throws Failure (local) when the rights cannot be given up.
void become_owner(const Setting& state_dir);

}  // namespace here_tracking::cli
