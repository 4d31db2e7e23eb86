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

constexpr std::int64_t max_lat_deg_e7 = 900000000;
constexpr std::int64_t max_lng_deg_e7 = 1800000000;

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

/// Text being written behind what the sample holds. Nothing of it counts until it is committed.
class Sample::Fragment {
 public:
  explicit Fragment(const Sample& sample)
      : text_({sample.buffer_.data() + sample.length_, room(sample)}), json_(text_) {}

  TextBuilder& text() { return text_; }
  JsonWriter& json() { return json_; }

 private:
  static std::size_t room(const Sample& sample) {
    const std::size_t used = sample.length_ + timestamp_bytes;
    return used < sample.buffer_.size() ? sample.buffer_.size() - used : 0;
  }

  TextBuilder text_;
  JsonWriter json_;
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
  if (buffer_.size() > timestamp_bytes) {
    buffer_[length_++] = '{';
  } else {
    status_ = Code::buffer_too_small;
  }
}

bool Sample::empty() const {
  return length_ <= 1;
}

Status Sample::refuse(const char* field, std::int64_t value, const char* rule) {
  field_error_ = {field, value, 0, rule};
  return Code::invalid_value;
}

bool Sample::check(const char* field, std::int64_t value, std::int64_t min, std::int64_t max,
                   const char* rule, std::uint8_t decimals) {
  if (value >= min && value <= max) return true;
  field_error_ = {field, value, decimals, rule};
  return false;
}

bool Sample::check_given(const char* field, const std::optional<std::int32_t>& value,
                         std::int32_t min, std::int32_t max, const char* rule) {
  return !value || check(field, *value, min, max, rule);
}

std::int64_t Sample::clamp(std::int64_t value, std::int64_t min, std::int64_t max) {
  const std::int64_t clamped = std::clamp(value, min, max);
  if (clamped != value) ++clamped_;
  return clamped;
}

Status Sample::overflow() {
  status_ = Code::buffer_too_small;
  return status_;
}

Status Sample::commit_member(Fragment& fragment) {
  if (fragment.text().overflow()) return overflow();
  length_ += fragment.text().size();
  return {};
}

