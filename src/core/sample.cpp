// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "json_reader.hpp"
#include "sample_writer.hpp"

namespace here_tracking {
namespace {

// What `position` and `scan.gps` have in common, but for heading and speed.
constexpr FieldRule fix_fields[] = {
    limited("lat", HERE_TRACKING_FIELD(Fix, lat_deg_e7), -900000000, 900000000, 7),
    limited("lng", HERE_TRACKING_FIELD(Fix, lng_deg_e7), -1800000000, 1800000000, 7),
    any("accuracy", HERE_TRACKING_FIELD(Fix, accuracy_mm), 3),
    any("alt", HERE_TRACKING_FIELD(Fix, alt_mm), 3),
    any("altaccuracy", HERE_TRACKING_FIELD(Fix, altaccuracy_mm), 3),
    limited("satellitecount", HERE_TRACKING_FIELD(Fix, satellite_count), 1, 50),
    epoch_ms("timestamp", HERE_TRACKING_FIELD(Fix, timestamp_ms)),
};
constexpr ObjectRules position_rules = {"position", fix_fields};
constexpr ObjectRules gps_rules = {"scan.gps", fix_fields};

constexpr FieldRule position_only_fields[] = {
    limited("confidence", HERE_TRACKING_FIELD(Fix, confidence_percent), 50, 95),
    limited("wlancount", HERE_TRACKING_FIELD(Fix, wlan_count), 1, 254),
};
constexpr ObjectRules position_only_rules = {"position", position_only_fields};

constexpr FieldRule floor_fields[] = {
    required(limited("id", HERE_TRACKING_FIELD(Floor, id), 1, 100)),
    required(limited("name", HERE_TRACKING_FIELD(Floor, name), 1, 255)),
    limited("level", HERE_TRACKING_FIELD(Floor, level_e2), -99900, 99900, 2),
};
constexpr ObjectRules floor_rules = {"position.floor", floor_fields};

bool moves(const Fix& fix) {
  return fix.heading_cdeg && fix.speed_mm_s;
}

Status check_fix(SampleWriter& writer, const ObjectRules& rules, const Fix& fix) {
  const Status status = writer.check(rules, &fix);
  if (!status.ok() || !moves(fix) || *fix.heading_cdeg <= 36000) return status;
  const Status refused = writer.refuse_range(rules.scope, "heading", *fix.heading_cdeg, 0, 36000);
  writer.set_decimals(2);
  return refused;
}

void write_fix(SampleWriter& writer, const ObjectRules& rules, const Fix& fix) {
  writer.write(rules, &fix);
  if (!moves(fix)) return;
  writer.json().integer("heading", (*fix.heading_cdeg + 50) / 100 % 360);
  writer.json().integer("speed", *fix.speed_mm_s / 1000 + (*fix.speed_mm_s % 1000 >= 500));
}

/// Copies JSON to a writer without its white space.
class Compactor final : public JsonHandler {
 public:
  explicit Compactor(JsonWriter& writer) : writer_(writer) {}

