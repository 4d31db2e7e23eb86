// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/c/here_tracking.h"
#include "here_tracking/detail/sender.hpp"

/// Its address in a configuration is what links restamp().
struct ht_restamping_function {
  here_tracking::Restamp function;
};
