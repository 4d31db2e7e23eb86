// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "here_tracking/c/here_tracking.h"
#include "here_tracking/gather.hpp"
#include "here_tracking/hooks.hpp"
#include "here_tracking/hooks/sector_storage.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

/// Hooks that call those of a C program.

namespace here_tracking::c {

/// A short text with a zero at its end, cut to the space that it has.
template <std::size_t most>
class Terminated {
 public:
  explicit Terminated(std::string_view text) {
    const std::size_t size = text.size() < most ? text.size() : most;
    if (size != 0) std::memcpy(text_.data(), text.data(), size);
    text_[size] = '\0';
  }
  [[nodiscard]] const char* text() const { return text_.data(); }

 private:
  std::array<char, most + 1> text_;
};

class CClock final : public Clock {
 public:
  explicit CClock(const ht_clock_t* hook) : hook_(hook) {}
  std::int64_t now_ms() override;
  std::uint64_t boot_id() override;

 private:
  const ht_clock_t* hook_;
};

class CEntropy final : public Entropy {
 public:
  explicit CEntropy(const ht_entropy_t* hook) : hook_(hook) {}
  Status fill(Span<std::uint8_t> into) override;

 private:
  const ht_entropy_t* hook_;
};

class CStorage final : public Storage {
 public:
  explicit CStorage(const ht_storage_t* hook) : hook_(hook) {}
  Status load(std::string_view name, Span<std::uint8_t> into, std::size_t& size) override;
  Status store(std::string_view name, Span<const std::uint8_t> record) override;
  Status erase(std::string_view name) override;

 private:
  const ht_storage_t* hook_;
};

class CTransport final : public Transport {
 public:
  explicit CTransport(const ht_transport_t* hook) : hook_(hook) {}
  Status exchange(const HttpRequest& request, ResponseHandler& response) override;

 private:
  const ht_transport_t* hook_;
};

class CLog final : public Log {
 public:
  explicit CLog(const ht_log_t* hook) : hook_(hook) {}
  void write(LogLevel level, std::string_view text) override;

 private:
  const ht_log_t* hook_;
};

/// A body that a C program reads.
class CBody final : public BodySource {
 public:
  explicit CBody(const ht_body_t& body) : body_(body) {}
  [[nodiscard]] std::size_t size() const override { return body_.size; }
  std::size_t read(std::size_t offset, Span<char> into) override {
    return body_.read(body_.context, offset, into.data(), into.size());
  }

 private:
  const ht_body_t& body_;
};

/// What the hook of a transport in C does that is one in C++.
ht_code_t exchange(Transport& transport, const ht_http_request_t& said,
                   ht_http_response_t* response);

/// All that a client needs.
struct CHooks {
  explicit CHooks(const ht_hooks_t& hooks)
      : clock(hooks.clock),
        entropy(hooks.entropy),
        storage(hooks.storage),
        transport(hooks.transport),
        log(hooks.log) {}

  [[nodiscard]] Hooks hooks() { return {&clock, &entropy, &storage, &transport, &log}; }

  CClock clock;
  CEntropy entropy;
  CStorage storage;
  CTransport transport;
  CLog log;
};

class CSectorStorage final : public SectorStorage {
 public:
  explicit CSectorStorage(const ht_sector_storage_t* hook) : hook_(hook) {}
  [[nodiscard]] SectorGeometry geometry() override;
  Status read(std::uint32_t sector, std::uint32_t offset, Span<std::uint8_t> into) override;
  Status program(std::uint32_t sector, std::uint32_t offset,
                 Span<const std::uint8_t> bytes) override;
  Status erase(std::uint32_t sector) override;
  Status sync() override;

 private:
  const ht_sector_storage_t* hook_;
};

class CPosition final : public PositionSource {
 public:
  explicit CPosition(const ht_sources_t& hooks) : hooks_(hooks) {}
  Status read(Fix& fix, std::uint32_t timeout_ms) override;

 private:
  const ht_sources_t& hooks_;
};

class CCell final : public CellSource {
 public:
  explicit CCell(const ht_sources_t& hooks) : hooks_(hooks) {}
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  const ht_sources_t& hooks_;
};

class CWlan final : public WlanSource {
 public:
  explicit CWlan(const ht_sources_t& hooks) : hooks_(hooks) {}
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  const ht_sources_t& hooks_;
};

class CBluetooth final : public BluetoothSource {
 public:
  explicit CBluetooth(const ht_sources_t& hooks) : hooks_(hooks) {}
  Status scan(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  const ht_sources_t& hooks_;
};

class CSensors final : public SensorSource {
 public:
  explicit CSensors(const ht_sources_t& hooks) : hooks_(hooks) {}
  Status read(Sample& sample, std::uint32_t timeout_ms) override;

 private:
  const ht_sources_t& hooks_;
};

/// The sources of a C program, those that it has.
class CSources {
 public:
  explicit CSources(const ht_sources_t& hooks);

  [[nodiscard]] Sources sources();

 private:
  const ht_sources_t& hooks_;
  CPosition position_;
  CCell cell_;
  CWlan wlan_;
  CBluetooth bluetooth_;
  CSensors sensors_;
  SourceSlot<PositionSource> position_slot_;
  SourceSlot<CellSource> cell_slot_;
  SourceSlot<WlanSource> wlan_slot_;
  SourceSlot<BluetoothSource> bluetooth_slot_;
  SourceSlot<SensorSource> sensor_slot_;
};

}  // namespace here_tracking::c
