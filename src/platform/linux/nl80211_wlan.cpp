// SPDX-License-Identifier: Apache-2.0
#include "nl80211_wlan.hpp"

#include "nl80211_messages.hpp"
#include "tcp.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <ctime>
#include <exception>
#include <functional>
#include <memory>
#include <optional>
#include <system_error>
#include <vector>

#include <linux/nl80211.h>
#include <netlink/errno.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <poll.h>

namespace here_tracking {

namespace {

using Outcome = WlanReport::Outcome;
using Take = std::function<void(const void* message, std::size_t size)>;

// The kernel answers at once, so this is for a scan that has used up all time.
constexpr std::chrono::milliseconds answer_time{500};

struct FreeSocket {
  void operator()(nl_sock* socket) const { nl_socket_free(socket); }
};
struct FreeMessage {
  void operator()(nl_msg* message) const { nlmsg_free(message); }
};
struct PutCallbacks {
  void operator()(nl_cb* callbacks) const { nl_cb_put(callbacks); }
};
using Message = std::unique_ptr<nl_msg, FreeMessage>;

/// What libnl's callbacks in C share.
struct Receiving {
  const Take& take;
  bool ended = false;
  int error = 0;  // an errno
};

int take_message(nl_msg* message, void* argument) {
  auto& receiving = *static_cast<Receiving*>(argument);
  // No exception may go through the library in C.
  try {
    const nlmsghdr* const header = nlmsg_hdr(message);
    receiving.take(header, header->nlmsg_len);
    return NL_OK;
  } catch (const std::exception&) {
    receiving.error = ENOMEM;
    receiving.ended = true;
    return NL_STOP;
  }
}

int take_end(nl_msg* /*message*/, void* argument) {
  static_cast<Receiving*>(argument)->ended = true;
  return NL_STOP;
}

int take_error(sockaddr_nl* /*from*/, nlmsgerr* error, void* argument) {
  auto& receiving = *static_cast<Receiving*>(argument);
  receiving.error = error->error < 0 ? -error->error : EPROTO;
  receiving.ended = true;
  return NL_STOP;
}

int accept_any(nl_msg* /*message*/, void* /*argument*/) {
  return NL_OK;
}

/// A socket of the family nl80211. For one scan: what comes too late for one is not read by the
/// next.
class Nl80211Socket {
 public:
  /// @return 0 or an errno; ENOENT when the kernel has no WLAN.
  int open() {
    socket_.reset(nl_socket_alloc());
    if (socket_ == nullptr) return ENOMEM;
    if (genl_connect(socket_.get()) != 0) {
      // A kernel without generic netlink, or what stands in for one, has no WLAN either.
      if (errno == EPROTONOSUPPORT || errno == EAFNOSUPPORT) return ENOENT;
      return errno != 0 ? errno : EIO;
    }
    // The kernel answers these at once.
    family_ = genl_ctrl_resolve(socket_.get(), NL80211_GENL_NAME);
    if (family_ < 0) return ENOENT;
    scan_group_ =
        genl_ctrl_resolve_grp(socket_.get(), NL80211_GENL_NAME, NL80211_MULTICAST_GROUP_SCAN);
    return nl_socket_set_nonblocking(socket_.get()) == 0 ? 0 : EIO;
  }

  bool watch_scans() {
    return scan_group_ >= 0 && nl_socket_add_membership(socket_.get(), scan_group_) == 0;
  }

  [[nodiscard]] Message message(std::uint8_t command, int flags) const {
    Message message(nlmsg_alloc());
    if (message != nullptr && genlmsg_put(message.get(), NL_AUTO_PORT, NL_AUTO_SEQ, family_, 0,
                                          flags, command, 0) == nullptr) {
      message.reset();
    }
    return message;
  }

  /// @param take gets each message of the answer. @return 0 or an errno.
  int ask(nl_msg* message, Time deadline, const Take& take) {
    if (message == nullptr || nl_send_auto(socket_.get(), message) < 0) return EIO;
    return receive(deadline, take, [](const Receiving& receiving) { return receiving.ended; });
  }

  /// Reads what is multicast until `done`. @return whether it was before the deadline.
  bool wait_until(Time deadline, const Take& take, const std::function<bool()>& done) {
    return receive(deadline, take, [&done](const Receiving&) { return done(); }) == 0;
  }

 private:
  template <typename Done>
  int receive(Time deadline, const Take& take, Done done) {
    const std::unique_ptr<nl_cb, PutCallbacks> callbacks(nl_cb_alloc(NL_CB_DEFAULT));
    if (callbacks == nullptr) return ENOMEM;
    Receiving receiving{take};
    nl_cb_set(callbacks.get(), NL_CB_VALID, NL_CB_CUSTOM, take_message, &receiving);
    nl_cb_set(callbacks.get(), NL_CB_FINISH, NL_CB_CUSTOM, take_end, &receiving);
    nl_cb_set(callbacks.get(), NL_CB_ACK, NL_CB_CUSTOM, take_end, &receiving);
    // What is multicast has no place in the sequence.
    nl_cb_set(callbacks.get(), NL_CB_SEQ_CHECK, NL_CB_CUSTOM, accept_any, nullptr);
    nl_cb_err(callbacks.get(), NL_CB_CUSTOM, take_error, &receiving);
    while (!done(receiving)) {
      if (receiving.ended) return receiving.error != 0 ? receiving.error : EPROTO;
      if (!wait_for(nl_socket_get_fd(socket_.get()), POLLIN, deadline)) return ETIMEDOUT;
      const int result = nl_recvmsgs(socket_.get(), callbacks.get());
      // Messages that were lost (NLE_NOMEM) are missed at the deadline.
      if (result < 0 && result != -NLE_AGAIN && result != -NLE_INTR && result != -NLE_NOMEM &&
          !receiving.ended) {
        return EIO;
      }
    }
    return receiving.error;
  }

