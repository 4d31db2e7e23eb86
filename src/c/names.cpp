// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/c/here_tracking.h"
#include "here_tracking/queue.hpp"
#include "here_tracking/retry.hpp"
#include "here_tracking/self_test.hpp"
#include "here_tracking/status.hpp"

const char* ht_code_name(ht_code_t code) {
  return to_string(static_cast<here_tracking::Code>(code));
}

const char* ht_fate_name(ht_fate_t fate) {
  return to_string(static_cast<here_tracking::Fate>(fate));
}

const char* ht_connection_name(ht_connection_t connection) {
  return to_string(static_cast<here_tracking::Connection>(connection));
}

const char* ht_fault_name(uint32_t fault) {
  return to_string(static_cast<here_tracking::HookFault>(fault));
}
