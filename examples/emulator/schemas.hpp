// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace emulator {

// The two *.schema.json files of this directory, embedded at build time.
extern const char* const telemetry_schema_text;
extern const char* const shadow_schema_text;

}  // namespace emulator
