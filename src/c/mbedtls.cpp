// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/c/mbedtls.h"

#include "here_tracking/transport/mbedtls.hpp"

#include "c/convert.hpp"
#include "c/hooks.hpp"
#include "c/objects.hpp"
#include "core/url.hpp"

#include <array>

using namespace here_tracking;
using namespace here_tracking::c;

namespace {

class CByteStream final : public ByteStream {
 public:
  explicit CByteStream(const ht_byte_stream_t* hook) : hook_(hook) {}

  Status connect(std::string_view host, std::uint16_t port, std::uint32_t timeout_ms) override {
    if (hook_ == nullptr || hook_->connect == nullptr) return Code::not_provided;
    return from_c(
        hook_->connect(hook_->context, Terminated<max_host_bytes>(host).text(), port, timeout_ms));
  }
  Status read(Span<char> into, std::size_t& size, std::uint32_t timeout_ms) override {
    if (hook_ == nullptr || hook_->read == nullptr) return Code::not_provided;
    return from_c(hook_->read(hook_->context, into.data(), into.size(), &size, timeout_ms));
  }
  Status write(std::string_view bytes, std::size_t& size, std::uint32_t timeout_ms) override {
    if (hook_ == nullptr || hook_->write == nullptr) return Code::not_provided;
    return from_c(hook_->write(hook_->context, bytes.data(), bytes.size(), &size, timeout_ms));
  }
  void close() override {
    if (hook_ != nullptr && hook_->close != nullptr) hook_->close(hook_->context);
  }

 private:
  const ht_byte_stream_t* hook_;
};

Span<std::uint8_t> from_c(ht_mbedtls_memory_t memory) {
  return {static_cast<std::uint8_t*>(memory.data), memory.size};
}

struct CMbedtlsTransport {
  explicit CMbedtlsTransport(const ht_mbedtls_options_t& options)
      : stream(options.stream),
        clock(options.clock),
        entropy(options.entropy),
        storage(options.storage),
        log(options.log),
        transport({&stream, &clock, &entropy, &time, &storage, &log, {}, options.not_before_s},
                  {from_c(options.own), from_c(options.tls)}) {}

  Status set_roots(const ht_root_t* list, std::size_t count) {
    if (count > roots.size()) return Code::invalid_value;
    const auto before = roots;
    for (std::size_t i = 0; i < count; ++i)
      roots[i] = {list[i].data, list[i].size};
    const Status status = transport.set_roots({roots.data(), count});
    if (!status.ok()) roots = before;
    return status;
  }

  CByteStream stream;
  CClock clock;
  CEntropy entropy;
  CStorage storage;
  CLog log;
  ClientTime time;
  std::array<Span<const std::uint8_t>, HT_MAX_ROOTS> roots;
  MbedtlsTransport transport;
};

CMbedtlsTransport& cpp(ht_mbedtls_transport_t* transport) {
  return find<CMbedtlsTransport>(&transport->opaque);
}

}  // namespace

size_t ht_mbedtls_transport_own_bytes(void) {
  return MbedtlsTransport::own_bytes();
}

ht_code_t ht_mbedtls_transport_init(ht_mbedtls_transport_t* transport,
                                    const ht_mbedtls_options_t* options) {
  auto& made = make<CMbedtlsTransport>(transport->opaque, *options);
  transport->hook.exchange = [](void* self, const ht_http_request_t* request,
                                ht_http_response_t* response) {
    return exchange(static_cast<CMbedtlsTransport*>(self)->transport, *request, response);
  };
  transport->hook.context = &made;
  if (options->root_count == 0) return HT_OK;
  return to_c(made.set_roots(options->roots, options->root_count));
}

void ht_mbedtls_transport_follow(ht_mbedtls_transport_t* transport, ht_client_t* client) {
  cpp(transport).time.follow(find<CClient>(client).client);
}

ht_code_t ht_mbedtls_transport_set_roots(ht_mbedtls_transport_t* transport, const ht_root_t* roots,
                                         size_t count) {
  return to_c(cpp(transport).set_roots(roots, count));
}

void ht_mbedtls_transport_close(ht_mbedtls_transport_t* transport) {
  cpp(transport).transport.close();
}

void ht_mbedtls_transport_end(ht_mbedtls_transport_t* transport) {
  cpp(transport).~CMbedtlsTransport();
}