  bool on_part(const JsonPart& part) override {
    switch (part.type) {
      case JsonType::object:
        if (part.depth == 0) is_object_ = true;
        writer_.begin_object();
        return true;
      case JsonType::list:
        writer_.begin_array();
        return true;
      case JsonType::end:
        part.raw == "}" ? writer_.end_object() : writer_.end_array();
        return true;
      default:
        writer_.raw(part.raw);
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

Sample::Sample(Span<char> buffer, SampleOptions options) : buffer_(buffer), options_(options) {
  clear();
}

void Sample::clear() {
  length_ = 0;
  end_ = {};
  item_count_ = {};
  timestamp_ms_ = 0;
  readings_ = {};
  place_.reset();
  withheld_methods_ = {};
  withheld_data_ = {};
  field_error_ = {};
  given_ = 0;
  clamped_ = 0;
  withheld_ = 0;
  status_ = {};
  if (buffer_.size() >= sample_end_bytes) {
    buffer_[length_++] = '{';
  } else {
    status_ = Code::buffer_too_small;
  }
}

bool Sample::empty() const {
  return length_ <= 1;
}

bool Sample::can_be_positioned() const {
  for (std::size_t list = 0; list < wlan; ++list) {
    if (item_count_[list] != 0) return true;
  }
  return has_position() || item_count_[wlan] + item_count_[bt] > 1;
}

void Sample::withhold(NameSet<PositionMethod> methods, NameSet<SensorData> data) {
  withheld_methods_ = methods;
  withheld_data_ = data;
}

bool Sample::keep_back(PositionMethod method) {
  if (withholds(method)) ++withheld_;
  return withholds(method);
}

Status Sample::set_timestamp(std::int64_t timestamp_ms) {
  if (timestamp_ms < min_timestamp_ms || timestamp_ms > max_timestamp_ms) {
    return SampleWriter(*this).refuse("", "timestamp", timestamp_ms, Rule::timestamp);
  }
  timestamp_ms_ = timestamp_ms;
  return {};
}

Status Sample::set_position(const Fix& fix) {
  if (withholds_position() || (options_.gps_withholds_position && fix.type == PositionType::gnss &&
                               withholds(PositionMethod::gps))) {
    ++withheld_;
    return {};
  }
  constexpr const char* scope = "position";
  SampleWriter writer(*this);
  Status status = writer.once(given_position, "", scope);
  if (status.ok()) status = check_fix(writer, position_rules, fix);
  if (status.ok()) status = writer.check(position_only_rules, &fix);
  if (status.ok() && fix.floor) status = writer.check(floor_rules, &*fix.floor);
  if (!status.ok()) return status;
  if (fix.satellite_count && fix.type != PositionType::gnss) {
    return writer.refuse(scope, "satellitecount", *fix.satellite_count, Rule::only_of_gnss);
  }
  if (fix.wlan_count && fix.type != PositionType::wlan) {
    return writer.refuse(scope, "wlancount", *fix.wlan_count, Rule::only_of_wlan);
  }

  writer.begin_members(root, "");
  JsonWriter& json = writer.json();
  json.key(scope);
  json.begin_object();
  write_fix(writer, position_rules, fix);
  writer.write(position_only_rules, &fix);
  switch (fix.type) {
    case PositionType::gnss:
      json.string("type", "gnss");
      break;
    case PositionType::cell:
      json.string("type", "cell");
      break;
    case PositionType::wlan:
      json.string("type", "wlan");
      break;
    case PositionType::unspecified:
      break;
  }
  if (fix.floor) {
    json.key("floor");
    json.begin_object();
    writer.write(floor_rules, &*fix.floor);
    json.end_object();
  }
  json.end_object();
  status = writer.commit(given_position);
  if (status.ok()) place_ = Place{fix.lat_deg_e7, fix.lng_deg_e7, fix.accuracy_mm};
  return status;
}

Status Sample::set_gps(const Fix& fix) {
  if (!options_.contribute_gps || withholds(PositionMethod::gps)) {
    ++withheld_;
    return {};
  }
  SampleWriter writer(*this);
  Status status = writer.once(given_gps, "scan", "gps");
  if (status.ok()) status = check_fix(writer, gps_rules, fix);
  if (!status.ok()) return status;
  writer.begin_members(scan, "scan");
  writer.json().key("gps");
  writer.json().begin_object();
  write_fix(writer, gps_rules, fix);
  writer.json().end_object();
  return writer.commit(given_gps);
}

Status Sample::set_payload(std::string_view json_object) {
  SampleWriter writer(*this);
  const auto refuse = [&writer](std::size_t size, Rule rule) {
    const Status status = writer.refuse("", "payload", static_cast<std::int64_t>(size), rule);
    writer.set_unit(Unit::bytes);
    return status;
  };
  const std::size_t given = json_object.size();
  if ((given_ & given_payload) != 0) return refuse(given, Rule::given_once);

  writer.begin_members(root, "");
  writer.json().key("payload");
  const std::size_t before = writer.members_wanted() + 1;  // a colon is to come
  Compactor compactor(writer.json());
  switch (parse_json(json_object, max_payload_depth, compactor)) {
    case JsonResult::too_deep:
      return refuse(given, Rule::payload_depth);
    case JsonResult::stopped:
    case JsonResult::invalid:
      return refuse(given, Rule::payload_json);
    case JsonResult::ok:
      break;
  }
  const std::size_t size = writer.members_wanted() - before;
  if (!compactor.is_object()) return refuse(given, Rule::payload_json);
  if (size > max_payload_bytes) return refuse(size, Rule::payload_size);
  return writer.commit(given_payload);
}

std::string_view Sample::json() {
  if (timestamp_ms_ == 0 || length_ == 0) return {};
  TextBuilder end({buffer_.data() + length_, buffer_.size() - length_});
  append_sample_end(end, length_, timestamp_ms_);
  return {buffer_.data(), length_ + end.size()};
}

}  // namespace here_tracking
