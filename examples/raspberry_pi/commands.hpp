// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "options.hpp"

namespace here_tracking::cli {

// Each prints its result, or throws Failure.
void show_time(const Options& options);
void show_token(const Options& options);
void show_sample(const Options& options);
/// @throws Failure (queued) when what it gathered is kept for a later try.
void send(const Options& options);
/// Ends with SIGTERM and SIGINT.
void run(const Invocation& invocation);
void show_status(const Options& options);
void export_queue(const Options& options);
void purge_queue(const Options& options);
void show_quarantine(const Options& options);
/// @return Exit::ok, or that of the first check that failed.
Exit examine(const Options& options);

}  // namespace here_tracking::cli
