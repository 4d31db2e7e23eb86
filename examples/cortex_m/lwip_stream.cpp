// SPDX-License-Identifier: Apache-2.0
#include "lwip_stream.hpp"

#include <algorithm>
#include <array>

#include <lwip/dns.h>

namespace board {

template <typename Done>
bool LwipStream::wait(std::int64_t deadline_ms, Done done) {
  for (;;) {
    if (done()) return true;
    if (clock_.now_ms() >= deadline_ms) return false;
    network_.wait(deadline_ms);
  }
}

// ---- connecting ----

void LwipStream::on_name(const char* name, const ip_addr_t* address, void* self) {
  (void)name;
  auto& stream = *static_cast<LwipStream*>(self);
  stream.name_answered_ = true;
  stream.name_found_ = address != nullptr;
  if (address != nullptr) stream.address_ = *address;
}

ht::Status LwipStream::resolve(std::string_view host, std::int64_t deadline_ms,
                               ip_addr_t& address) {
  std::array<char, DNS_MAX_NAME_LENGTH> name{};
  if (host.size() >= name.size()) return ht::Code::dns_failed;
  std::copy(host.begin(), host.end(), name.begin());
  name_answered_ = false;
  const err_t begun = dns_gethostbyname(name.data(), &address, &on_name, this);
  if (begun == ERR_OK) return {};
  if (begun != ERR_INPROGRESS) return ht::Code::dns_failed;
  // An answer that comes later finds the next question's flag: at worst that one fails.
  if (!wait(deadline_ms, [this] { return name_answered_; })) return ht::Code::timeout;
  address = address_;
  return name_found_ ? ht::Code::ok : ht::Code::dns_failed;
}

err_t LwipStream::on_connected(void* self, tcp_pcb* connection, err_t error) {
  (void)connection;
  (void)error;
  static_cast<LwipStream*>(self)->connected_ = true;
  return ERR_OK;
}

void LwipStream::on_error(void* self, err_t error) {
  (void)error;
  static_cast<LwipStream*>(self)->connection_ = nullptr;
}

ht::Status LwipStream::connect(std::string_view host, std::uint16_t port,
                               std::uint32_t timeout_ms) {
  close();
  const std::int64_t deadline_ms = clock_.now_ms() + timeout_ms;
  if (!wait(deadline_ms, [this] { return network_.has_address(); })) return ht::Code::timeout;
  ip_addr_t address;
  const ht::Status status = resolve(host, deadline_ms, address);
  if (!status.ok()) return status;

  connection_ = tcp_new();
  if (connection_ == nullptr) return ht::Code::hook_failed;
  connected_ = false;
  ended_ = false;
  tcp_arg(connection_, this);
  tcp_err(connection_, &on_error);
  tcp_recv(connection_, &on_received);
  tcp_nagle_disable(connection_);
  if (tcp_connect(connection_, &address, port, &on_connected) != ERR_OK) {
    close();
    return ht::Code::connect_failed;
  }
  const bool answered = wait(deadline_ms, [this] { return connected_ || connection_ == nullptr; });
  if (answered && connection_ != nullptr) return {};
  close();
  return answered ? ht::Code::connect_failed : ht::Code::timeout;
}

// ---- reading, writing ----

err_t LwipStream::on_received(void* self, tcp_pcb* connection, pbuf* packet, err_t error) {
  (void)connection;
  (void)error;
  auto& stream = *static_cast<LwipStream*>(self);
  if (packet == nullptr) {
    stream.ended_ = true;
  } else if (stream.received_ == nullptr) {
    stream.received_ = packet;
  } else {
    pbuf_cat(stream.received_, packet);
  }
  return ERR_OK;
}

ht::Status LwipStream::read(ht::Span<char> into, std::size_t& size, std::uint32_t timeout_ms) {
  size = 0;
  const bool over = !wait(clock_.now_ms() + timeout_ms, [this] {
    return received_ != nullptr || ended_ || connection_ == nullptr;
  });
  if (received_ == nullptr) {
    if (ended_) return {};
    return over ? ht::Code::timeout : ht::Code::connection_lost;
  }
  const auto limit = static_cast<u16_t>(std::min<std::size_t>(into.size(), 0xffff));
  size = pbuf_copy_partial(received_, into.data(), limit, 0);
  received_ = pbuf_free_header(received_, static_cast<u16_t>(size));
  if (connection_ != nullptr) tcp_recved(connection_, static_cast<u16_t>(size));
  return {};
}

ht::Status LwipStream::write(std::string_view bytes, std::size_t& size, std::uint32_t timeout_ms) {
  size = 0;
  err_t result = ERR_MEM;
  const bool over = !wait(clock_.now_ms() + timeout_ms, [&] {
    if (connection_ == nullptr) return true;
    const std::size_t room = std::min<std::size_t>(bytes.size(), tcp_sndbuf(connection_));
    if (room == 0) return false;
    result = tcp_write(connection_, bytes.data(), static_cast<u16_t>(room), TCP_WRITE_FLAG_COPY);
    if (result == ERR_MEM) return false;
    if (result == ERR_OK) {
      size = room;
      (void)tcp_output(connection_);
    }
    return true;
  });
  if (over) return ht::Code::timeout;
  return result == ERR_OK ? ht::Code::ok : ht::Code::connection_lost;
}

void LwipStream::close() {
  if (connection_ != nullptr) {
    tcp_arg(connection_, nullptr);
    tcp_err(connection_, nullptr);
    tcp_recv(connection_, nullptr);
    if (tcp_close(connection_) != ERR_OK) tcp_abort(connection_);
    connection_ = nullptr;
  }
  if (received_ != nullptr) pbuf_free(received_);
  received_ = nullptr;
}

}  // namespace board
