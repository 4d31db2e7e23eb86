// SPDX-License-Identifier: Apache-2.0
#include "scan_file.hpp"

#include "failure.hpp"
#include "text.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

#include <rapidjson/error/en.h>
#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

namespace here_tracking::cli {
namespace {

enum class Kind : std::uint8_t { integer, text, list };

struct Member {
  std::string_view name;
  Kind kind;
  bool required;
};

constexpr std::array scan_members{Member{"gsm", Kind::list, false},
                                  Member{"wlan", Kind::list, false}};
enum Gsm : std::uint8_t { mcc, mnc, lac, cid, bsic, bcch, rxlevel, ta, nmr };
constexpr std::array gsm_members{
    Member{"mcc", Kind::integer, true},      Member{"mnc", Kind::integer, true},
    Member{"lac", Kind::integer, true},      Member{"cid", Kind::integer, true},
    Member{"bsic", Kind::integer, false},    Member{"bcch", Kind::integer, false},
    Member{"rxlevel", Kind::integer, false}, Member{"ta", Kind::integer, false},
    Member{"nmr", Kind::list, false}};
enum Nmr : std::uint8_t { nmr_bsic, nmr_bcch, nmr_lac, nmr_cid, nmr_rxlevel };
constexpr std::array nmr_members{
    Member{"bsic", Kind::integer, true}, Member{"bcch", Kind::integer, true},
    Member{"lac", Kind::integer, false}, Member{"cid", Kind::integer, false},
    Member{"rxlevel", Kind::integer, false}};
enum Wlan : std::uint8_t { mac, powrx, ssid };
constexpr std::array wlan_members{Member{"mac", Kind::text, true},
                                  Member{"powrx", Kind::integer, false},
                                  Member{"ssid", Kind::text, false}};

// Parts of the service's scan object that Sample cannot write.
constexpr std::array<std::string_view, 9> other_scan_members{
    "bt", "cdma", "country", "gps", "lte", "lteCatM", "nbIot", "tdscdma", "wcdma"};
constexpr std::array<std::string_view, 1> other_gsm_members{"timestamp"};
constexpr std::array<std::string_view, 2> other_wlan_members{"band", "timestamp"};

constexpr const char* mac_rule = "six pairs of hex digits, all with ':' or all with '-' between";

std::optional<MacAddress> parse_mac(std::string_view text) {
  MacAddress address{};
  if (text.size() != 17 || (text[2] != ':' && text[2] != '-')) return std::nullopt;
  for (std::size_t i = 0; i < address.size(); ++i) {
    const char* const pair = text.data() + 3 * i;
    if (i > 0 && pair[-1] != text[2]) return std::nullopt;
    const auto [end, error] = std::from_chars(pair, pair + 2, address[i], 16);
    if (error != std::errc{} || end != pair + 2) return std::nullopt;
  }
  return address;
}

/// Follows the JSON through its levels: the scan object, its lists, their items, a cell's
/// neighbours.
class ScanHandler {
 public:
  ScanHandler(Scan& scan, const std::string& file) : scan_(scan), file_(file) {}

  // NOLINTBEGIN(readability-identifier-naming): RapidJSON's handler concept
  bool Null() { return wrong_kind("null"); }
  bool Bool(bool value) { return wrong_kind(value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return take_number({text, size});
  }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return take_text({text, size});
  }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    return take_key({text, size});
  }
  bool StartObject() {
    if (where_ == Where::top) return enter(Where::scan);
    if (where_ == Where::gsm_list) {
      check_room(scan_.gsm.size(), Sample::max_cells, "cells");
      scan_.gsm.emplace_back();
      return enter(Where::gsm_item);
    }
    if (where_ == Where::nmr_list) {
      check_room(scan_.gsm.back().nmr.size(), 16, "neighbours");
      scan_.gsm.back().nmr.emplace_back();
      return enter(Where::nmr_item);
    }
    if (where_ == Where::wlan_list) {
      check_room(scan_.wlan.size(), Sample::max_wlan_access_points, "access points");
      scan_.wlan.emplace_back();
      return enter(Where::wlan_item);
    }
    return wrong_kind("an object");
  }
  bool EndObject(rapidjson::SizeType /*count*/) {
    check_complete();
    switch (where_) {
      case Where::gsm_item:
        check_cell();
        return leave(Where::gsm_list);
      case Where::nmr_item:
        return leave(Where::nmr_list);
      case Where::wlan_item:
        return leave(Where::wlan_list);
      default:
        return leave(Where::top);
    }
  }
  bool StartArray() {
    if (!is_list_expected()) return wrong_kind("a list");
    if (where_ == Where::gsm_item) return enter(Where::nmr_list);
    return enter(key_ == 0 ? Where::gsm_list : Where::wlan_list);
  }
  bool EndArray(rapidjson::SizeType /*count*/) {
    return leave(where_ == Where::nmr_list ? Where::gsm_item : Where::scan);
  }
  // Numbers come as text; RapidJSON names these all the same.
  static bool Int(int /*value*/) { return false; }
  static bool Uint(unsigned /*value*/) { return false; }
  static bool Int64(std::int64_t /*value*/) { return false; }
  static bool Uint64(std::uint64_t /*value*/) { return false; }
  static bool Double(double /*value*/) { return false; }
  // NOLINTEND(readability-identifier-naming)

