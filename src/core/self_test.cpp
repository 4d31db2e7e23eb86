// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/self_test.hpp"

#include "here_tracking/client.hpp"

#include "text.hpp"

#include <algorithm>
#include <array>

namespace here_tracking {
namespace {

using Bytes = Span<std::uint8_t>;

constexpr std::uint8_t guard = 0xa5;

bool all_are(Span<const std::uint8_t> bytes, std::uint8_t value) {
  return std::all_of(bytes.begin(), bytes.end(), [value](std::uint8_t b) { return b == value; });
}

Bytes part(Bytes bytes, std::size_t offset, std::size_t size) {
  return {bytes.data() + offset, size};
}

/// Bytes that say where they belong. Among them zeros, which end what is taken for text.
std::uint8_t pattern(std::uint32_t sector, std::uint32_t offset) {
  if (offset % 16 == 7) return 0;
  std::uint32_t hash = (sector + 1) * 0x9e3779b1U + offset * 0x85ebca6bU;
  hash ^= hash >> 15U;
  return static_cast<std::uint8_t>((hash * 0xc2b2ae35U) >> 24U);
}

void fill_pattern(Bytes into, std::uint32_t sector, std::uint32_t offset) {
  for (std::uint8_t& byte : into)
    byte = pattern(sector, offset++);
}

bool is_pattern(Span<const std::uint8_t> bytes, std::uint32_t sector, std::uint32_t offset) {
  return std::all_of(bytes.begin(), bytes.end(),
                     [&](std::uint8_t byte) { return byte == pattern(sector, offset++); });
}

/// Sees whether a response is handed over as it should be.
class ResponseCheck final : public ResponseHandler {
 public:
  explicit ResponseCheck(bool break_off) : break_off_(break_off) {}

  void on_status(std::uint16_t http_status) override {
    status_ = http_status;
    body_bytes_ = 0;
    has_length_ = false;
    in_order_ = http_status >= 200 && http_status <= 599;
  }
  void on_header(std::string_view name, std::string_view value) override {
    called_ = true;
    if (status_ == 0 || name.empty() || has_space(name) || has_space(value)) in_order_ = false;
    if (equals_ignoring_case(name, "content-length")) {
      has_length_ = parse_digits(value, 0xffffffff, length_);
    }
    if (equals_ignoring_case(name, "date")) has_date_ = true;
  }
  bool on_body(std::string_view piece) override {
    called_ = true;
    if (status_ == 0 || over_) in_order_ = false;
    // What is not taken out of its chunks begins with their length.
    if (body_bytes_ == 0 && !piece.empty() && piece[0] != '{') in_order_ = false;
    body_bytes_ += piece.size();
    over_ = break_off_;
    return !break_off_;
  }

  [[nodiscard]] std::uint16_t status() const { return status_; }
  [[nodiscard]] bool called() const { return called_ || status_ != 0; }
  [[nodiscard]] bool complete() const {
    return in_order_ && has_date_ && body_bytes_ != 0 && (!has_length_ || length_ == body_bytes_);
  }

 private:
  static bool has_space(std::string_view text) {
    return !text.empty() && (is_space(text[0]) || is_space(text[text.size() - 1]));
  }
  static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

  bool break_off_;
  bool over_ = false;
  bool called_ = false;
  bool in_order_ = false;
  bool has_date_ = false;
  bool has_length_ = false;
  std::uint16_t status_ = 0;
  std::uint64_t length_ = 0;
  std::uint64_t body_bytes_ = 0;
};

class Tester {
 public:
  explicit Tester(const SelfTest& device)
      : device_(device), hooks_(device.hooks), memory_(device.memory) {}

  HookFaults run() {
    test_clock();
    test_entropy();
    test_storage();
    if (device_.sectors != nullptr) test_sectors(*device_.sectors);
    test_transport();
    if (device_.sources != nullptr) test_sources(*device_.sources);
    if (faults_.none()) hooks_.log->write(LogLevel::info, "self-test: ok");
    return faults_;
  }

 private:
  static constexpr std::int32_t max_clock_calls = 10000000;
  static constexpr std::int32_t min_clock_calls = 10000;
  static constexpr std::uint32_t connect_timeout_ms = 2000;
  static constexpr std::uint32_t refused_timeout_ms = 3000;
  static constexpr std::uint32_t service_timeout_ms = 30000;

