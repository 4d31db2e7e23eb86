// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/nmea.hpp"

#include "calendar.hpp"
#include "text.hpp"

#include <algorithm>

namespace here_tracking {

namespace {

constexpr std::int64_t ms_per_day = 86400000;
constexpr std::uint32_t slowest_mm_s = 500;
constexpr std::uint32_t mm_per_hdop = 5000;
constexpr std::uint32_t mm_per_vdop = 10000;
constexpr std::uint32_t unknown_accuracy_mm = 25000;
constexpr std::uint32_t max_length_mm = 1000000000;
constexpr std::uint32_t max_dop_e3 = 100000;
constexpr std::int32_t max_altitude_mm = 100000000;
constexpr std::int64_t max_disagreement_deg_e7 = 10000;

/// A decimal number times 10^decimals, rounded half away from zero. Nothing for any other text;
/// what has more than nine places before the point is taken as 999999999.
std::optional<std::int64_t> parse_decimal(std::string_view text, unsigned decimals) {
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  const std::size_t point = std::min(text.find('.'), text.size());
  std::int64_t value = 0;
  bool too_large = false;
  for (const char c : head(text, point)) {
    if (!is_digit(c)) return std::nullopt;
    value = value * 10 + (c - '0');
    too_large = too_large || value > 999999999;
    if (too_large) value = 999999999;
  }
  std::string_view fraction = after(text, point + 1);
  if (point + fraction.size() == 0) return std::nullopt;
  if (!std::all_of(fraction.begin(), fraction.end(), is_digit)) return std::nullopt;
  if (too_large) fraction = {};
  for (unsigned i = 0; i < decimals; ++i) {
    value = value * 10 + (i < fraction.size() ? fraction[i] - '0' : 0);
  }
  if (fraction.size() > decimals && fraction[decimals] >= '5') ++value;
  return negative ? -value : value;
}

/// As parse_decimal(), for what cannot be negative, at most `max`; 0 when it is missing or wrong.
std::uint32_t parse_magnitude(std::string_view text, unsigned decimals, std::uint32_t max) {
  const std::int64_t value = parse_decimal(text, decimals).value_or(0);
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(value, 0, max));
}

/// Two digits at `at`, or -1.
int two_digits(std::string_view text, std::size_t at) {
  if (at + 2 > text.size() || !is_digit(text[at]) || !is_digit(text[at + 1])) return -1;
  return (text[at] - '0') * 10 + (text[at + 1] - '0');
}

/// hhmmss or hhmmss.sss as milliseconds of the day, a leap second included.
std::optional<std::int32_t> parse_time_of_day(std::string_view text) {
  const int hour = two_digits(text, 0);
  const int minute = two_digits(text, 2);
  const int second = two_digits(text, 4);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0) return std::nullopt;
  if (second > (hour == 23 && minute == 59 ? 60 : 59)) return std::nullopt;
  const std::string_view fraction = after(text, 6);
  if (!fraction.empty() && fraction.front() != '.') return std::nullopt;
  std::int32_t milliseconds = 0;
  std::int32_t weight = 100;
  for (const char c : after(fraction, 1)) {
    if (!is_digit(c)) return std::nullopt;
    milliseconds += (c - '0') * weight;
    weight /= 10;
  }
  return ((hour * 60 + minute) * 60 + second) * 1000 + milliseconds;
}

/// ddmmyy as days since 1970-01-01. The years are 1980..2079.
std::optional<std::int32_t> parse_date(std::string_view text) {
  const int day = two_digits(text, 0);
  const int month = two_digits(text, 2);
  const int two_digit_year = two_digits(text, 4);
  if (text.size() != 6 || day < 0 || month < 0 || two_digit_year < 0) return std::nullopt;
  const int year = two_digit_year + (two_digit_year < 80 ? 2000 : 1900);
  const std::int32_t days =
      days_since_1970(static_cast<std::uint32_t>(year), static_cast<std::uint32_t>(month),
                      static_cast<std::uint32_t>(day));
  if (days == no_day) return std::nullopt;
  return days;
}

