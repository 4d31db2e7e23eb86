// SPDX-License-Identifier: Apache-2.0
// Where the library is built without D-Bus.
#include "here_tracking/platform/modem_manager.hpp"

namespace here_tracking {

class ModemManagerCells::Daemon {};

ModemManagerCells::ModemManagerCells(Log* /*log*/) {}
ModemManagerCells::~ModemManagerCells() = default;

Status ModemManagerCells::scan(Sample& /*sample*/, std::uint32_t /*timeout_ms*/) {
  return Code::not_provided;
}

Status ModemManagerCells::identify(ModemIdentity& /*identity*/, std::uint32_t /*timeout_ms*/) {
  return Code::not_provided;
}

std::uint64_t ModemManagerCells::nr_cells_left_out() const {
  return 0;
}

}  // namespace here_tracking