  void fail(HookFault fault, std::string_view what = {}, std::int64_t number = -1) {
    faults_.add(fault);
    char memory[160];
    TextBuilder text(memory);
    text.append("self-test: ");
    text.append(to_string(fault));
    if (!what.empty()) {
      text.append(": ");
      text.append(what);
    }
    if (number >= 0) {
      text.append(' ');
      text.append_integer(number);
    }
    hooks_.log->write(LogLevel::warning, text.text());
  }

  // ---- clock, entropy ----

  void test_clock() {
    Clock& clock = *hooks_.clock;
    std::int64_t last_ms = clock.now_ms();
    if (last_ms < 0) return fail(HookFault::clock_missing);
    bool advances = false;
    bool decreases = false;
    for (std::int32_t i = 0; i < max_clock_calls && (!advances || i < min_clock_calls); ++i) {
      const std::int64_t now_ms = clock.now_ms();
      if (now_ms < last_ms) decreases = true;
      if (now_ms > last_ms) advances = true;
      last_ms = now_ms;
    }
    if (decreases) fail(HookFault::clock_backwards);
    if (!advances) fail(HookFault::clock_stopped);
    has_clock_ = advances && !decreases;
    const std::uint64_t boot_id = clock.boot_id();
    if (boot_id != clock.boot_id()) return fail(HookFault::boot_id_changed);
    if (boot_id == 0) fail(HookFault::boot_id_missing);
  }

  void test_entropy() {
    constexpr std::size_t size = 29;  // ends within a word
    constexpr int rounds = 16;
    std::array<std::uint8_t, size + 8> memory{};
    std::array<std::uint8_t, size> last{};
    std::array<std::uint8_t, size> ones{};   // bits that were ever set, and
    std::array<std::uint8_t, size> zeros{};  // ever clear
    bool repeats = false;
    bool overruns = false;
    for (int round = 0; round < rounds; ++round) {
      memory.fill(guard);
      const Status status = hooks_.entropy->fill(Bytes(memory.data(), size));
      if (!status.ok()) return fail(HookFault::entropy_failed, to_string(status.code()));
      if (!all_are({memory.data() + size, memory.size() - size}, guard)) overruns = true;
      if (round > 0 && std::equal(last.begin(), last.end(), memory.begin())) repeats = true;
      std::copy_n(memory.begin(), size, last.begin());
      for (std::size_t i = 0; i < size; ++i) {
        ones[i] = static_cast<std::uint8_t>(ones[i] | memory[i]);
        zeros[i] = static_cast<std::uint8_t>(zeros[i] | ~memory[i]);
      }
    }
    if (overruns) fail(HookFault::entropy_overrun);
    if (repeats) return fail(HookFault::entropy_repeats);
    for (std::size_t i = 0; i < size; ++i) {
      if ((ones[i] & zeros[i]) != 0) continue;
      return fail(HookFault::entropy_incomplete, "byte", static_cast<std::int64_t>(i));
    }
  }

  // ---- storage ----

  static constexpr std::string_view record = "self_test";
  static constexpr std::string_view name_a = "self_test_name_a";
  static constexpr std::string_view name_b = "self_test_name_b";
  static_assert(name_a.size() == 16);

  /// Stores a record with a pattern of its own. False: it failed, for a reason that was told.
  bool store(std::string_view name, std::uint32_t number, std::size_t size, HookFault fault) {
    const Bytes bytes = part(memory_, 0, size);
    fill_pattern(bytes, number, 0);
    const Status status = hooks_.storage->store(name, bytes);
    if (!status.ok()) fail(fault, to_string(status.code()));
    return status.ok();
  }

  bool loads(std::string_view name, std::uint32_t number, std::size_t size, HookFault fault) {
    const Bytes bytes = part(memory_, 0, memory_.size() / 2);
    std::fill(bytes.begin(), bytes.end(), guard);
    std::size_t loaded = ~std::size_t{0};
    const Status status = hooks_.storage->load(name, bytes, loaded);
    if (!status.ok()) {
      fail(fault, to_string(status.code()));
    } else if (loaded != size) {
      fail(fault, "size", static_cast<std::int64_t>(loaded));
    } else if (!is_pattern(part(bytes, 0, size), number, 0)) {
      fail(fault, "bytes differ");
    } else {
      return true;
    }
    return false;
  }