 private:
  enum class Where : std::uint8_t {
    top,
    scan,
    gsm_list,
    gsm_item,
    nmr_list,
    nmr_item,
    wlan_list,
    wlan_item
  };

  struct Members {
    const Member* begin = nullptr;
    std::size_t size = 0;
  };

  [[nodiscard]] Members members() const {
    switch (where_) {
      case Where::scan:
        return {scan_members.data(), scan_members.size()};
      case Where::gsm_item:
        return {gsm_members.data(), gsm_members.size()};
      case Where::nmr_item:
        return {nmr_members.data(), nmr_members.size()};
      case Where::wlan_item:
        return {wlan_members.data(), wlan_members.size()};
      default:
        return {};
    }
  }

  [[nodiscard]] bool is_of_the_service(std::string_view name) const {
    const auto has = [name](const auto& names) {
      return std::find(names.begin(), names.end(), name) != names.end();
    };
    switch (where_) {
      case Where::scan:
        return has(other_scan_members);
      case Where::gsm_item:
        return has(other_gsm_members);
      case Where::wlan_item:
        return has(other_wlan_members);
      default:
        return false;
    }
  }

  bool enter(Where where) {
    where_ = where;
    if (where == Where::nmr_item) {
      seen_in_neighbour_ = 0;
    } else if (where == Where::scan || where == Where::gsm_item || where == Where::wlan_item) {
      (where == Where::scan ? seen_in_scan_ : seen_in_item_) = 0;
    }
    return true;
  }
  bool leave(Where to) {
    where_ = to;
    return true;
  }

  unsigned& seen() {
    if (where_ == Where::scan) return seen_in_scan_;
    return where_ == Where::nmr_item ? seen_in_neighbour_ : seen_in_item_;
  }

  /// Where we are: "gsm[1].nmr[0]"; of a list, the item that would be next.
  [[nodiscard]] std::string path() const {
    const auto item = [](std::string_view list, std::size_t index) {
      return std::string(list).append("[").append(std::to_string(index)).append("]");
    };
    switch (where_) {
      case Where::gsm_list:
        return item("gsm", scan_.gsm.size());
      case Where::gsm_item:
        return item("gsm", scan_.gsm.size() - 1);
      case Where::nmr_list:
        return item("gsm", scan_.gsm.size() - 1) + item(".nmr", scan_.gsm.back().nmr.size());
      case Where::nmr_item:
        return item("gsm", scan_.gsm.size() - 1) + item(".nmr", scan_.gsm.back().nmr.size() - 1);
      case Where::wlan_list:
        return item("wlan", scan_.wlan.size());
      case Where::wlan_item:
        return item("wlan", scan_.wlan.size() - 1);
      default:
        return {};
    }
  }
  [[nodiscard]] std::string path_of(std::string_view member) const {
    std::string text = path();
    if (!text.empty()) text += '.';
    return text.append(member);
  }

  [[noreturn]] void refuse(const std::string& text) const {
    throw Failure(Exit::usage, file_ + ": " + text);
  }

  [[nodiscard]] bool in_object() const { return members().size != 0; }
  [[nodiscard]] bool is_list_expected() const {
    return in_object() && members().begin[key_].kind == Kind::list;
  }

  bool wrong_kind(const std::string& value) const {
    if (where_ == Where::top) refuse("holds " + value + ": must be an object with gsm or wlan");
    if (!in_object()) refuse(path() + " = " + value + ": must be an object");
    const Member& member = members().begin[key_];
    const char* const wanted = member.kind == Kind::integer ? "an integer"
                               : member.kind == Kind::text  ? "a string"
                                                            : "a list";
    refuse(path_of(member.name) + " = " + value + ": must be " + wanted);
  }

  void check_room(std::size_t size, std::size_t most, const char* items) const {
    if (size == most) {
      refuse(path() + ": must be at most " + std::to_string(most) + " " + items);
    }
  }

  bool take_key(std::string_view name) {
    const auto [begin, size] = members();
    const Member* const end = begin + size;
    const Member* const member =
        std::find_if(begin, end, [name](const Member& known) { return known.name == name; });
    if (member == end) {
      std::string known;
      for (const Member* at = begin; at != end; ++at) {
        known.append(at == begin ? "" : ", ").append(at->name);
      }
      refuse(path_of(printable(name)) +
             (is_of_the_service(name) ? ": not supported by this version, which knows "
                                      : ": unknown member: must be one of ") +
             known);
    }
    key_ = static_cast<std::size_t>(member - begin);
    const unsigned bit = 1U << key_;
    if ((seen() & bit) != 0) refuse(path_of(name) + ": must be given once");
    seen() |= bit;
    return true;
  }

