// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "json_reader.hpp"
#include "sample_writer.hpp"

namespace here_tracking {
namespace {

/// Copies JSON to a writer without its white space.
class Compactor final : public JsonHandler {
 public:
  explicit Compactor(JsonWriter& writer) : writer_(writer) {}

  bool on_part(const JsonPart& part) override {
    switch (part.type) {
      case JsonType::object:
        if (part.depth == 0) is_object_ = true;
        writer_.begin('{');
        return true;
      case JsonType::list:
        writer_.begin('[');
        return true;
      case JsonType::end:
        writer_.end(part.raw[0]);
        return true;
      default:
        writer_.raw(part.raw);
        if (part.type == JsonType::key) writer_.colon();
        // Two are the quotes.
        return part.type > JsonType::text || part.characters != 0 || part.raw.size() == 2;
    }
  }

  [[nodiscard]] bool is_object() const { return is_object_; }

 private:
  JsonWriter& writer_;
  bool is_object_ = false;
};

}  // namespace

Status Sample::set_payload(std::string_view json_object) {
  static constexpr FieldRule payload = in(Unit::bytes, once("payload", root, given_payload));
  SampleWriter writer(*this);
  auto size = static_cast<std::int64_t>(json_object.size());
  if ((content_.given >> given_payload & 1U) != 0) writer.refuse(payload, size, Rule::given_once);
  writer.begin(payload);
  writer.json().key(payload.name);
  const std::size_t before = writer.members_wanted();
  Compactor compactor(writer.json());
  const JsonResult result = writer.is_open() ? parse_json(json_object, max_payload_depth, compactor)
                                             : JsonResult::invalid;
  if (result == JsonResult::too_deep) {
    writer.refuse(payload, size, Rule::payload_depth);
  } else if (result != JsonResult::ok || !compactor.is_object()) {
    writer.refuse(payload, size, Rule::payload_json);
  }
  size = static_cast<std::int64_t>(writer.members_wanted() - before);
  if (size > std::int64_t{max_payload_bytes}) writer.refuse(payload, size, Rule::payload_size);
  return writer.commit();
}

}  // namespace here_tracking
