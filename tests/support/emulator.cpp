// SPDX-License-Identifier: Apache-2.0
#include "support/emulator.hpp"

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include <curl/curl.h>
#include <fcntl.h>
#include <rapidjson/document.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

rapidjson::Document parse(const std::string& text) {
  rapidjson::Document document;
  document.Parse(text.c_str());
  if (document.HasParseError()) throw std::runtime_error("the emulator sent no JSON: " + text);
  return document;
}

std::size_t append(char* data, std::size_t size, std::size_t count, void* into) {
  static_cast<std::string*>(into)->append(data, size * count);
  return size * count;
}

}  // namespace

Emulator::Emulator(std::vector<std::string> arguments) {
  directory_ = std::filesystem::temp_directory_path() / "here-tracking-test-XXXXXX";
  if (mkdtemp(directory_.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  const std::string ready = directory_ + "/ready.json";
  const std::vector<std::string> own = {
      EMULATOR_PATH,         "--port",       "0",  "--control-port", "0", "--state-dir",
      directory_ + "/state", "--ready-file", ready};
  arguments.insert(arguments.begin(), own.begin(), own.end());
  std::vector<char*> argv;
  for (std::string& argument : arguments)
    argv.push_back(argument.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, (directory_ + "/log").c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0600);
  posix_spawn_file_actions_adddup2(&actions, 1, 2);
  const int result = posix_spawn(&pid_, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (result != 0) throw std::runtime_error("cannot start " EMULATOR_PATH);

  for (int i = 0; i < 3000 && !std::filesystem::exists(ready); ++i) {
    int status = 0;
    if (waitpid(pid_, &status, WNOHANG) == pid_) {
      pid_ = -1;
      throw std::runtime_error("the emulator ended: " + read_file(directory_ + "/log"));
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  const rapidjson::Document state = parse(read_file(ready));
  url_ = state["url"].GetString();
  control_url_ = state["control_url"].GetString();
  if (state["ca_file"].IsString()) ca_file_ = state["ca_file"].GetString();  // none with --http
}

Emulator::~Emulator() {
  if (pid_ > 0) {
    kill(pid_, SIGTERM);
    int status = 0;
    while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string Emulator::control(const std::string& method, const std::string& path,
                              const std::string& body) const {
  CURL* handle = curl_easy_init();
  std::string answer;
  const std::string url = control_url_ + path;
  curl_slist* headers = curl_slist_append(nullptr, "Content-Type: application/json");
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_PROXY, "");
  curl_easy_setopt(handle, CURLOPT_CUSTOMREQUEST, method.c_str());
  curl_easy_setopt(handle, CURLOPT_HTTPHEADER, headers);
  if (method == "PUT" || method == "POST") {
    curl_easy_setopt(handle, CURLOPT_POSTFIELDSIZE, static_cast<long>(body.size()));
    curl_easy_setopt(handle, CURLOPT_POSTFIELDS, body.c_str());
  }
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, &append);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &answer);
  const CURLcode result = curl_easy_perform(handle);
  long status = 0;
  curl_easy_getinfo(handle, CURLINFO_RESPONSE_CODE, &status);
  curl_slist_free_all(headers);
  curl_easy_cleanup(handle);
  if (result != CURLE_OK || status / 100 != 2) {
    throw std::runtime_error("control " + method + " " + path + ": " + std::to_string(status) +
                             " " + answer);
  }
  return answer;
}

std::int64_t Emulator::count(const std::string& name) const {
  const rapidjson::Document state = parse(control("GET", "/control/state"));
  return state[name.c_str()].GetInt64();
}

std::vector<std::string> Emulator::requests() const {
  const rapidjson::Document log = parse(control("GET", "/control/requests"));
  std::vector<std::string> lines;
  for (const auto& request : log.GetArray()) {
    lines.push_back(std::string(request["method"].GetString()) + " " + request["path"].GetString() +
                    " " + std::to_string(request["status"].GetInt()));
  }
  return lines;
}