  std::unique_ptr<nl_sock, FreeSocket> socket_;
  int family_ = -1;
  int scan_group_ = -1;
};

std::uint64_t boottime_ns() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return static_cast<std::uint64_t>(now.tv_sec) * 1000000000U +
         static_cast<std::uint64_t>(now.tv_nsec);
}

std::string text_of(int error) {
  return std::generic_category().message(error);
}

WlanReport report(Outcome outcome, const std::string& interface, std::string reason) {
  return {outcome, interface, std::move(reason)};
}

/// That of this name; without a name the client with the lowest number; else none.
int find_interface(Nl80211Socket& socket, const std::string& name, Time deadline,
                   std::optional<Nl80211Interface>& found) {
  const Message message = socket.message(NL80211_CMD_GET_INTERFACE, NLM_F_DUMP);
  return socket.ask(message.get(), deadline, [&](const void* bytes, std::size_t size) {
    const auto interface = wlan_interface(bytes, size);
    if (!interface || (found && found->index < interface->index)) return;
    if (name.empty() ? interface->is_station : interface->name == name) found = interface;
  });
}

/// @return 0 or an errno.
int trigger_scan(Nl80211Socket& socket, std::uint32_t index, Time deadline) {
  const Message message = socket.message(NL80211_CMD_TRIGGER_SCAN, 0);
  if (message == nullptr) return ENOMEM;
  // A name without bytes asks all access points to answer, which takes less time than to wait for
  // what they say by themselves.
  nlattr* const names = nla_put_u32(message.get(), NL80211_ATTR_IFINDEX, index) == 0
                            ? nla_nest_start(message.get(), NL80211_ATTR_SCAN_SSIDS)
                            : nullptr;
  if (names == nullptr || nla_put(message.get(), 1, 0, "") != 0) return ENOMEM;
  nla_nest_end(message.get(), names);
  return socket.ask(message.get(), deadline, [](const void*, std::size_t) {});
}

/// @return why what is known is not what is in sight now; empty: it is.
std::string scan_anew(const Nl80211Interface& interface, Time deadline) {
  Nl80211Socket events;
  Nl80211Socket requests;
  if (events.open() != 0 || !events.watch_scans() || requests.open() != 0) {
    return "cannot watch scans";
  }
  const int error = trigger_scan(requests, interface.index, deadline);
  if (error == EPERM) {
    return "has no right to scan, and reads what others' scans have left; give CAP_NET_ADMIN";
  }
  if (error == ENETDOWN) {
    return interface.name + " is down; ip link set " + interface.name + " up";
  }
  // Busy: somebody else's scan is on its way, and as good.
  if (error != 0 && error != EBUSY) return "scan: " + text_of(error);
  bool ended = false;
  const bool in_time = events.wait_until(
      deadline,
      [&](const void* bytes, std::size_t size) {
        ended = ended || is_end_of_scan(bytes, size, interface.index);
      },
      [&ended] { return ended; });
  return in_time ? "" : "the scan took too long";
}

}  // namespace

WlanReport Nl80211Wlan::scan(const std::string& interface, AccessPointList& list, Time deadline) {
  Nl80211Socket socket;
  int error = socket.open();
  if (error == ENOENT) return report(Outcome::absent, interface, "it has no WLAN");
  std::optional<Nl80211Interface> found;
  if (error == 0) error = find_interface(socket, interface, deadline, found);
  if (error != 0) {
    return report(Outcome::failed, interface, text_of(error));
  }
  if (!found) return report(Outcome::no_interface, interface, "");

  const std::string reason = scan_anew(*found, deadline);
  const Message message = socket.message(NL80211_CMD_GET_SCAN, NLM_F_DUMP);
  if (message == nullptr || nla_put_u32(message.get(), NL80211_ATTR_IFINDEX, found->index) != 0) {
    return report(Outcome::failed, found->name, text_of(ENOMEM));
  }
  const std::uint64_t now_ns = boottime_ns();
  error =
      socket.ask(message.get(), std::max(deadline, std::chrono::steady_clock::now() + answer_time),
                 [&](const void* bytes, std::size_t size) {
                   if (auto heard = scan_result(bytes, size, now_ns)) {
                     list.add(std::move(*heard));
                   }
                 });
  if (error != 0) return report(Outcome::failed, found->name, text_of(error));
  return report(Outcome::read, found->name, reason);
}

}  // namespace here_tracking
