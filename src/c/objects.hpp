// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/client.hpp"
#include "here_tracking/queue.hpp"
#include "here_tracking/tracker.hpp"

#include "c/hooks.hpp"

#include <cstddef>
#include <new>

/// What is in the memory of the C objects that are more than one C++ object.

namespace here_tracking::c {

class CSuppliedToken final : public SuppliedToken {
 public:
  explicit CSuppliedToken(const ht_supplied_token_t* hook) : hook_(hook) {}
  Status token(Span<char> into, std::size_t& size, std::uint32_t& life_s) override;

 private:
  const ht_supplied_token_t* hook_;
};

/// One of them, which the Client refers to. Without this union's knowledge of which: none has a
/// destructor that does anything.
union AnyAuthorization {
  AnyAuthorization() {}  // NOLINT(modernize-use-equals-default): that would be a deleted one
  NoAuthorization none;
  DeviceLicense license;
  DeviceLicenseV3 license_v3;
  CSuppliedToken supplied;
};

struct CClient {
  template <typename MakeAuthorization>
  CClient(const ht_client_config_t& config, MakeAuthorization make_authorization);

  CHooks hooks;
  AnyAuthorization authorization;
  Client client;
};

struct CQueue {
  CQueue(const ht_sector_storage_t* hook, Span<QueueSector> sectors, const QueueConfig& config)
      : storage(hook), queue(storage, sectors, config) {}

  CSectorStorage storage;
  SampleQueue queue;
};

class CObserver final : public TrackerObserver {
 public:
  explicit CObserver(const ht_observer_t* hook) : hook_(hook) {}
  void on_sample(Sample& sample) override;
  void on_queued() override;
  bool on_shadow(const DesiredShadow& before, const DesiredShadow& now) override;
  void on_dropped(Fate fate, std::uint32_t count) override;
  void on_connection(Connection connection, const ErrorDetail& detail) override;
  void on_report(const Report& report) override;

 private:
  const ht_observer_t* hook_;
};

struct CTracker {
  explicit CTracker(const ht_tracker_setup_t& setup);

  CSources sources;
  Sources list;
  CObserver observer;
  Tracker tracker;
};

ht_error_detail_t to_c(const ErrorDetail& detail);

}  // namespace here_tracking::c