/// ddmm.mmmm with its hemisphere as 1e-7 degrees.
std::optional<std::int32_t> parse_angle(std::string_view text, std::string_view hemisphere,
                                        std::size_t degree_digits, std::int64_t max_degrees,
                                        std::string_view hemispheres) {
  if (hemisphere.size() != 1 || hemispheres.find(hemisphere) == std::string_view::npos) {
    return std::nullopt;
  }
  if (text.size() < degree_digits + 2 || text.find('-') != std::string_view::npos) {
    return std::nullopt;
  }
  const std::string_view minutes_text = after(text, degree_digits);
  if (minutes_text.size() > 2 && minutes_text[2] != '.') return std::nullopt;
  const auto degrees = parse_decimal(head(text, degree_digits), 0);
  const auto minutes_e9 = parse_decimal(minutes_text, 9);
  if (!degrees || !minutes_e9 || two_digits(minutes_text, 0) < 0) return std::nullopt;
  if (*minutes_e9 >= 60000000000) return std::nullopt;
  const std::int64_t angle_e7 = *degrees * 10000000 + (*minutes_e9 + 3000) / 6000;
  if (angle_e7 > max_degrees * 10000000) return std::nullopt;
  const bool negative = hemisphere[0] == hemispheres[1];
  return static_cast<std::int32_t>(negative ? -angle_e7 : angle_e7);
}

/// Rounded down.
std::uint32_t square_root(std::uint64_t square) {
  std::uint64_t root = 0;
  for (std::uint64_t bit = std::uint64_t{1} << 31; bit != 0; bit >>= 1) {
    const std::uint64_t candidate = root | bit;
    if (candidate * candidate <= square) root = candidate;
  }
  return static_cast<std::uint32_t>(root);
}

std::int64_t distance(std::int64_t a, std::int64_t b) {
  return a < b ? b - a : a - b;
}

}  // namespace

/// The parts between the commas; those that are missing are empty.
struct NmeaParser::Fields {
  std::array<std::string_view, 18> items;

  explicit Fields(std::string_view sentence) {
    for (std::string_view& item : items) {
      const std::size_t comma = std::min(sentence.find(','), sentence.size());
      item = head(sentence, comma);
      sentence = after(sentence, comma + 1);
    }
  }

  std::string_view operator[](std::size_t i) const { return items[i]; }
};

void NmeaParser::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (c == '$') {
      end_sentence();
      in_sentence_ = true;
    } else if (!in_sentence_) {
      continue;
    } else if (c == '\r' || c == '\n') {
      end_sentence();
    } else if (c < ' ' || c > '~' || size_ == sentence_.size() ||
               (size_ == 0 && (c < 'A' || c > 'Z'))) {
      in_sentence_ = false;
      size_ = 0;
    } else {
      if (c == '*' && star_ == 0) star_ = size_;
      sentence_[size_++] = c;
      if (star_ != 0 && size_ == star_ + 3) take_sentence();
    }
  }
}

void NmeaParser::finish() {
  end_sentence();
  close_epoch();
  last_time_ms_.reset();
}

std::optional<Fix> NmeaParser::take_fix() {
  const std::optional<Fix> fix = fix_;
  fix_.reset();
  return fix;
}

/// For one that has no complete checksum: a complete one has ended already.
void NmeaParser::end_sentence() {
  if (in_sentence_ && size_ != 0) ++stats_.checksums_wrong;
  in_sentence_ = false;
  size_ = 0;
  star_ = 0;
}

void NmeaParser::take_sentence() {
  const std::string_view text(sentence_.data(), star_);
  const int high = hex_value(sentence_[star_ + 1U]);
  const int low = hex_value(sentence_[star_ + 2U]);
  in_sentence_ = false;
  size_ = 0;
  star_ = 0;

  unsigned sum = 0;
  for (const char c : text) {
    sum ^= static_cast<unsigned char>(c);
  }
  if (high < 0 || low < 0 || sum != static_cast<unsigned>(high * 16 + low)) {
    ++stats_.checksums_wrong;
    return;
  }
  ++stats_.sentences;

  const Fields fields(text);
  const std::string_view address = fields[0];
  if (address.size() != 5 || address[0] != 'G') return;
  if (std::string_view("PLABN").find(address[1]) == std::string_view::npos) return;
  const std::string_view kind = after(address, 2);
  if (kind == "RMC") {
    take_rmc(fields);
  } else if (kind == "GGA") {
    take_gga(fields);
  } else if (kind == "GSA") {
    take_gsa(fields);
  } else if (kind == "GST") {
    take_gst(fields);
  }
}

