// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/client.hpp"
#include "here_tracking/retry.hpp"
#include "here_tracking/telemetry.hpp"

#include "c/convert.hpp"

/// Configurations in which zero is the default.

namespace here_tracking::c {

inline RetryConfig from_c(const ht_retry_config_t& from) {
  RetryConfig config;
  replace(config.floor_ms, from.floor_ms);
  replace(config.first_ms, from.first_ms);
  replace(config.cap_ms, from.cap_ms);
  replace(config.slow_first_ms, from.slow_first_ms);
  replace(config.slow_cap_ms, from.slow_cap_ms);
  replace(config.max_retry_after_ms, from.max_retry_after_ms);
  return config;
}

inline SampleOptions from_c(const ht_sample_options_t& from) {
  return {from.contribute_gps, from.wide_lte_range, from.gps_withholds_position};
}

inline Delivery delivery_of(const ht_delivery_t& from) {
  return from.asynchronous ? Delivery::asynchronous : Delivery::synchronous;
}

}  // namespace here_tracking::c
