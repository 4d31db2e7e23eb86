// SPDX-License-Identifier: Apache-2.0
#include "bus.hpp"

#include <algorithm>
#include <cerrno>
#include <exception>
#include <limits>
#include <system_error>
#include <utility>

namespace here_tracking {

namespace {

struct MessageUnref {
  void operator()(sd_bus_message* message) const { sd_bus_message_unref(message); }
};
using Message = std::unique_ptr<sd_bus_message, MessageUnref>;

class Error {
 public:
  Error() = default;
  Error(const Error&) = delete;
  Error& operator=(const Error&) = delete;
  ~Error() { sd_bus_error_free(&error_); }
  sd_bus_error* get() { return &error_; }
  [[nodiscard]] const char* name() const { return error_.name; }
  [[nodiscard]] const char* message() const { return error_.message; }

 private:
  sd_bus_error error_{nullptr, nullptr, 0};
};

std::uint64_t left_us(Bus::Time deadline) {
  const auto left = std::chrono::duration_cast<std::chrono::microseconds>(
      deadline - std::chrono::steady_clock::now());
  return left.count() > 0 ? static_cast<std::uint64_t>(left.count()) : 0;
}

// ---- messages ----

template <typename T>
bool read_basic(sd_bus_message* message, char type, T& value) {
  return sd_bus_message_read_basic(message, type, &value) > 0;
}

template <typename T>
bool read_integer(sd_bus_message* message, char type, BusValue& into) {
  T value = 0;
  if (!read_basic(message, type, value)) return false;
  if constexpr (sizeof(T) == sizeof(std::int64_t) && std::is_unsigned_v<T>) {
    if (value > static_cast<T>(std::numeric_limits<std::int64_t>::max())) {
      into = BusValue();
      return true;
    }
  }
  into = BusValue(static_cast<std::int64_t>(value));
  return true;
}

bool read_value(sd_bus_message* message, BusValue& into);

/// What is left in the container that was entered. @param each reads one; false: cannot be read.
template <typename Each>
bool read_rest(sd_bus_message* message, Each each) {
  for (;;) {
    const int end = sd_bus_message_at_end(message, 0);
    if (end < 0) return false;
    if (end > 0) return sd_bus_message_exit_container(message) >= 0;
    if (!each()) return false;
  }
}

bool read_list(sd_bus_message* message, char type, const char* contents, BusValue& into) {
  if (sd_bus_message_enter_container(message, type, contents) < 0) return false;
  BusValue::List list;
  const bool read = read_rest(message, [&] { return read_value(message, list.emplace_back()); });
  into = BusValue(std::move(list));
  return read;
}

std::string key_text(const BusValue& key) {
  if (const auto number = key.integer()) return std::to_string(*number);
  return std::string(key.text());
}

bool read_dictionary(sd_bus_message* message, const char* contents, BusValue& into) {
  if (sd_bus_message_enter_container(message, SD_BUS_TYPE_ARRAY, contents) < 0) return false;
  const std::string entry(contents + 1, std::string_view(contents).size() - 2);
  BusValue::Dictionary dictionary;
  const bool read = read_rest(message, [&] {
    BusValue key;
    BusValue value;
    if (sd_bus_message_enter_container(message, SD_BUS_TYPE_DICT_ENTRY, entry.c_str()) < 0 ||
        !read_value(message, key) || !read_value(message, value) ||
        sd_bus_message_exit_container(message) < 0) {
      return false;
    }
    dictionary.push_back({key_text(key), std::move(value)});
    return true;
  });
  into = BusValue(std::move(dictionary));
  return read;
}

bool read_array(sd_bus_message* message, const char* contents, BusValue& into) {
  if (*contents == '{') return read_dictionary(message, contents, into);
  if (*contents == SD_BUS_TYPE_BYTE) {
    const void* bytes = nullptr;
    std::size_t size = 0;
    if (sd_bus_message_read_array(message, SD_BUS_TYPE_BYTE, &bytes, &size) < 0) return false;
    const auto* const first = static_cast<const std::uint8_t*>(bytes);
    into = BusValue(size != 0 ? BusValue::Bytes(first, first + size) : BusValue::Bytes());
    return true;
  }
  return read_list(message, SD_BUS_TYPE_ARRAY, contents, into);
}

bool read_value(sd_bus_message* message, BusValue& into) {
  char type = 0;
  const char* contents = nullptr;
  if (sd_bus_message_peek_type(message, &type, &contents) <= 0) return false;
  switch (type) {
    case SD_BUS_TYPE_BYTE:
      return read_integer<std::uint8_t>(message, type, into);
    case SD_BUS_TYPE_INT16:
      return read_integer<std::int16_t>(message, type, into);
    case SD_BUS_TYPE_UINT16:
      return read_integer<std::uint16_t>(message, type, into);
    case SD_BUS_TYPE_INT32:
      return read_integer<std::int32_t>(message, type, into);
    case SD_BUS_TYPE_UINT32:
      return read_integer<std::uint32_t>(message, type, into);
    case SD_BUS_TYPE_INT64:
      return read_integer<std::int64_t>(message, type, into);
    case SD_BUS_TYPE_UINT64:
      return read_integer<std::uint64_t>(message, type, into);
    case SD_BUS_TYPE_BOOLEAN: {
      int value = 0;
      if (!read_basic(message, type, value)) return false;
      into = BusValue(value != 0);
      return true;
    }
    case SD_BUS_TYPE_DOUBLE: {
      double value = 0;
      if (!read_basic(message, type, value)) return false;
      into = BusValue(value);
      return true;
    }
    case SD_BUS_TYPE_STRING:
    case SD_BUS_TYPE_OBJECT_PATH:
    case SD_BUS_TYPE_SIGNATURE: {
      const char* value = nullptr;
      if (!read_basic(message, type, value)) return false;
      into = BusValue(std::string(value));
      return true;
    }
    case SD_BUS_TYPE_ARRAY:
      return read_array(message, contents, into);
    case SD_BUS_TYPE_STRUCT:
      return read_list(message, type, contents, into);
    case SD_BUS_TYPE_VARIANT:
      return sd_bus_message_enter_container(message, type, contents) >= 0 &&
             read_value(message, into) && sd_bus_message_exit_container(message) >= 0;
    default:
      return sd_bus_message_skip(message, nullptr) >= 0;
  }
}

bool read_arguments(sd_bus_message* message, BusValue::List& arguments) {
  while (sd_bus_message_at_end(message, 0) == 0) {
    if (!read_value(message, arguments.emplace_back())) return false;
  }
  return true;
}

// ---- errors ----

std::string text_or_empty(const char* text) {
  return text != nullptr ? text : "";
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

BusFailure failure_of(std::string_view name) {
  // NoReply is what the bus says for a service that went away in mid-call.
  for (const char* const end : {".ServiceUnknown", ".NameHasNoOwner", ".DBus.Error.NoReply"}) {
    if (ends_with(name, end)) return BusFailure::no_service;
  }
  for (const char* const end :
       {".AccessDenied", ".Unauthorized", ".NotAuthorized", ".InteractiveAuthorizationRequired"}) {
    if (ends_with(name, end)) return BusFailure::denied;
  }
  if (ends_with(name, ".DBus.Error.Timeout")) return BusFailure::timeout;
  return BusFailure::other;
}

BusReply failed(int error, BusFailure failure) {
  BusReply reply;
  reply.failure = failure;
  reply.text = std::generic_category().message(-error);
  return reply;
}

BusReply cannot_connect(int error) {
  return failed(error, error == -ETIMEDOUT ? BusFailure::timeout : BusFailure::no_bus);
}

/// What starts a unit of systemd, and installs it where we know Debian's package.
std::string start(const std::string& unit) {
  std::string commands;
  for (const auto& [known, package] :
       {std::pair{"ModemManager", "modemmanager"}, {"bluetooth", "bluez"}, {"dbus", "dbus"}}) {
    if (unit == known) commands = std::string("sudo apt install ") + package + "; ";
  }
  return commands + "sudo systemctl start " + unit;
}

constexpr const char* properties = "org.freedesktop.DBus.Properties";

}  // namespace

const BusValue& BusReply::value() const {
  static const BusValue nothing;
  return arguments.empty() ? nothing : arguments.front();
}

const BusValue& BusSignal::argument(std::size_t index) const {
  static const BusValue nothing;
  return index < arguments.size() ? arguments[index] : nothing;
}

bool Bus::is_open() const {
  return bus_ != nullptr && sd_bus_is_open(bus_.get()) > 0;
}

void Bus::close() {
  bus_.reset();
  signal_.reset();
  watching_ = false;
}

int Bus::open(Time deadline) {
  if (is_open()) return 0;
  if (watching_) {
    close();
    return -ENOTCONN;
  }
  close();
  sd_bus* bus = nullptr;
  int result = sd_bus_open_system(&bus);
  bus_.reset(bus);
  // Not left to sd_bus_call(), which would wait for the bus without end.
  while (result >= 0) {
    result = sd_bus_is_ready(bus);
    if (result > 0) return 0;
    if (result == 0) result = sd_bus_process(bus, nullptr);
    if (result != 0) continue;
    const std::uint64_t left = left_us(deadline);
    result = left != 0 ? sd_bus_wait(bus, left) : -ETIMEDOUT;
    if (result == -EINTR) result = 0;
  }
  close();
  return result;
}

BusReply Bus::call_once(const BusObject& object, const char* method, Time deadline,
                        const Arguments& arguments) {
  int result = open(deadline);
  if (result < 0) return cannot_connect(result);
  sd_bus_message* raw = nullptr;
  result = sd_bus_message_new_method_call(bus_.get(), &raw, object.service.c_str(),
                                          object.path.c_str(), object.interface.c_str(), method);
  const Message message(raw);
  if (result >= 0) result = sd_bus_message_set_auto_start(message.get(), 0);
  if (result >= 0 && arguments) result = arguments(message.get());
  if (result < 0) return failed(result, BusFailure::other);

  const std::uint64_t left = left_us(deadline);
  // Zero would stand for the default, which is 25 seconds.
  if (left == 0) return failed(-ETIMEDOUT, BusFailure::timeout);
  Error error;
  sd_bus_message* raw_answer = nullptr;
  result = sd_bus_call(bus_.get(), message.get(), left, error.get(), &raw_answer);
  const Message answer(raw_answer);
  if (result < 0) {
    if (!is_open()) {
      close();
      return failed(result, BusFailure::no_bus);
    }
    BusReply reply = failed(result, BusFailure::other);
    reply.name = text_or_empty(error.name());
    if (error.message() != nullptr) reply.text = error.message();
    reply.failure = failure_of(reply.name);
    return reply;
  }
  BusReply reply;
  if (!read_arguments(answer.get(), reply.arguments)) {
    return failed(-EBADMSG, BusFailure::other);
  }
  return reply;
}

BusReply Bus::call(const BusObject& object, const char* method, Time deadline,
                   const Arguments& arguments) {
  const bool kept = is_open() && !watching_;
  BusReply reply = call_once(object, method, deadline, arguments);
  // The bus was restarted since the last call.
  if (kept && reply.failure == BusFailure::no_bus) {
    reply = call_once(object, method, deadline, arguments);
  }
  return reply;
}

BusReply Bus::get(const BusObject& object, const char* property, Time deadline) {
  return call({object.service, object.path, properties}, "Get", deadline,
              [&](sd_bus_message* message) {
                return sd_bus_message_append(message, "ss", object.interface.c_str(), property);
              });
}

BusReply Bus::get_all(const BusObject& object, Time deadline) {
  return call({object.service, object.path, properties}, "GetAll", deadline,
              [&](sd_bus_message* message) {
                return sd_bus_message_append(message, "s", object.interface.c_str());
              });
}

BusReply Bus::managed_objects(const std::string& service, const std::string& path, Time deadline) {
  return call({service, path, "org.freedesktop.DBus.ObjectManager"}, "GetManagedObjects", deadline);
}

std::optional<bool> Bus::is_owned(const std::string& service, Time deadline) {
  const BusReply reply =
      call({"org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus"},
           "NameHasOwner", deadline, [&](sd_bus_message* message) {
             return sd_bus_message_append(message, "s", service.c_str());
           });
  return reply.ok() ? reply.value().boolean() : std::nullopt;
}

BusReply Bus::watch(const std::string& rule, Time deadline) {
  const int result = open(deadline);
  if (result < 0) return cannot_connect(result);
  // The bus takes AddMatch and the calls after it in their order, so its answer is not waited for.
  const int added =
      sd_bus_add_match_async(bus_.get(), nullptr, rule.c_str(), &Bus::take_signal, nullptr, this);
  if (added < 0) return failed(added, BusFailure::other);
  watching_ = true;
  return {};
}

int Bus::take_signal(sd_bus_message* message, void* self, sd_bus_error* /*error*/) {
  // No exception may go through the library in C.
  try {
    BusSignal signal;
    signal.path = text_or_empty(sd_bus_message_get_path(message));
    signal.interface = text_or_empty(sd_bus_message_get_interface(message));
    signal.member = text_or_empty(sd_bus_message_get_member(message));
    if (!read_arguments(message, signal.arguments)) return 0;
    static_cast<Bus*>(self)->signal_ = std::move(signal);
    return 1;
  } catch (const std::exception&) {
    return -ENOMEM;
  }
}

std::optional<BusSignal> Bus::next_signal(Time deadline) {
  signal_.reset();
  while (is_open()) {
    int result = sd_bus_process(bus_.get(), nullptr);
    if (signal_) return std::exchange(signal_, std::nullopt);
    if (result == 0) {
      const std::uint64_t left = left_us(deadline);
      if (left == 0) return std::nullopt;
      result = sd_bus_wait(bus_.get(), left);
    }
    if (result < 0 && result != -EINTR) {
      close();
    } else if (std::chrono::steady_clock::now() >= deadline) {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

std::string explain(const BusReply& reply, std::string_view daemon, std::string_view unit) {
  const std::string name(daemon);
  const std::string service(unit.empty() ? daemon : unit);
  switch (reply.failure) {
    case BusFailure::none:
      break;
    case BusFailure::no_bus:
      return "cannot reach the system bus (" + reply.text + "); " + start("dbus");
    case BusFailure::no_service:
      return name + " is not on the system bus; " + start(service);
    case BusFailure::timeout:
      return name + " gave no answer in time; if it hangs: sudo systemctl restart " + service;
    case BusFailure::denied:
      return name + " does not let this user in; run as root, or allow it in D-Bus and polkit";
    case BusFailure::other:
      return name + ": " + (reply.text.empty() ? reply.name : reply.text);
  }
  return {};
}

}  // namespace here_tracking
