// SPDX-License-Identifier: Apache-2.0
#include "oauth_header.hpp"
#include "support/catch.hpp"

#include <string>

namespace {

using emulator::KeyForm;
using emulator::OAuthParameters;

const char* const id = "7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e";
const char* const secret = "k3Jx9Qv_0aB-7mNpR2sTuVwXyZ1c4D5e6F8gHhIiJjL";
const char* const production_url = "https://tracking.api.here.com";

OAuthParameters parameters(const std::string& consumer_key, const std::string& nonce,
                           const std::string& timestamp) {
  OAuthParameters result;
  result.consumer_key = consumer_key;
  result.nonce = nonce;
  result.signature_method = "HMAC-SHA256";
  result.timestamp = timestamp;
  result.version = "1.0";
  return result;
}

std::string sign(const std::string& base_url, const std::string& device_secret,
                 const OAuthParameters& p, KeyForm form = KeyForm::encoded) {
  const auto normalised = emulator::normalise_base_url(base_url);
  REQUIRE(normalised.has_value());
  return emulator::hmac_sha256_base64(emulator::oauth_key(device_secret, form),
                                      emulator::oauth_base_string(*normalised, p));
}

}  // namespace

TEST_CASE("a request with ordinary credentials is signed as RFC 5849 says") {
  const OAuthParameters p = parameters(id, "Qm7d2XkP0a", "1767225600");
  CHECK(emulator::oauth_parameter_string(p) ==
        "oauth_consumer_key=7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e&oauth_nonce=Qm7d2XkP0a"
        "&oauth_signature_method=HMAC-SHA256&oauth_timestamp=1767225600&oauth_version=1.0");
  CHECK(emulator::oauth_base_string(production_url, p) ==
        "POST&https%3A%2F%2Ftracking.api.here.com%2Fv2%2Ftoken&oauth_consumer_key%3D"
        "7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e%26oauth_nonce%3DQm7d2XkP0a%26"
        "oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D1767225600%26"
        "oauth_version%3D1.0");
  CHECK(emulator::oauth_key(secret, KeyForm::encoded) == std::string(secret) + "&");
  CHECK(sign(production_url, secret, p) == "RDjGpthY0vEuAgYLCmO0ZUAne8kN5qoLH4GF58ts6rY=");
}

TEST_CASE("upper case and a spelt-out default port do not change a signature") {
  const OAuthParameters p = parameters(id, "Qm7d2XkP0a", "1767225600");
  const std::string expected = "RDjGpthY0vEuAgYLCmO0ZUAne8kN5qoLH4GF58ts6rY=";
  CHECK(sign("https://tracking.api.here.com:443", secret, p) == expected);
  CHECK(sign("HTTPS://Tracking.API.Here.Com", secret, p) == expected);
}

TEST_CASE("a port that is not the default belongs to the signature") {
  const OAuthParameters p = parameters(id, "Qm7d2XkP0a", "1767225600");
  CHECK(sign("https://localhost:8443", secret, p) ==
        "5iXyseLwICtmipzMt4zaBfa1ehcbWiljfFyZ/Ikm2K8=");
}

TEST_CASE("plain HTTP has a default port of its own") {
  const OAuthParameters p = parameters(id, "Qm7d2XkP0a", "1767225600");
  CHECK(sign("http://127.0.0.1:8080", secret, p) == "DFD96uQjwdI9ZyElZHlEUGrc0ZAeML3k1JrTtOIgY1A=");
  CHECK(sign("http://emulator.test:80", secret, p) ==
        "eu6IYwAbvM+ZxhEc6BW4Mrt3+j68pTeNE+uHgVHSt7c=");
}

TEST_CASE("a secret with reserved characters is accepted with either form of the key") {
  const std::string reserved = "a/b+c=d&e%f ~g\"h";
  OAuthParameters p = parameters(id, "n0nce42", "1767225601");
  CHECK(emulator::oauth_key(reserved, KeyForm::encoded) == "a%2Fb%2Bc%3Dd%26e%25f%20~g%22h&");
  CHECK(emulator::oauth_key(reserved, KeyForm::raw) == reserved + "&");

  p.signature = "dXXmIOaODd34os4zyCtfNSwMhKO6hETMaSSuxWjDoFM=";
  CHECK(sign(production_url, reserved, p) == p.signature);
  CHECK(emulator::matching_key_form(p, production_url, reserved) == std::string("encoded"));

  p.signature = "bPD9d9vLcapq9A7rNkprhyI9VpmGDXK00vNX17WLxNg=";
  CHECK(sign(production_url, reserved, p, KeyForm::raw) == p.signature);
  CHECK(emulator::matching_key_form(p, production_url, reserved) == std::string("raw"));

  p.signature = "dXXmIOaODd34os4zyCtfNSwMhKO6hETMaSSuxWjDoFN=";
  CHECK_FALSE(emulator::matching_key_form(p, production_url, reserved).has_value());
}

