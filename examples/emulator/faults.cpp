// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <stdexcept>
#include <string_view>

namespace emulator {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 8> kinds = {
    "status", "reset", "reset_after", "stall", "stall_body", "truncated", "oversized", "garbage"};
constexpr std::array<std::string_view, 11> members = {
    "method",  "path",  "fault", "status",   "retry_after", "body",
    "headers", "times", "skip",  "stall_ms", "body_bytes"};

template <typename List>
std::string joined(const List& list) {
  std::string text;
  for (const auto& entry : list)
    text += (text.empty() ? "" : ", ") + std::string(entry);
  return text;
}

std::string text_member(const json& object, const char* name, const std::string& fallback) {
  const auto found = object.find(name);
  if (found == object.end()) return fallback;
  if (!found->is_string()) {
    throw std::invalid_argument(std::string(name) + " = " + found->dump() + ": must be a string");
  }
  return found->get<std::string>();
}

int int_member(const json& object, const char* name, int fallback, int min, int max) {
  const auto found = object.find(name);
  if (found == object.end()) return fallback;
  if (!found->is_number_integer() || *found < min || *found > max) {
    throw std::invalid_argument(std::string(name) + " = " + found->dump() +
                                ": must be an integer " + std::to_string(min) + ".." +
                                std::to_string(max));
  }
  return found->get<int>();
}

bool is_header_text(const std::string& text) {
  return std::none_of(text.begin(), text.end(),
                      [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
}

Fault parse(const json& object) {
  if (!object.is_object()) throw std::invalid_argument("a fault must be a JSON object");
  for (const auto& [name, value] : object.items()) {
    if (std::find(members.begin(), members.end(), name) == members.end()) {
      throw std::invalid_argument(name + ": is no member of a fault; known are " + joined(members));
    }
  }
  Fault fault;
  fault.kind = text_member(object, "fault", "");
  if (std::find(kinds.begin(), kinds.end(), fault.kind) == kinds.end()) {
    throw std::invalid_argument("fault = \"" + fault.kind + "\": must be one of " + joined(kinds));
  }
  constexpr int max_int = std::numeric_limits<int>::max();
  fault.method = text_member(object, "method", "*");
  fault.path = text_member(object, "path", "*");
  fault.retry_after = text_member(object, "retry_after", "");
  if (!is_header_text(fault.retry_after)) {
    throw std::invalid_argument("retry_after: must be one line");
  }
  fault.status = int_member(object, "status", 503, 200, 599);
  fault.times = int_member(object, "times", 1, 1, max_int);
  fault.skip = int_member(object, "skip", 0, 0, max_int);
  if (object.contains("stall_ms")) fault.stall_ms = int_member(object, "stall_ms", 0, 0, max_int);
  fault.body_bytes = int_member(object, "body_bytes", 0, 0, max_int);
  if (object.contains("body")) fault.body = text_member(object, "body", "");
  const json headers = object.value("headers", json::object());
  if (!headers.is_object()) throw std::invalid_argument("headers: must be an object of strings");
  for (const auto& [name, value] : headers.items()) {
    if (!value.is_string() || !is_header_text(name + value.get<std::string>())) {
      throw std::invalid_argument("headers." + name + ": must be a string of one line");
    }
    fault.headers.emplace_back(name, value.get<std::string>());
  }
  return fault;
}

}  // namespace

std::string FaultQueue::add(const json& faults) {
  std::deque<Fault> parsed;
  try {
    if (faults.is_array()) {
      for (const json& fault : faults)
        parsed.push_back(parse(fault));
    } else {
      parsed.push_back(parse(faults));
    }
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  faults_.insert(faults_.end(), parsed.begin(), parsed.end());
  return "";
}

std::optional<Fault> FaultQueue::take(const std::string& method, const std::string& path) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = std::find_if(faults_.begin(), faults_.end(), [&](const Fault& fault) {
    return (fault.method == "*" || fault.method == method) &&
           (fault.path == "*" || fault.path == path);
  });
  if (found == faults_.end()) return std::nullopt;
  if (found->skip > 0) {
    --found->skip;
    return std::nullopt;
  }
  Fault fault = *found;
  if (--found->times == 0) faults_.erase(found);
  return fault;
}

json FaultQueue::list() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  json result = json::array();
  for (const Fault& fault : faults_) {
    json object = {{"method", fault.method},
                   {"path", fault.path},
                   {"fault", fault.kind},
                   {"times", fault.times},
                   {"skip", fault.skip}};
    if (fault.kind == "status") object["status"] = fault.status;
    if (!fault.retry_after.empty()) object["retry_after"] = fault.retry_after;
    if (fault.body) object["body"] = *fault.body;
    if (fault.stall_ms) object["stall_ms"] = *fault.stall_ms;
    if (fault.kind == "stall_body") object["body_bytes"] = fault.body_bytes;
    for (const auto& [name, value] : fault.headers)
      object["headers"][name] = value;
    result.push_back(object);
  }
  return result;
}

void FaultQueue::clear() {
  const std::lock_guard<std::mutex> lock(mutex_);
  faults_.clear();
}

Reply fault_reply(const Fault& fault) {
  Reply reply;
  reply.status = fault.status;
  reply.headers = fault.headers;
  reply.reason = "fault: status";
  if (!fault.retry_after.empty()) reply.headers.emplace_back("Retry-After", fault.retry_after);
  if (fault.status == 204) return reply;
  if (fault.body) {
    reply.body = *fault.body;
  } else if (fault.status >= 400) {
    reply.body = to_text(error_body(fault.status, "fault asked for through /control/faults"));
  }
  return reply;
}

}  // namespace emulator
