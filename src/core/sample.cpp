// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/telemetry.hpp"

#include "json_reader.hpp"
#include "json_writer.hpp"
#include "text.hpp"

#include <algorithm>

namespace here_tracking {
namespace {

// `,"timestamp":4102448400000}`
constexpr std::size_t timestamp_bytes = 27;

constexpr const char* timestamp_rule = "2..4102448400000 ms since 1970";

bool is_timestamp(std::int64_t timestamp_ms) {
  return timestamp_ms >= min_timestamp_ms && timestamp_ms <= max_timestamp_ms;
}

bool ends_with(std::string_view text, std::string_view suffix) {
  return text.size() >= suffix.size() && after(text, text.size() - suffix.size()) == suffix;
}

/// Copies JSON to a writer without its white space.
class Compactor final : public JsonHandler {
 public:
  explicit Compactor(JsonWriter& writer) : writer_(writer) {}

  bool on_key(const JsonString& key) override { return raw(quoted(key)); }
  bool on_string(const JsonString& value) override { return raw(quoted(value)); }
  bool on_number(std::string_view text) override { return raw(text); }
  bool on_bool(bool value) override { return raw(value ? "true" : "false"); }
  bool on_null() override { return raw("null"); }
  bool on_begin(bool object, std::size_t depth, std::size_t) override {
    if (depth == 1) is_object_ = object;
    object ? writer_.begin_object() : writer_.begin_array();
    return true;
  }
  bool on_end(bool object, std::size_t, std::size_t) override {
    object ? writer_.end_object() : writer_.end_array();
    return true;
  }

  [[nodiscard]] bool is_object() const { return is_object_; }

 private:
  static std::string_view quoted(const JsonString& string) {
    return {string.raw.data() - 1, string.raw.size() + 2};
  }
  bool raw(std::string_view json) {
    writer_.raw(json);
    return true;
  }

  JsonWriter& writer_;
  bool is_object_ = false;
};

}  // namespace

/// A number on its way into the text, with its rule.
struct Sample::Field {
  enum class Kind : std::uint8_t {
    absent,
    any,      ///< Its type is its range
    limited,  ///< Refused outside of min..max
    clamped   ///< Brought into min..max
  };

  const char* name;
  std::int64_t value;
  std::int32_t min;
  std::int32_t max;
  Kind kind;
  std::uint8_t decimals;

  static Field limited(const char* name, std::int32_t value, std::int32_t min, std::int32_t max,
                       std::uint8_t decimals = 0) {
    return {name, value, min, max, Kind::limited, decimals};
  }
  template <typename T>
  static Field limited(const char* name, const std::optional<T>& value, std::int32_t min,
                       std::int32_t max) {
    return {name, value.value_or(0), min, max, value ? Kind::limited : Kind::absent, 0};
  }
  static Field clamped(const char* name, const std::optional<std::int32_t>& value, std::int32_t min,
                       std::int32_t max) {
    return {name, value.value_or(0), min, max, value ? Kind::clamped : Kind::absent, 0};
  }
  static Field any(const char* name, std::int64_t value, std::uint8_t decimals) {
    return {name, value, 0, 0, Kind::any, decimals};
  }
  template <typename T>
  static Field any(const char* name, const std::optional<T>& value, std::uint8_t decimals) {
    return {name, value.value_or(0), 0, 0, value ? Kind::any : Kind::absent, decimals};
  }
};

/// Text being written behind what the sample holds. Nothing of it counts until it is committed.
class Sample::Fragment {
 public:
  explicit Fragment(const Sample& sample)
      : text_({sample.buffer_.data() + sample.length_, room(sample)}), json_(text_) {}

  TextBuilder& text() { return text_; }
  JsonWriter& json() { return json_; }

  void count_clamped() { ++clamped_; }
  [[nodiscard]] std::uint16_t clamped() const { return clamped_; }