/// False when the time of day cannot be read: the sentence belongs to no epoch.
bool NmeaParser::enter_epoch(std::string_view time_of_day) {
  const auto time_ms = parse_time_of_day(time_of_day);
  if (!time_ms && !time_of_day.empty()) return false;
  if (time_ms.value_or(-1) != epoch_.time_ms) {
    close_epoch();
    epoch_.time_ms = time_ms.value_or(-1);
  }
  return true;
}

std::optional<std::int64_t> NmeaParser::date_epoch() {
  if (epoch_.day) {
    last_time_ms_ = *epoch_.day * ms_per_day + epoch_.time_ms;
  } else if (last_time_ms_) {
    std::int64_t time_ms = *last_time_ms_ / ms_per_day * ms_per_day + epoch_.time_ms;
    if (time_ms - *last_time_ms_ > ms_per_day / 2) time_ms -= ms_per_day;
    if (*last_time_ms_ - time_ms > ms_per_day / 2) time_ms += ms_per_day;
    last_time_ms_ = time_ms;
  }
  return last_time_ms_;
}

void NmeaParser::close_epoch() {
  const Epoch epoch = epoch_;
  if (epoch.time_ms < 0) {
    epoch_ = Epoch{};
    return;
  }
  const auto timestamp_ms = date_epoch();
  epoch_ = Epoch{};
  if (epoch.refused || (!epoch.rmc && !epoch.gga)) return;
  if (epoch.rmc && epoch.gga) {
    const std::int64_t lng_distance =
        distance(epoch.rmc->lng_deg_e7, epoch.gga->lng_deg_e7) % 3600000000;
    if (distance(epoch.rmc->lat_deg_e7, epoch.gga->lat_deg_e7) > max_disagreement_deg_e7 ||
        std::min(lng_distance, 3600000000 - lng_distance) > max_disagreement_deg_e7) {
      return;
    }
  }

  Fix fix;
  const Position position = epoch.gga ? *epoch.gga : *epoch.rmc;
  fix.lat_deg_e7 = position.lat_deg_e7;
  fix.lng_deg_e7 = position.lng_deg_e7;
  const std::uint32_t hdop_e3 = epoch.gga_hdop_e3 != 0 ? epoch.gga_hdop_e3 : epoch.gsa_hdop_e3;
  if (epoch.deviation_mm != 0) {
    fix.accuracy_mm = epoch.deviation_mm;
  } else if (hdop_e3 != 0) {
    fix.accuracy_mm = hdop_e3 * mm_per_hdop / 1000;
  } else {
    fix.accuracy_mm = unknown_accuracy_mm;
  }
  const bool three_dimensional =
      epoch.dimensions == 3 || (epoch.dimensions == 0 && epoch.satellite_count >= 4);
  if (epoch.alt_mm && three_dimensional) {
    fix.alt_mm = epoch.alt_mm;
    if (epoch.alt_deviation_mm != 0) {
      fix.altaccuracy_mm = epoch.alt_deviation_mm;
    } else if (epoch.vdop_e3 != 0) {
      fix.altaccuracy_mm = epoch.vdop_e3 * mm_per_vdop / 1000;
    }
  }
  if (epoch.heading_cdeg && epoch.speed_mm_s >= slowest_mm_s) {
    fix.heading_cdeg = epoch.heading_cdeg;
    fix.speed_mm_s = epoch.speed_mm_s;
  }
  if (epoch.satellite_count != 0) fix.satellite_count = epoch.satellite_count;
  fix.type = PositionType::gnss;
  fix.timestamp_ms = timestamp_ms;
  fix_ = fix;
  ++stats_.fixes;
}

