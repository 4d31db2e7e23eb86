// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/authorization.hpp"
#include "here_tracking/client.hpp"

#include <cstddef>
#include <string_view>

namespace here_tracking {

/// What ingest() was given, and the request that it becomes.
struct Authorization::Report {
  const char* target;  ///< An asynchronous request's; a synchronous one has its path alone
  BodySource* body;
  const Ingestion& how;
  std::string_view& answer;  ///< Receives the desired shadow, in the work memory
};

inline constexpr char v2_target[] = "/v2/?async=true";
inline constexpr char v3_target[] = "/v3/?async=true";
inline constexpr std::size_t target_size = sizeof(v2_target) - 1;
static_assert(sizeof(v3_target) == sizeof(v2_target));
inline constexpr std::size_t path_size = std::string_view("/v2/").size();

}  // namespace here_tracking
