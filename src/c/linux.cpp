// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/c/linux.h"

#include "here_tracking/platform/linux.hpp"
#include "here_tracking/transport/curl.hpp"

#include "c/convert.hpp"
#include "c/hooks.hpp"

#include <cerrno>
#include <memory>
#include <string>

using namespace here_tracking;
using namespace here_tracking::c;

namespace {

std::int64_t now_ms(void* /*context*/) {
  return SystemClock().now_ms();
}

std::uint64_t boot_id(void* /*context*/) {
  return SystemClock().boot_id();
}

ht_code_t fill(void* /*context*/, std::uint8_t* into, std::size_t size) {
  return to_c(SystemEntropy().fill({into, size}));
}

void write_line(void* /*context*/, ht_log_level_t level, const char* text) {
  StderrLog().write(static_cast<LogLevel>(level), text);
}

// ---- files ----

struct FileStorageHook {
  explicit FileStorageHook(const char* directory) : storage(directory) {
    hook.load = [](void* self, const char* name, std::uint8_t* into, std::size_t room,
                   std::size_t* size) {
      return to_c(static_cast<FileStorageHook*>(self)->storage.load(name, {into, room}, *size));
    };
    hook.store = [](void* self, const char* name, const std::uint8_t* record, std::size_t size) {
      return to_c(static_cast<FileStorageHook*>(self)->storage.store(name, {record, size}));
    };
    hook.erase = [](void* self, const char* name) {
      return to_c(static_cast<FileStorageHook*>(self)->storage.erase(name));
    };
    hook.context = this;
  }

  ht_storage_t hook{};
  FileStorage storage;
};

struct FileSectorsHook {
  FileSectorsHook(const char* directory, const FileSectorsOptions& options)
      : sectors(directory, options) {
    hook.read = [](void* self, std::uint32_t sector, std::uint32_t offset, std::uint8_t* into,
                   std::size_t size) {
      return to_c(static_cast<FileSectorsHook*>(self)->sectors.read(sector, offset, {into, size}));
    };
    hook.program = [](void* self, std::uint32_t sector, std::uint32_t offset,
                      const std::uint8_t* bytes, std::size_t size) {
      return to_c(
          static_cast<FileSectorsHook*>(self)->sectors.program(sector, offset, {bytes, size}));
    };
    hook.erase = [](void* self, std::uint32_t sector) {
      return to_c(static_cast<FileSectorsHook*>(self)->sectors.erase(sector));
    };
    hook.sync = [](void* self) {
      return to_c(static_cast<FileSectorsHook*>(self)->sectors.sync());
    };
    hook.context = this;
  }

  ht_sector_storage_t hook{};
  FileSectors sectors;
};

// ---- libcurl ----

struct CurlHook {
  CurlHook(const char* ca_file, const ht_log_t* c_log)
      : log(c_log), transport({std::string(from_c(ca_file)), &log, 0}) {
    hook.exchange = [](void* self, const ht_http_request_t* request, ht_http_response_t* response) {
      return exchange(static_cast<CurlHook*>(self)->transport, *request, response);
    };
    hook.context = this;
  }

  ht_transport_t hook{};
  CLog log;
  CurlTransport transport;
};

/// The C struct of a new hook, or nullptr where there is no memory.
template <typename Hook, typename... Arguments>
std::unique_ptr<Hook> make_hook(const Arguments&... arguments) {
  try {
    return std::make_unique<Hook>(arguments...);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}

}  // namespace

const ht_clock_t ht_system_clock = {&now_ms, &boot_id, nullptr};
const ht_entropy_t ht_system_entropy = {&fill, nullptr};
const ht_log_t ht_stderr_log = {&write_line, nullptr};

const ht_storage_t* ht_file_storage_new(const char* directory) {
  FileStorageHook* const made = make_hook<FileStorageHook>(directory).release();
  return made != nullptr ? &made->hook : nullptr;
}

void ht_file_storage_free(const ht_storage_t* storage) {
  if (storage != nullptr) delete static_cast<FileStorageHook*>(storage->context);
}

const ht_sector_storage_t* ht_file_sectors_new(const char* directory, uint32_t sector_bytes,
                                               uint32_t sector_count, int* error) {
  FileSectorsOptions options;
  replace(options.sector_bytes, sector_bytes);
  replace(options.sector_count, sector_count);
  std::unique_ptr<FileSectorsHook> made = make_hook<FileSectorsHook>(directory, options);
  if (made == nullptr || !made->sectors.open().ok()) {
    if (error != nullptr) *error = made != nullptr ? made->sectors.last_errno() : ENOMEM;
    return nullptr;
  }
  const SectorGeometry geometry = made->sectors.geometry();
  made->hook.sector_bytes = geometry.sector_bytes;
  made->hook.sector_count = geometry.sector_count;
  made->hook.program_bytes = geometry.program_bytes;
  return &made.release()->hook;
}

void ht_file_sectors_free(const ht_sector_storage_t* sectors) {
  if (sectors != nullptr) delete static_cast<FileSectorsHook*>(sectors->context);
}

const ht_transport_t* ht_curl_transport_new(const char* ca_file, const ht_log_t* log) {
  CurlHook* const made = make_hook<CurlHook>(ca_file, log).release();
  return made != nullptr ? &made->hook : nullptr;
}

void ht_curl_transport_cancel(const ht_transport_t* transport) {
  static_cast<CurlHook*>(transport->context)->transport.cancel();
}

void ht_curl_transport_free(const ht_transport_t* transport) {
  if (transport != nullptr) delete static_cast<CurlHook*>(transport->context);
}