 private:
  static std::size_t room(const Sample& sample) {
    const std::size_t used = sample.length_ + timestamp_bytes;
    return used < sample.buffer_.size() ? sample.buffer_.size() - used : 0;
  }

  TextBuilder text_;
  JsonWriter json_;
  std::uint16_t clamped_ = 0;
};

Sample::Sample(Span<char> buffer) : buffer_(buffer) {
  clear();
}

void Sample::clear() {
  length_ = 0;
  scan_end_ = 0;
  array_end_ = {};
  item_count_ = {};
  timestamp_ms_ = 0;
  field_error_ = {};
  clamped_ = 0;
  withheld_ = 0;
  has_position_ = false;
  has_payload_ = false;
  status_ = {};
  if (buffer_.size() >= timestamp_bytes) {
    buffer_[length_++] = '{';
  } else {
    status_ = Code::buffer_too_small;
  }
}

bool Sample::empty() const {
  return length_ <= 1;
}

Status Sample::refuse(const char* scope, const char* field, std::int64_t value, const char* rule) {
  field_error_ = {};
  field_error_.scope = scope;
  field_error_.field = field;
  field_error_.value = value;
  field_error_.rule = rule;
  return Code::invalid_value;
}

Status Sample::check(const char* scope, Span<const Field> fields) {
  for (const Field& field : fields) {
    if (field.kind != Field::Kind::limited) continue;
    if (field.value >= field.min && field.value <= field.max) continue;
    (void)refuse(scope, field.name, field.value, nullptr);
    field_error_.decimals = field.decimals;
    field_error_.min = field.min;
    field_error_.max = field.max;
    return Code::invalid_value;
  }
  return {};
}

void Sample::write(Fragment& fragment, Span<const Field> fields) {
  for (const Field& field : fields) {
    std::int64_t value = field.value;
    if (field.kind == Field::Kind::absent) continue;
    if (field.kind == Field::Kind::clamped) {
      value = std::clamp<std::int64_t>(value, field.min, field.max);
      if (value != field.value) fragment.count_clamped();
    }
    fragment.json().decimal(field.name, value, field.decimals);
  }
}

Status Sample::overflow() {
  status_ = Code::buffer_too_small;
  return status_;
}

void Sample::open_member(Fragment& fragment, std::string_view name) const {
  TextBuilder& text = fragment.text();
  if (length_ > 1) text.append(',');
  text.append('"');
  text.append(name);
  text.append("\":");
}

Status Sample::close_member(Fragment& fragment, bool& given) {
  if (fragment.text().overflow()) return overflow();
  length_ += fragment.text().size();
  given = true;
  return {};
}

void Sample::open_scan_item(Fragment& fragment, Technology technology, std::string_view name) {
  TextBuilder& text = fragment.text();
  if (scan_end_ == 0) {
    open_member(fragment, "scan");
    text.append('{');
  } else {
    text.append(',');
  }
  if (array_end_[technology] == 0) {
    text.append('"');
    text.append(name);
    text.append("\":[");
  }
  fragment.json().begin_object();
}

Status Sample::close_scan_item(Fragment& fragment, Technology technology) {
  fragment.json().end_object();
  if (array_end_[technology] == 0) fragment.text().append(']');
  if (scan_end_ == 0) fragment.text().append('}');
  if (fragment.text().overflow()) return overflow();
  const std::size_t size = fragment.text().size();
  const bool first_of_scan = scan_end_ == 0;
  const bool first_of_array = array_end_[technology] == 0;
  const std::size_t at = first_of_scan    ? length_
                         : first_of_array ? scan_end_
                                          : array_end_[technology];
  char* const text = buffer_.data();
  std::rotate(text + at, text + length_, text + length_ + size);
  length_ += size;

  for (std::size_t& end : array_end_) {
    if (end != 0 && end >= at) end += size;
  }
  if (first_of_scan) {
    scan_end_ = at + size - 1;
  } else {
    scan_end_ += size;
  }
  if (first_of_array) array_end_[technology] = at + size - (first_of_scan ? 2 : 1);
  ++item_count_[technology];
  clamped_ = static_cast<std::uint16_t>(clamped_ + fragment.clamped());
  return {};
}

Status Sample::set_timestamp(std::int64_t timestamp_ms) {
  if (!is_timestamp(timestamp_ms)) return refuse("", "timestamp", timestamp_ms, timestamp_rule);
  timestamp_ms_ = timestamp_ms;
  return {};
}

Status Sample::set_position(const Fix& fix) {
  constexpr const char* scope = "position";
  if (has_position_) return refuse("", scope, 2, "given once a sample");
  std::optional<std::int32_t> heading;
  std::optional<std::int64_t> speed;
  if (fix.heading_cdeg && fix.speed_mm_s) {
    const Field measured = Field::limited("heading", *fix.heading_cdeg, 0, 36000, 2);
    const Status status = check(scope, {&measured, 1});
    if (!status.ok()) return status;
    heading = (*fix.heading_cdeg + 50) / 100 % 360;
    speed = (std::int64_t{*fix.speed_mm_s} + 500) / 1000;
  }
  const Field fields[] = {
      Field::limited("lat", fix.lat_deg_e7, -900000000, 900000000, 7),
      Field::limited("lng", fix.lng_deg_e7, -1800000000, 1800000000, 7),
      Field::any("accuracy", fix.accuracy_mm, 3),
      Field::limited("confidence", fix.confidence_percent, 50, 95),
      Field::any("alt", fix.alt_mm, 3),
      Field::any("altaccuracy", fix.altaccuracy_mm, 3),
      Field::any("heading", heading, 0),
      Field::any("speed", speed, 0),
      Field::limited("satellitecount", fix.satellite_count, 1, 50),
      Field::limited("wlancount", fix.wlan_count, 1, 254),
  };
  const Status status = check(scope, fields);
  if (!status.ok()) return status;
  if (fix.satellite_count && fix.type != PositionType::gnss) {
    return refuse(scope, "satellitecount", *fix.satellite_count,
                  "left out unless the type is gnss");
  }
  if (fix.wlan_count && fix.type != PositionType::wlan) {
    return refuse(scope, "wlancount", *fix.wlan_count, "left out unless the type is wlan");
  }
  if (fix.timestamp_ms && !is_timestamp(*fix.timestamp_ms)) {
    return refuse(scope, "timestamp", *fix.timestamp_ms, timestamp_rule);
  }

  Fragment fragment(*this);
  open_member(fragment, scope);
  JsonWriter& json = fragment.json();
  json.begin_object();
  write(fragment, fields);
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
  if (fix.timestamp_ms) json.integer("timestamp", *fix.timestamp_ms);
  json.end_object();
  return close_member(fragment, has_position_);
}

Status Sample::add(const GsmCell& cell) {
  constexpr const char* scope = "scan.gsm";
  constexpr const char* nmr_scope = "scan.gsm.nmr";
  if (item_count_[gsm] == max_gsm_cells) {
    return refuse("scan", "gsm", max_gsm_cells + 1, "at most 16 cells");
  }
  const Field fields[] = {
      Field::limited("mcc", cell.mcc, 200, 999),
      Field::limited("mnc", cell.mnc, 0, 999),
      Field::limited("lac", cell.lac, 1, 65535),
      Field::limited("cid", cell.cid, 0, 65535),
      Field::limited("bsic", cell.bsic, 0, 63),
      Field::limited("bcch", cell.bcch, 0, 1023),
      Field::clamped("rxlevel", cell.rxlevel_dbm, -110, -25),
      Field::limited("ta", cell.ta, 0, 63),
  };
  const auto neighbour_fields = [](const GsmNeighbour& neighbour) {
    return std::array<Field, 5>{
        Field::limited("bsic", neighbour.bsic, 0, 63),
        Field::limited("bcch", neighbour.bcch, 0, 1023),
        Field::limited("lac", neighbour.lac, 1, 65535),
        Field::limited("cid", neighbour.cid, 0, 65535),
        Field::clamped("rxlevel", neighbour.rxlevel_dbm, -110, -25),
    };
  };

  Status status = check(scope, fields);
  if (!status.ok()) return status;
  if (cell.bsic && !cell.bcch) return refuse(scope, "bsic", *cell.bsic, "given with bcch");
  if (cell.bcch && !cell.bsic) return refuse(scope, "bcch", *cell.bcch, "given with bsic");
  if (cell.nmr.size() > max_gsm_neighbours) {
    return refuse(scope, "nmr", static_cast<std::int64_t>(cell.nmr.size()),
                  "at most 16 neighbours");
  }
  for (const GsmNeighbour& neighbour : cell.nmr) {
    status = check(nmr_scope, neighbour_fields(neighbour));
    if (!status.ok()) return status;
  }

  Fragment fragment(*this);
  open_scan_item(fragment, gsm, "gsm");
  JsonWriter& json = fragment.json();
  write(fragment, fields);
  if (!cell.nmr.empty()) {
    json.key("nmr");
    json.begin_array();
    for (const GsmNeighbour& neighbour : cell.nmr) {
      json.begin_object();
      write(fragment, neighbour_fields(neighbour));
      json.end_object();
    }
    json.end_array();
  }
  return close_scan_item(fragment, gsm);
}

Status Sample::add(const WlanAccessPoint& access_point) {
  if (ends_with(access_point.ssid, "_nomap")) {
    ++withheld_;
    return {};
  }
  if (item_count_[wlan] == max_wlan_access_points) {
    return refuse("scan", "wlan", max_wlan_access_points + 1, "at most 128 access points");
  }
  char mac[17];
  TextBuilder text(mac);
  for (const std::uint8_t byte : access_point.mac) {
    if (text.size() != 0) text.append(':');
    text.append_hex(byte);
  }

  Fragment fragment(*this);
  open_scan_item(fragment, wlan, "wlan");
  fragment.json().string("mac", text.text());
  const Field powrx = Field::clamped("powrx", access_point.powrx_dbm, -128, 0);
  write(fragment, {&powrx, 1});
  return close_scan_item(fragment, wlan);
}

Status Sample::refuse_payload(std::size_t size, const char* rule) {
  (void)refuse("", "payload", static_cast<std::int64_t>(size), rule);
  field_error_.unit = " bytes";
  return Code::invalid_value;
}

Status Sample::set_payload(std::string_view json_object) {
  const std::size_t given = json_object.size();
  if (has_payload_) return refuse_payload(given, "given once a sample");

  Fragment fragment(*this);
  open_member(fragment, "payload");
  const std::size_t name_bytes = fragment.text().size();
  Compactor compactor(fragment.json());
  switch (parse_json(json_object, max_payload_depth, compactor)) {
    case JsonResult::too_deep:
      return refuse_payload(given, "nested at most 12 levels deep");
    case JsonResult::stopped:
    case JsonResult::invalid:
      return refuse_payload(given, "a valid JSON object in UTF-8");
    case JsonResult::ok:
      break;
  }
  const std::size_t size = fragment.text().wanted() - name_bytes;
  if (!compactor.is_object()) return refuse_payload(given, "a valid JSON object in UTF-8");
  if (size > max_payload_bytes) {
    return refuse_payload(size, "at most 1000 bytes of compact JSON");
  }
  return close_member(fragment, has_payload_);
}

std::string_view Sample::json() {
  if (timestamp_ms_ == 0 || length_ == 0) return {};
  TextBuilder tail({buffer_.data() + length_, buffer_.size() - length_});
  tail.append(length_ == 1 ? "\"timestamp\":" : ",\"timestamp\":");
  tail.append_integer(timestamp_ms_);
  tail.append('}');
  return {buffer_.data(), length_ + tail.size()};
}

}  // namespace here_tracking