TEST_CASE("a secret without reserved characters has one form of the key only") {
  OAuthParameters p = parameters(id, "Qm7d2XkP0a", "1767225600");
  p.signature = "RDjGpthY0vEuAgYLCmO0ZUAne8kN5qoLH4GF58ts6rY=";
  CHECK(emulator::matching_key_form(p, production_url, secret) == std::string("either"));
}

TEST_CASE("a secret that is not ASCII is encoded byte by byte") {
  const std::string text = "p\xC3\xA4ssw\xC3\xB6rd-\xCE\xA9";
  const OAuthParameters p = parameters(id, "n0nce42", "1767225601");
  CHECK(emulator::oauth_key(text, KeyForm::encoded) == "p%C3%A4ssw%C3%B6rd-%CE%A9&");
  CHECK(sign(production_url, text, p) == "kWHZAMXVaI0rhE+8Owh71zeSzwKJiA0BWquZY+/Byxo=");
}

TEST_CASE("an id and a nonce that need encoding are encoded twice in the base string") {
  const OAuthParameters p = parameters("dev/01 +x", "a=b&c%d~e", "2");
  CHECK(emulator::oauth_base_string(production_url, p) ==
        "POST&https%3A%2F%2Ftracking.api.here.com%2Fv2%2Ftoken&oauth_consumer_key%3D"
        "dev%252F01%2520%252Bx%26oauth_nonce%3Da%253Db%2526c%2525d~e%26"
        "oauth_signature_method%3DHMAC-SHA256%26oauth_timestamp%3D2%26oauth_version%3D1.0");
  CHECK(sign(production_url, "s3cr3t", p) == "H4C9vrmHT6UjdVSI/91uTldm9TbtkEUawraKDuPR15o=");
}

TEST_CASE("a header gives back the parameters that were put in") {
  OAuthParameters p = parameters("dev/01 +x", "a=b&c%d~e", "2");
  p.signature = "H4C9vrmHT6UjdVSI/91uTldm9TbtkEUawraKDuPR15o=";
  const emulator::OAuthForm form = emulator::parse_oauth_header(oauth_header(p));
  REQUIRE(form.reason.empty());
  CHECK(form.status == 200);
  CHECK(form.parameters.consumer_key == p.consumer_key);
  CHECK(form.parameters.nonce == p.nonce);
  CHECK(form.parameters.timestamp_s == 2);
  CHECK(form.parameters.signature == p.signature);
}

TEST_CASE("a header that is cut off anywhere is refused") {
  OAuthParameters p = parameters(id, "Qm7d2XkP0a", "1767225600");
  p.signature = "RDjGpthY0vEuAgYLCmO0ZUAne8kN5qoLH4GF58ts6rY=";
  const std::string whole = oauth_header(p);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(emulator::parse_oauth_header(whole.substr(0, size)).status != 200);
  }
}

TEST_CASE("percent-encoding keeps unreserved characters alone") {
  CHECK(emulator::percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(emulator::percent_encode(" +*!'()") == "%20%2B%2A%21%27%28%29");
  CHECK(emulator::percent_decode("%20%2b") == std::string(" +"));
  CHECK_FALSE(emulator::percent_decode("%2").has_value());
  CHECK_FALSE(emulator::percent_decode("%zz").has_value());
}

TEST_CASE("what is no base URL is refused") {
  for (const char* url :
       {"", "localhost:8443", "ftp://host", "https://", "https://host/v2", "https://user@host",
        "https://host:", "https://host:http", "https://:8443", "https://host:123456"}) {
    CAPTURE(url);
    CHECK_FALSE(emulator::normalise_base_url(url).has_value());
  }
  CHECK(emulator::normalise_base_url("https://[::1]:443") == std::string("https://[::1]"));
}