void Sample::open_scan_item(Fragment& fragment, Technology technology, std::string_view name) {
  TextBuilder& text = fragment.text();
  if (scan_end_ == 0 && length_ == 1) {
    text.append("\"scan\":{");
  } else if (scan_end_ == 0) {
    text.append(",\"scan\":{");
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
  return {};
}

Status Sample::set_timestamp(std::int64_t timestamp_ms) {
  if (!check("timestamp", timestamp_ms, min_timestamp_ms, max_timestamp_ms,
             "2..4102448400000 ms since 1970")) {
    return Code::invalid_value;
  }
  timestamp_ms_ = timestamp_ms;
  return {};
}

Status Sample::set_position(const Fix& fix) {
  if (has_position_) return refuse("position", 2, "given once a sample");
  const bool moving = fix.heading_cdeg && fix.speed_mm_s;
  if (!check("position.lat", fix.lat_deg_e7, -max_lat_deg_e7, max_lat_deg_e7, "-90..90 degrees",
             7) ||
      !check("position.lng", fix.lng_deg_e7, -max_lng_deg_e7, max_lng_deg_e7, "-180..180 degrees",
             7)) {
    return Code::invalid_value;
  }
  if (fix.confidence_percent &&
      !check("position.confidence", *fix.confidence_percent, 50, 95, "50..95 %")) {
    return Code::invalid_value;
  }
  if (moving && !check("position.heading", *fix.heading_cdeg, 0, 36000, "0..360 degrees", 2)) {
    return Code::invalid_value;
  }
  if (fix.satellite_count) {
    if (!check("position.satellitecount", *fix.satellite_count, 1, 50, "1..50")) {
      return Code::invalid_value;
    }
    if (fix.type != PositionType::gnss) {
      return refuse("position.satellitecount", *fix.satellite_count,
                    "left out unless the type is gnss");
    }
  }
  if (fix.wlan_count) {
    if (!check("position.wlancount", *fix.wlan_count, 1, 254, "1..254")) {
      return Code::invalid_value;
    }
    if (fix.type != PositionType::wlan) {
      return refuse("position.wlancount", *fix.wlan_count, "left out unless the type is wlan");
    }
  }
  if (fix.timestamp_ms && !check("position.timestamp", *fix.timestamp_ms, min_timestamp_ms,
                                 max_timestamp_ms, "2..4102448400000 ms since 1970")) {
    return Code::invalid_value;
  }

  Fragment fragment(*this);
  fragment.text().append(length_ == 1 ? "\"position\":" : ",\"position\":");
  JsonWriter& json = fragment.json();
  json.begin_object();
  json.decimal("lat", fix.lat_deg_e7, 7);
  json.decimal("lng", fix.lng_deg_e7, 7);
  json.decimal("accuracy", fix.accuracy_mm, 3);
  if (fix.confidence_percent) json.integer("confidence", *fix.confidence_percent);
  if (fix.alt_mm) json.decimal("alt", *fix.alt_mm, 3);
  if (fix.altaccuracy_mm) json.decimal("altaccuracy", *fix.altaccuracy_mm, 3);
  if (moving) {
    json.integer("heading", (*fix.heading_cdeg + 50) / 100 % 360);
    json.integer("speed", (std::int64_t{*fix.speed_mm_s} + 500) / 1000);
  }
  if (fix.satellite_count) json.integer("satellitecount", *fix.satellite_count);
  if (fix.wlan_count) json.integer("wlancount", *fix.wlan_count);
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

  const Status status = commit_member(fragment);
  has_position_ = status.ok();
  return status;
}

Status Sample::add(const GsmCell& cell) {
  if (item_count_[gsm] == max_gsm_cells) {
    return refuse("scan.gsm", max_gsm_cells + 1, "at most 16 cells");
  }
  if (!check("scan.gsm.mcc", cell.mcc, 200, 999, "200..999") ||
      !check("scan.gsm.mnc", cell.mnc, 0, 999, "0..999") ||
      !check("scan.gsm.lac", cell.lac, 1, 65535, "1..65535") ||
      !check("scan.gsm.cid", cell.cid, 0, 65535, "0..65535") ||
      !check_given("scan.gsm.bsic", cell.bsic, 0, 63, "0..63") ||
      !check_given("scan.gsm.bcch", cell.bcch, 0, 1023, "0..1023") ||
      !check_given("scan.gsm.ta", cell.ta, 0, 63, "0..63")) {
    return Code::invalid_value;
  }
  if (cell.bsic && !cell.bcch) return refuse("scan.gsm.bsic", *cell.bsic, "given with bcch");
  if (cell.bcch && !cell.bsic) return refuse("scan.gsm.bcch", *cell.bcch, "given with bsic");
  if (cell.nmr.size() > max_gsm_neighbours) {
    return refuse("scan.gsm.nmr", static_cast<std::int64_t>(cell.nmr.size()),
                  "at most 16 neighbours");
  }
  for (const GsmNeighbour& neighbour : cell.nmr) {
    if (!check("scan.gsm.nmr.bsic", neighbour.bsic, 0, 63, "0..63") ||
        !check("scan.gsm.nmr.bcch", neighbour.bcch, 0, 1023, "0..1023") ||
        !check_given("scan.gsm.nmr.lac", neighbour.lac, 1, 65535, "1..65535") ||
        !check_given("scan.gsm.nmr.cid", neighbour.cid, 0, 65535, "0..65535")) {
      return Code::invalid_value;
    }
  }

  const std::uint16_t clamped_before = clamped_;
  Fragment fragment(*this);
  open_scan_item(fragment, gsm, "gsm");
  JsonWriter& json = fragment.json();
  const auto write = [&json](std::string_view name, const std::optional<std::int32_t>& value) {
    if (value) json.integer(name, *value);
  };
  const auto write_rxlevel = [this, &json](const std::optional<std::int32_t>& value) {
    if (value) json.integer("rxlevel", clamp(*value, -110, -25));
  };
  json.integer("mcc", cell.mcc);
  json.integer("mnc", cell.mnc);
  json.integer("lac", cell.lac);
  json.integer("cid", cell.cid);
  write("bsic", cell.bsic);
  write("bcch", cell.bcch);
  write_rxlevel(cell.rxlevel_dbm);
  write("ta", cell.ta);
  if (!cell.nmr.empty()) {
    json.key("nmr");
    json.begin_array();
    for (const GsmNeighbour& neighbour : cell.nmr) {
      json.begin_object();
      json.integer("bsic", neighbour.bsic);
      json.integer("bcch", neighbour.bcch);
      write("lac", neighbour.lac);
      write("cid", neighbour.cid);
      write_rxlevel(neighbour.rxlevel_dbm);
      json.end_object();
    }
    json.end_array();
  }
  const Status status = close_scan_item(fragment, gsm);
  if (!status.ok()) clamped_ = clamped_before;
  return status;
}

Status Sample::add(const WlanAccessPoint& access_point) {
  if (ends_with(access_point.ssid, "_nomap")) {
    ++withheld_;
    return {};
  }
  if (item_count_[wlan] == max_wlan_access_points) {
    return refuse("scan.wlan", max_wlan_access_points + 1, "at most 128 access points");
  }
  char mac[17];
  TextBuilder text(mac);
  for (const std::uint8_t byte : access_point.mac) {
    if (text.size() != 0) text.append(':');
    text.append_hex(byte);
  }

  const std::uint16_t clamped_before = clamped_;
  Fragment fragment(*this);
  open_scan_item(fragment, wlan, "wlan");
  JsonWriter& json = fragment.json();
  json.string("mac", text.text());
  if (access_point.powrx_dbm) json.integer("powrx", clamp(*access_point.powrx_dbm, -128, 0));
  const Status status = close_scan_item(fragment, wlan);
  if (!status.ok()) clamped_ = clamped_before;
  return status;
}

Status Sample::refuse_payload(std::size_t size, const char* rule) {
  field_error_ = {"payload", static_cast<std::int64_t>(size), 0, rule, " bytes"};
  return Code::invalid_value;
}

Status Sample::set_payload(std::string_view json_object) {
  const std::size_t given = json_object.size();
  if (has_payload_) return refuse_payload(given, "given once a sample");

  Fragment fragment(*this);
  fragment.text().append(length_ == 1 ? "\"payload\":" : ",\"payload\":");
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
  const Status status = commit_member(fragment);
  has_payload_ = status.ok();
  return status;
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