  void check_absent(std::string_view name) {
    std::size_t size = 0;
    const Status status = hooks_.storage->load(name, part(memory_, 0, 64), size);
    if (status != Code::no_data) fail(HookFault::storage_absent, to_string(status.code()));
  }

  void test_storage() {
    Storage& storage = *hooks_.storage;
    Status status = storage.erase(record);
    if (status == Code::not_provided) return fail(HookFault::storage_missing);
    if (!status.ok()) fail(HookFault::storage_absent, to_string(status.code()));
    check_absent(record);
    test_records();
    for (const std::string_view name : {record, name_a, name_b})
      (void)storage.erase(name);
  }

  void test_records() {
    constexpr std::size_t shorter = 48;  // the record of the clock
    constexpr std::size_t longer = 200;
    if (!store(record, 0, longer, HookFault::storage_failed)) return;
    if (!loads(record, 0, longer, HookFault::storage_data)) return;
    test_small_buffer(longer);
    if (!store(record, 1, shorter, HookFault::storage_failed) ||
        !loads(record, 1, shorter, HookFault::storage_data)) {
      return;
    }
    if (store(record, 2, 0, HookFault::storage_empty)) {
      (void)loads(record, 2, 0, HookFault::storage_empty);
    }
    const std::size_t large = memory_.size() / 2;
    if (store(record, 3, large, HookFault::storage_large)) {
      (void)loads(record, 3, large, HookFault::storage_large);
    }
    const Status status = hooks_.storage->erase(record);
    if (!status.ok()) fail(HookFault::storage_failed, to_string(status.code()));
    check_absent(record);

    if (store(name_a, 4, shorter, HookFault::storage_names) &&
        store(name_b, 5, shorter, HookFault::storage_names)) {
      (void)(loads(name_a, 4, shorter, HookFault::storage_names) &&
             loads(name_b, 5, shorter, HookFault::storage_names));
    }
  }

  void test_small_buffer(std::size_t record_size) {
    std::fill(memory_.begin(), memory_.end(), guard);
    std::size_t size = 0;
    const Status status = hooks_.storage->load(record, part(memory_, 0, record_size - 1), size);
    if (status != Code::buffer_too_small) {
      fail(HookFault::storage_too_small, to_string(status.code()));
    } else if (!all_are(part(memory_, record_size - 1, memory_.size() - record_size + 1), guard)) {
      fail(HookFault::storage_too_small, "wrote beyond");
    }
  }

  // ---- sectors ----

  static bool is_valid(const SectorGeometry& g) {
    const bool programs = g.program_bytes >= 1 && g.program_bytes <= 64 &&
                          (g.program_bytes & (g.program_bytes - 1)) == 0;
    return programs && g.sector_bytes % g.program_bytes == 0 && g.sector_bytes >= 512 &&
           g.sector_bytes <= 16U * 1024 * 1024 && g.sector_count >= 3 && g.sector_count <= 65535;
  }

  bool done(Status status, std::uint32_t sector) {
    if (status.ok()) return true;
    fail(HookFault::sectors_failed, to_string(status.code()), sector);
    return false;
  }

  /// Reads all of a sector in pieces that do not begin where words do.
  template <typename Check>
  bool read_all(std::uint32_t sector, HookFault fault, Check check) {
    std::uint32_t step = 1;
    for (std::uint32_t at = 0; at < geometry_.sector_bytes; at += step) {
      step = std::min({at % 127 + 1, geometry_.sector_bytes - at});
      const Bytes bytes = part(memory_, 1, step);
      std::fill(bytes.begin(), bytes.end(), guard);
      if (!done(device_.sectors->read(sector, at, bytes), sector)) return false;
      if (check(bytes, at)) continue;
      fail(fault, "sector", sector);
      return false;
    }
    return true;
  }

  bool reads_erased(std::uint32_t sector, HookFault fault) {
    return read_all(sector, fault, [](Bytes bytes, std::uint32_t) { return all_are(bytes, 0xff); });
  }
  bool reads_pattern(std::uint32_t sector, HookFault fault) {
    return read_all(sector, fault, [sector](Bytes bytes, std::uint32_t at) {
      return is_pattern(bytes, sector, at);
    });
  }

