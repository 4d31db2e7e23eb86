// SPDX-License-Identifier: Apache-2.0
#include "failure.hpp"
#include "shadow_text.hpp"
#include "support/catch.hpp"

#include <string>

using here_tracking::cli::without_passwords;

namespace {

std::string wlan(const std::string& list) {
  return R"({"system":{"wlanConfigurations":)" + list + "}}";
}

}  // namespace

TEST_CASE("A password is masked however its key is spelled, wherever it stands, whatever it is") {
  const std::string masked = wlan(R"([{"ssid":"s","password":"********"}])");
  for (const char* password :
       {R"("hunter22")", R"("hu\u006eter\"22")", "12345678", "null", "true", "[]",
        R"(["hunter22",{"password":"hunter22"}])", R"({"a":{"b":["hunter22"]},"password":1})"}) {
    for (const char* key : {"password", R"(\u0070assword)", R"(pass\u0077ord)"}) {
      CAPTURE(password, key);
      CHECK(without_passwords(wlan("[{\"ssid\":\"s\",\"" + std::string(key) + "\" : " + password +
                                   "}]")) == masked);
    }
  }
  CHECK(without_passwords(R"({"\u0073ystem":{"wlan\u0043onfigurations":[{"password":"p"}]}})") ==
        wlan(R"([{"password":"********"}])"));
  CHECK(without_passwords(wlan(R"({"x":[[{"password":"p","password":"q"}]],"password":"r"})")) ==
        wlan(R"({"x":[[{"password":"********","password":"********"}]],"password":"********"})"));
}

TEST_CASE("Nothing else is masked or changed") {
  for (
      const char* json :
      {"{}", R"({"password":"a","payload":{"password":"b","wlanConfigurations":{"password":"c"}}})",
       R"({"system":{"password":"d","x":{"password":"e"},"wlanConfigurations":[],"y":{"password":1}}})",
       R"({"system":{"wlanConfigurations":[{"ssid":"password","password":"********"},{"a":1.50}]},)"
       R"("payload":{"password":-1.0e+05,"a\u0000":"\"\\ä€😀\n"}})"}) {
    CAPTURE(json);
    CHECK(without_passwords(json) == json);
  }
  CHECK(without_passwords(" {\"a\" : [ 1 , true ] } ") == R"({"a":[1,true]})");
  const std::string deep = std::string(16000, '[') + std::string(16000, ']');
  CHECK(without_passwords("{\"a\":" + deep + "}") == "{\"a\":" + deep + "}");
}

TEST_CASE("What is no JSON is not printed") {
  for (const char* json : {"", "{", "{\"a\":\"\xff\"}", "{}x"})
    CHECK_THROWS_AS(without_passwords(json), here_tracking::cli::Failure);
  CHECK_THROWS_AS(without_passwords(std::string("{}\0", 3)), here_tracking::cli::Failure);
}
