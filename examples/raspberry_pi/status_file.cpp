// SPDX-License-Identifier: Apache-2.0
#include "status_file.hpp"

#include "console.hpp"
#include "text.hpp"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <functional>
#include <utility>

#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace here_tracking::cli {
namespace {

bool write_file(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (fd < 0) return false;
  const bool written = write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size());
  close(fd);
  return written;
}

}  // namespace

std::string to_json(const RunStatus& status) {
  nlohmann::json json{{"pid", status.pid},
                      {"boot_id", status.boot_id},
                      {"started_ms", status.started_ms},
                      {"next_sample_ms", status.next_sample_ms},
                      {"next_send_ms", status.next_send_ms},
                      {"sample_ms", status.sample_ms},
                      {"send_ms", status.send_ms},
                      {"not_stored", status.not_stored},
                      {"connection", status.connection},
                      {"trouble", status.trouble}};
  if (status.last_success_ms) json["last_success_ms"] = *status.last_success_ms;
  if (status.shadow_version) json["shadow_version"] = *status.shadow_version;
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

std::optional<RunStatus> parse_run_status(std::string_view json) {
  try {
    const nlohmann::json from = nlohmann::json::parse(json);
    RunStatus status;
    from.at("pid").get_to(status.pid);
    from.at("boot_id").get_to(status.boot_id);
    from.at("started_ms").get_to(status.started_ms);
    from.at("next_sample_ms").get_to(status.next_sample_ms);
    from.at("next_send_ms").get_to(status.next_send_ms);
    from.at("sample_ms").get_to(status.sample_ms);
    from.at("send_ms").get_to(status.send_ms);
    status.not_stored = from.value("not_stored", 0U);
    from.at("connection").get_to(status.connection);
    from.at("trouble").get_to(status.trouble);
    if (from.contains("last_success_ms")) {
      status.last_success_ms = from["last_success_ms"].get<std::int64_t>();
    }
    if (from.contains("shadow_version")) {
      status.shadow_version = from["shadow_version"].get<std::uint64_t>();
    }
    return status;
  } catch (const nlohmann::json::exception&) {
    return std::nullopt;
  }
}

std::optional<RunStatus> read_run_status(const std::string& path) {
  if (path.empty()) return std::nullopt;
  try {
    return parse_run_status(read_file({path, "status"}, Exit::local));
  } catch (const Failure&) {
    return std::nullopt;  // it went with the service, or with the last boot
  }
}

std::string status_path(const Environment& environment, const Setting& state_dir) {
  for (const char* const name : {"RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"}) {
    const char* const value = environment(name);
    if (value == nullptr || *value != '/') continue;
    const std::string_view list(value);  // of several directories, separated by colons
    const std::string directory(list.substr(0, list.find(':')));
    if (access(directory.c_str(), W_OK) != 0) continue;
    // The user's own is shared with other programs, and with another run that has another state.
    return directory +
           (name[0] == 'R'
                ? "/status.json"
                : "/here-tracking-" + std::to_string(std::hash<std::string>()(state_dir.value)) +
                      ".json");
  }
  return state_dir.value + "/status.json";
}

void StatusFile::update(const RunStatus& status, std::int64_t now_ms, bool urgent) {
  const bool is_due = written_.empty() || urgent || now_ms - written_ms_ >= min_interval_ms_;
  if (!is_due) return;
  std::string text = to_json(status);
  if (text == written_) return;
  const std::string temporary = path_ + ".new";
  const bool failed = !write_file(temporary, text) || rename(temporary.c_str(), path_.c_str()) != 0;
  if (failed && !failed_) {
    warn(path_ + ": cannot be written (" + std::strerror(errno) +
         "): status will not be up to date");
  }
  failed_ = failed;
  written_ms_ = now_ms;
  written_ = std::move(text);
}

}  // namespace here_tracking::cli
