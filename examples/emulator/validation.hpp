// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace emulator {

// Holds both schemas, parsed once. The check functions may be called from several threads. They
// return one line for each broken rule: `[0].scan.gsm[1].cid = 70000: must be at most 65535`.
class Validator {
 public:
  Validator();
  ~Validator();

  // The body of POST /v2/: schema, the rules that only prose states, and the text itself
  // (duplicate members, nesting, size of the payload as it was written). `parsed` is the document,
  // null when the text is none.
  std::vector<std::string> check_telemetry(const std::string& text, nlohmann::json& parsed) const;

  // The body of POST /v3/: the same telemetry as `data` of an object, with `id` and `appId`.
  std::vector<std::string> check_wrapped(const std::string& text, nlohmann::json& parsed) const;

  // A complete desired shadow.
  std::vector<std::string> check_shadow(const nlohmann::json& shadow) const;

 private:
  struct Schemas;
  std::unique_ptr<const Schemas> schemas_;
};

bool is_uuid_v4(std::string_view text);
bool is_rfc3339_utc(std::string_view text);

}  // namespace emulator
