// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/hooks/sector_storage.hpp"

#include <cstdint>

/// A model of a storage whose power can be cut, for the tests in tests/power_loss/.
///
/// An operation is a program(), erase() or sync() that a queue asked for; read() is none.
class CuttableStorage : public here_tracking::SectorStorage {
 public:
  virtual ~CuttableStorage() = default;

  /// Lets `operations` more of them pass, counted from this call; cuts the next one when `bytes` of
  /// it are done. Of a program() or erase() of n bytes, 0..n may be done: with n it is done and
  /// power goes before it returns. A sync() is cut before it (0) or after it (more).
  virtual void cut_after(std::uint64_t operations, std::uint32_t bytes) = 0;

  /// The power is gone: every call returns hook_failed and changes nothing, until restart().
  [[nodiscard]] virtual bool cut() const = 0;

  /// The power comes back; no cut is planned any more. What was not synced when it went is kept,
  /// lost or torn as `seed` says: with 0 all of it is kept, as far as it was done.
  virtual void restart(std::uint32_t seed) = 0;

  /// So far, those that were cut or failed too.
  [[nodiscard]] virtual std::uint64_t operations() const = 0;
  /// Of the last one, as cut_after() counts them: 1 for a sync().
  [[nodiscard]] virtual std::uint32_t operation_bytes() const = 0;

  /// What the queue did against SectorStorage's contract; empty: nothing.
  [[nodiscard]] virtual const char* broken_rule() const = 0;
};