  /// In pieces of one program unit, two, three and so on.
  bool program_all(std::uint32_t sector) {
    const std::uint32_t unit = geometry_.program_bytes;
    const auto most = static_cast<std::uint32_t>(memory_.size()) / unit * unit;
    std::uint32_t size = 0;
    std::uint32_t wanted = unit;
    for (std::uint32_t at = 0; at < geometry_.sector_bytes; at += size) {
      size = std::min({wanted, most, geometry_.sector_bytes - at});
      wanted = size == most ? unit : size + unit;
      const Bytes bytes = part(memory_, 0, size);
      fill_pattern(bytes, sector, at);
      if (!done(device_.sectors->program(sector, at, bytes), sector)) return false;
    }
    return done(device_.sectors->sync(), sector);
  }

  void test_sectors(SectorStorage& sectors) {
    geometry_ = sectors.geometry();
    const SectorGeometry again = sectors.geometry();
    const std::uint32_t first = device_.first_spare_sector;
    const std::uint32_t count = device_.spare_sector_count;
    if (!is_valid(geometry_) || again.sector_bytes != geometry_.sector_bytes ||
        again.sector_count != geometry_.sector_count ||
        again.program_bytes != geometry_.program_bytes || first > geometry_.sector_count ||
        count > geometry_.sector_count - first) {
      return fail(HookFault::sectors_geometry);
    }
    if (count == 0) return;
    const std::uint32_t end = first + count;
    for (std::uint32_t s = first; s < end; ++s) {
      if (!done(sectors.erase(s), s) || !reads_erased(s, HookFault::sectors_erase)) return;
    }
    for (std::uint32_t s = first; s < end; ++s) {
      if (!reads_erased(s, HookFault::sectors_overlap) || !program_all(s) ||
          !reads_pattern(s, HookFault::sectors_program)) {
        return;
      }
    }
    // From the last one on, so that each is looked at after its neighbours changed.
    for (std::uint32_t s = end; s-- > first;) {
      if (!reads_pattern(s, HookFault::sectors_overlap) || !done(sectors.erase(s), s) ||
          !reads_erased(s, HookFault::sectors_erase)) {
        return;
      }
    }
  }

  // ---- transport ----

  Status exchange(const Origin& origin, std::uint32_t timeout_ms, ResponseHandler& response) {
    const HttpHeader headers[] = {{"Accept", "application/json"}};
    HttpRequest request;
    request.method = "GET";
    request.origin = origin;
    request.target = "/v2/timestamp";
    request.headers = headers;
    request.connect_timeout_ms = std::min(timeout_ms, connect_timeout_ms);
    if (timeout_ms == service_timeout_ms) request.connect_timeout_ms = timeout_ms / 2;
    request.timeout_ms = timeout_ms;
    const std::int64_t begin_ms = hooks_.clock->now_ms();
    const Status status = hooks_.transport->exchange(request, response);
    const std::int64_t took_ms = hooks_.clock->now_ms() - begin_ms;
    if (has_clock_ && is_late(took_ms, timeout_ms)) {
      fail(HookFault::transport_late, "took ms", took_ms);
    }
    return status;
  }

  void test_transport() {
    ResponseCheck nothing(false);
    const Status status = exchange({"127.0.0.1", 1, true}, refused_timeout_ms, nothing);
    switch (status.code()) {
      case Code::not_provided:
        return fail(HookFault::transport_missing);
      case Code::dns_failed:
      case Code::connect_failed:
      case Code::tls_failed:
      case Code::clock_not_set:
      case Code::timeout:
      case Code::connection_lost:
      case Code::hook_failed:
        if (nothing.called()) fail(HookFault::transport_status, "a response from nobody");
        break;
      default:
        fail(HookFault::transport_status, to_string(status.code()));
        break;
    }
    if (!device_.base_url.empty()) test_service();
  }

  void test_service() {
    const BaseUrl url(device_.base_url);
    if (!url.valid()) return fail(HookFault::service_failed, to_string(url.rule()));
    const Origin& origin = url.origin();
    if (!asks(origin, HookFault::service_failed)) return;
    ResponseCheck broken_off(true);
    const Status status = exchange(origin, service_timeout_ms, broken_off);
    if (status != Code::response_too_large) {
      return fail(HookFault::transport_break_off, to_string(status.code()));
    }
    (void)asks(origin, HookFault::transport_break_off);
  }

  bool asks(const Origin& origin, HookFault fault) {
    ResponseCheck response(false);
    const Status status = exchange(origin, service_timeout_ms, response);
    if (!status.ok()) {
      fail(fault, to_string(status.code()));
    } else if (response.status() == 0 || (response.status() == 200 && !response.complete())) {
      fail(HookFault::transport_response);
    } else if (response.status() != 200) {
      fail(fault, "HTTP", response.status());
    } else {
      return true;
    }
    return false;
  }