  void check_complete() {
    const auto [begin, size] = members();
    for (std::size_t i = 0; i < size; ++i) {
      if (begin[i].required && (seen() & (1U << i)) == 0) {
        refuse(path_of(begin[i].name) + " is missing: must be given");
      }
    }
  }

  bool take_number(std::string_view text) {
    if (!in_object() || members().begin[key_].kind != Kind::integer) {
      return wrong_kind(printable(text));
    }
    std::int32_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (end != text.data() + text.size()) return wrong_kind(printable(text));
    if (error != std::errc{}) {
      refuse(path_of(members().begin[key_].name) + " = " + printable(text) +
             ": must be an integer of at most 32 bits");
    }
    if (where_ == Where::gsm_item) {
      set_gsm(scan_.gsm.back().cell, value);
    } else if (where_ == Where::nmr_item) {
      set_neighbour(scan_.gsm.back().nmr.back(), value);
    } else {
      scan_.wlan.back().access_point.powrx_dbm = value;
    }
    return true;
  }

  void set_gsm(GsmCell& cell, std::int32_t value) const {
    switch (key_) {
      case Gsm::mcc:
        cell.mcc = value;
        break;
      case Gsm::mnc:
        cell.mnc = value;
        break;
      case Gsm::lac:
        cell.lac = value;
        break;
      case Gsm::cid:
        cell.cid = value;
        break;
      case Gsm::bsic:
        cell.bsic = value;
        break;
      case Gsm::bcch:
        cell.bcch = value;
        break;
      case Gsm::rxlevel:
        cell.rxlevel_dbm = value;
        break;
      default:
        cell.ta = value;
    }
  }

  void set_neighbour(GsmNeighbour& neighbour, std::int32_t value) const {
    switch (key_) {
      case Nmr::nmr_bsic:
        neighbour.bsic = value;
        break;
      case Nmr::nmr_bcch:
        neighbour.bcch = value;
        break;
      case Nmr::nmr_lac:
        neighbour.lac = value;
        break;
      case Nmr::nmr_cid:
        neighbour.cid = value;
        break;
      default:
        neighbour.rxlevel_dbm = value;
    }
  }

  bool take_text(std::string_view text) {
    const std::string shown = "\"" + printable(text) + "\"";
    if (!in_object() || members().begin[key_].kind != Kind::text) return wrong_kind(shown);
    if (key_ == Wlan::ssid) {
      scan_.wlan.back().ssid = text;
      return true;
    }
    const std::optional<MacAddress> address = parse_mac(text);
    if (!address) refuse(path_of("mac") + " = " + shown + ": must be " + mac_rule);
    scan_.wlan.back().access_point.mac = *address;
    return true;
  }

  /// The ranges are Sample's affair. It is asked without the neighbours and then with each of them
  /// alone, so that the message can say which one it was.
  void check_cell() const {
    const Scan::Cell& given = scan_.gsm.back();
    check_with_sample(given.cell, path(), "scan.gsm");
    for (std::size_t i = 0; i < given.nmr.size(); ++i) {
      GsmCell cell = given.cell;
      cell.nmr = {&given.nmr[i], 1};
      check_with_sample(cell, path() + ".nmr[" + std::to_string(i) + "]", "scan.gsm.nmr[0]");
    }
  }
  void check_with_sample(const GsmCell& cell, const std::string& path,
                         std::string_view field) const {
    char buffer[512];
    Sample sample(buffer);
    if (sample.add(cell).ok()) return;
    char memory[160];
    const std::string_view text(memory, format(sample.field_error(), memory));
    refuse(path + std::string(text.substr(std::min(field.size(), text.size()))));
  }

  Scan& scan_;
  const std::string& file_;
  Where where_ = Where::top;
  std::size_t key_ = 0;
  unsigned seen_in_scan_ = 0;
  unsigned seen_in_item_ = 0;
  unsigned seen_in_neighbour_ = 0;
};

[[noreturn]] void refuse_syntax(std::string_view json, std::size_t offset, const std::string& file,
                                const std::string& reason) {
  const std::string_view before = json.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t line_start = before.rfind('\n') + 1;  // npos + 1 is 0
  throw Failure(Exit::usage, file + ":" + std::to_string(line) + ":" +
                                 std::to_string(offset - line_start + 1) +
                                 ": must be JSON in UTF-8: " + reason);
}

}  // namespace

Scan parse_scan(std::string_view json, const std::string& file) {
  Scan scan;
  ScanHandler handler(scan, file);
  rapidjson::MemoryStream stream(json.data(), json.size());
  rapidjson::Reader reader;
  constexpr unsigned flags =
      rapidjson::kParseNumbersAsStringsFlag | rapidjson::kParseValidateEncodingFlag;
  const rapidjson::ParseResult result = reader.Parse<flags>(stream, handler);
  if (result.IsError()) {
    refuse_syntax(json, result.Offset(), file, rapidjson::GetParseError_En(result.Code()));
  }
  // RapidJSON takes a zero byte for the end.
  if (stream.Tell() != json.size())
    refuse_syntax(json, stream.Tell(), file, "There is more to it.");
  return scan;
}

}  // namespace here_tracking::cli