std::optional<NmeaParser::Position> NmeaParser::read_position(const Fields& fields,
                                                              std::size_t first) {
  const auto lat = parse_angle(fields[first], fields[first + 1], 2, 90, "NS");
  const auto lng = parse_angle(fields[first + 2], fields[first + 3], 3, 180, "EW");
  if (!lat || !lng) return std::nullopt;
  return Position{*lat, *lng};
}

void NmeaParser::take_rmc(const Fields& fields) {
  if (!enter_epoch(fields[1])) return;
  // The mode came with NMEA 2.3; before, the status stood alone.
  const bool measured =
      fields[12].empty() || (fields[12].size() == 1 &&
                             std::string_view("ADFPR").find(fields[12]) != std::string_view::npos);
  const auto position = read_position(fields, 3);
  if (fields[2] != "A" || !measured || !position) {
    epoch_.refused = true;
    return;
  }
  epoch_.rmc = position;
  // 1 knot is 1852 m / 3600 s, so 463/900 mm/s are a thousandth of it.
  const std::int64_t knots_e6 = std::max<std::int64_t>(parse_decimal(fields[7], 6).value_or(0), 0);
  epoch_.speed_mm_s = static_cast<std::uint32_t>(
      std::min<std::int64_t>((knots_e6 * 463 + 450000) / 900000, max_length_mm));
  const auto heading_cdeg = parse_decimal(fields[8], 2);
  if (heading_cdeg && *heading_cdeg >= 0 && *heading_cdeg <= 36000) {
    epoch_.heading_cdeg = static_cast<std::uint16_t>(*heading_cdeg);
  }
  epoch_.day = parse_date(fields[9]);
}

void NmeaParser::take_gga(const Fields& fields) {
  if (!enter_epoch(fields[1])) return;
  const bool measured = fields[6].size() == 1 && fields[6][0] >= '1' && fields[6][0] <= '5';
  const auto position = read_position(fields, 2);
  if (!measured || !position) {
    epoch_.refused = true;
    return;
  }
  epoch_.gga = position;
  epoch_.satellite_count = static_cast<std::uint8_t>(parse_magnitude(fields[7], 0, 50));
  epoch_.gga_hdop_e3 = parse_magnitude(fields[8], 3, max_dop_e3);
  const auto sea_level_mm = parse_decimal(fields[9], 3);
  const auto separation_mm = parse_decimal(fields[11], 3);
  if (sea_level_mm && separation_mm && fields[10] == "M" && fields[12] == "M") {
    const std::int64_t alt_mm = *sea_level_mm + *separation_mm;
    if (distance(alt_mm, 0) <= max_altitude_mm) epoch_.alt_mm = static_cast<std::int32_t>(alt_mm);
  }
}

void NmeaParser::take_gsa(const Fields& fields) {
  // One GSA a constellation: one without satellites says "no fix", which the others may not.
  const std::uint32_t dimensions = parse_magnitude(fields[2], 0, 3);
  epoch_.dimensions = std::max(epoch_.dimensions, static_cast<std::uint8_t>(dimensions));
  if (dimensions < 2) return;
  epoch_.gsa_hdop_e3 = parse_magnitude(fields[16], 3, max_dop_e3);
  epoch_.vdop_e3 = parse_magnitude(fields[17], 3, max_dop_e3);
}

void NmeaParser::take_gst(const Fields& fields) {
  if (!enter_epoch(fields[1])) return;
  const std::uint64_t lat_mm = parse_magnitude(fields[6], 3, max_length_mm);
  const std::uint64_t lng_mm = parse_magnitude(fields[7], 3, max_length_mm);
  // A receiver that knows only one of them knows too little.
  const bool complete = lat_mm != 0 && lng_mm != 0;
  epoch_.deviation_mm = complete ? square_root(lat_mm * lat_mm + lng_mm * lng_mm) : 0;
  epoch_.alt_deviation_mm = parse_magnitude(fields[8], 3, max_length_mm);
}

}  // namespace here_tracking