  // ---- sources ----

  template <typename Source, typename Ask>
  void test_list(const char* list, Span<SourceSlot<Source>> slots, Ask ask) {
    for (std::size_t i = 0; i < slots.size(); ++i) {
      Sample sample({reinterpret_cast<char*>(memory_.data()), memory_.size()});
      const std::int64_t begin_ms = hooks_.clock->now_ms();
      const Status status = ask(slots[i].source(), sample, slots[i].timeout_ms());
      const std::int64_t took_ms = hooks_.clock->now_ms() - begin_ms;
      if (has_clock_ && is_late(took_ms, slots[i].timeout_ms())) {
        fail_source(HookFault::source_late, list, i, "took more than its timeout");
      }
      check_source(list, i, status, sample);
    }
  }

  void check_source(const char* list, std::size_t index, Status status, const Sample& sample) {
    switch (status.code()) {
      case Code::ok:
        if (!sample.empty() || sample.withheld() != 0 || !sample.status().ok()) return;
        return fail_source(HookFault::source_status, list, index, "ok, and gave nothing");
      case Code::no_data:
      case Code::buffer_too_small:
        return;
      case Code::invalid_value: {
        char reason[160];
        return fail_source(HookFault::source_refused, list, index,
                           {reason, format(sample.field_error(), reason)});
      }
      case Code::hook_failed:
      case Code::not_provided:
        return fail_source(HookFault::source_failed, list, index, to_string(status.code()));
      default:
        return fail_source(HookFault::source_status, list, index, to_string(status.code()));
    }
  }

  void fail_source(HookFault fault, const char* list, std::size_t index, std::string_view what) {
    char memory[160];
    TextBuilder text(memory);
    text.append(list);
    text.append('[');
    text.append_integer(static_cast<std::int64_t>(index));
    text.append("]: ");
    text.append(what);
    fail(fault, text.text());
  }

  void test_sources(const Sources& sources) {
    const auto scan = [](auto& source, Sample& sample, std::uint32_t timeout_ms) {
      return source.scan(sample, timeout_ms);
    };
    test_list("position", sources.position,
              [](PositionSource& source, Sample& sample, std::uint32_t timeout_ms) {
                Fix fix;
                const Status status = source.read(fix, timeout_ms);
                return status.ok() ? sample.set_position(fix) : status;
              });
    test_list("cell", sources.cell, scan);
    test_list("wlan", sources.wlan, scan);
    test_list("bluetooth", sources.bluetooth, scan);
    test_list("sensors", sources.sensors,
              [](SensorSource& source, Sample& sample, std::uint32_t timeout_ms) {
                return source.read(sample, timeout_ms);
              });
  }

  const SelfTest& device_;
  const Hooks& hooks_;
  Bytes memory_;
  SectorGeometry geometry_;
  HookFaults faults_;
  bool has_clock_ = false;
};

}  // namespace

const char* to_string(HookFault fault) {
  constexpr std::array<const char*, 32> names = {
      "clock_missing",   "clock_backwards",  "clock_stopped",      "boot_id_missing",
      "boot_id_changed", "entropy_failed",   "entropy_incomplete", "entropy_overrun",
      "entropy_repeats", "storage_missing",  "storage_failed",     "storage_data",
      "storage_large",   "storage_empty",    "storage_absent",     "storage_too_small",
      "storage_names",   "sectors_geometry", "sectors_failed",     "sectors_erase",
      "sectors_program", "sectors_overlap",  "transport_missing",  "transport_status",
      "transport_late",  "service_failed",   "transport_response", "transport_break_off",
      "source_late",     "source_failed",    "source_status",      "source_refused"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (static_cast<std::uint32_t>(fault) == 1U << i) return names[i];
  }
  return "";
}

HookFaults self_test(const SelfTest& device) {
  if (device.memory.size() < SelfTest::min_memory_bytes) {
    HookFaults all;
    for (unsigned i = 0; i < 32; ++i)
      all.add(static_cast<HookFault>(1U << i));
    device.hooks.log->write(LogLevel::error, "self-test: too little memory, nothing was tested");
    return all;
  }
  return Tester(device).run();
}

}  // namespace here_tracking
