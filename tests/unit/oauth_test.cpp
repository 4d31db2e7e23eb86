// SPDX-License-Identifier: Apache-2.0
#include "core/oauth.hpp"

#include "here_tracking/client.hpp"

#include "core/url.hpp"
#include "support/catch.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>

using here_tracking::BaseUrl;
using here_tracking::OAuthRequest;
using here_tracking::TextBuilder;

namespace {

constexpr const char* device_id = "7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e";
constexpr const char* device_secret = "k3Jx9Qv_0aB-7mNpR2sTuVwXyZ1c4D5e6F8gHhIiJjL";

class Signed {
 public:
  Signed(const char* base_url, const char* id, const char* secret, const char* nonce,
         std::int64_t timestamp_s)
      : url_(base_url), request_{url_.origin(), id, secret, nonce, timestamp_s} {
    // A vector has a host that is called without TLS, which a Client refuses to do.
    REQUIRE((url_.valid() || url_.rule() == here_tracking::Rule::url_tls));
  }
  [[nodiscard]] std::string url() const {
    return text([this](TextBuilder& out) { here_tracking::write_address(request_.origin, out); });
  }
  [[nodiscard]] std::string parameters() const {
    return text([this](TextBuilder& out) { here_tracking::write_parameters(request_, out); });
  }
  [[nodiscard]] std::string base_string() const {
    return text(
        [this](TextBuilder& out) { here_tracking::write_base_string(url(), parameters(), out); });
  }
  [[nodiscard]] std::string key() const {
    return text(
        [this](TextBuilder& out) { here_tracking::write_key(request_.consumer_secret, out); });
  }
  [[nodiscard]] std::string header() const {
    std::array<char, here_tracking::signing_bytes> memory{};
    return std::string(here_tracking::write_authorization(request_, memory));
  }
  /// As the header has it, percent-encoded.
  [[nodiscard]] std::string encoded_signature() const {
    const std::string start = "oauth_signature=\"";
    const std::string whole = header();
    const std::size_t at = whole.find(start);
    REQUIRE(at != std::string::npos);
    return whole.substr(at + start.size(), whole.size() - 1 - at - start.size());
  }
  [[nodiscard]] std::string signature() const {
    std::string decoded;
    const std::string encoded = encoded_signature();
    for (std::size_t i = 0; i < encoded.size(); ++i) {
      if (encoded[i] == '%') {
        decoded += static_cast<char>(std::stoi(encoded.substr(i + 1, 2), nullptr, 16));
        i += 2;
      } else {
        decoded += encoded[i];
      }
    }
    return decoded;
  }

 private:
  template <typename Write>
  static std::string text(Write write) {
    std::array<char, 2048> memory{};
    TextBuilder out(memory);
    write(out);
    REQUIRE_FALSE(out.overflow());
    return std::string(out.text());
  }

  BaseUrl url_;
  OAuthRequest request_;
};

struct Digest {
  std::string hex;
  std::string base64;
};

Digest hmac(const std::string& key, const std::string& message) {
  constexpr std::size_t block_bytes = here_tracking::hmac_block_bytes;
  std::string memory = key;
  memory.resize(std::max(key.size(), block_bytes), '\xff');
  here_tracking::make_hmac_block(memory.data(), key.size());
  memory.replace(block_bytes, std::string::npos, message);
  const std::size_t size = memory.size();
  memory.resize(std::max(size, block_bytes + here_tracking::sha256_bytes));
  const here_tracking::Span<const std::uint8_t> digest = {
      here_tracking::hmac_sha256(memory.data(), size), here_tracking::sha256_bytes};
  std::array<char, 2 * here_tracking::sha256_bytes> hex{};
  TextBuilder out(hex);
  for (const std::uint8_t byte : digest)
    out.append_hex(byte);
  std::array<char, here_tracking::base64_bytes(here_tracking::sha256_bytes)> base64{};
  const std::size_t base64_size = here_tracking::base64(digest, base64.data());
  return {std::string(out.text()), std::string(base64.data(), base64_size)};
}

constexpr const char* v1_base_string =
    "POST&https%3A%2F%2Ftracking.api.here.com%2Fv2%2Ftoken&oauth_consumer_key%3D7c0f3d52-1e7a-4b7c-"
    "9a55-0d6a3b1f2c4e%26oauth_nonce%3DQm7d2XkP0a%26oauth_signature_method%3DHMAC-SHA256%26"
    "oauth_timestamp%3D1767225600%26oauth_version%3D1.0";
constexpr const char* v1_signature = "RDjGpthY0vEuAgYLCmO0ZUAne8kN5qoLH4GF58ts6rY=";
constexpr const char* v7_base_string =
    "POST&https%3A%2F%2Ftracking.api.here.com%2Fv2%2Ftoken&oauth_consumer_key%3D7c0f3d52-1e7a-4b7c-"
    "9a55-0d6a3b1f2c4e%26oauth_nonce%3Dn0nce42%26oauth_signature_method%3DHMAC-SHA256%26"
    "oauth_timestamp%3D1767225601%26oauth_version%3D1.0";

}  // namespace

TEST_CASE("Signing vector 1: ordinary credentials at the service's own address") {
  const Signed s("https://tracking.api.here.com", device_id, device_secret, "Qm7d2XkP0a",
                 1767225600);
  CHECK(s.url() == "https://tracking.api.here.com/v2/token");
  CHECK(s.parameters() ==
        "oauth_consumer_key=\"7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e\",oauth_nonce=\"Qm7d2XkP0a\","
        "oauth_signature_method=\"HMAC-SHA256\",oauth_timestamp=\"1767225600\","
        "oauth_version=\"1.0\"");
  CHECK(s.base_string() == v1_base_string);
  CHECK(s.key() == std::string(device_secret) + "&");
  CHECK(s.signature() == v1_signature);
  CHECK(s.header() ==
        "OAuth oauth_consumer_key=\"7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e\","
        "oauth_nonce=\"Qm7d2XkP0a\",oauth_signature_method=\"HMAC-SHA256\","
        "oauth_timestamp=\"1767225600\",oauth_version=\"1.0\","
        "oauth_signature=\"RDjGpthY0vEuAgYLCmO0ZUAne8kN5qoLH4GF58ts6rY%3D\"");
}

TEST_CASE("Signing vectors 2 and 3: a spelled-out default port and upper case change nothing") {
  for (const char* url : {"https://tracking.api.here.com:443", "HTTPS://Tracking.API.Here.Com",
                          "https://tracking.api.here.com/"}) {
    const Signed s(url, device_id, device_secret, "Qm7d2XkP0a", 1767225600);
    CHECK(s.base_string() == v1_base_string);
    CHECK(s.signature() == v1_signature);
  }
}

TEST_CASE("Signing vector 4: another port over TLS stands in the signed address") {
  const Signed s("https://localhost:8443", device_id, device_secret, "Qm7d2XkP0a", 1767225600);
  CHECK(s.url() == "https://localhost:8443/v2/token");
  CHECK(s.base_string().find("POST&https%3A%2F%2Flocalhost%3A8443%2Fv2%2Ftoken&") == 0);
  CHECK(s.signature() == "5iXyseLwICtmipzMt4zaBfa1ehcbWiljfFyZ/Ikm2K8=");
  CHECK(s.header().find("\"5iXyseLwICtmipzMt4zaBfa1ehcbWiljfFyZ%2FIkm2K8%3D\"") !=
        std::string::npos);
}

TEST_CASE("Signing vector 5: plain HTTP on another port") {
  const Signed s("http://127.0.0.1:8080", device_id, device_secret, "Qm7d2XkP0a", 1767225600);
  CHECK(s.url() == "http://127.0.0.1:8080/v2/token");
  CHECK(s.signature() == "DFD96uQjwdI9ZyElZHlEUGrc0ZAeML3k1JrTtOIgY1A=");
}

TEST_CASE("Signing vector 6: plain HTTP's default port is left out") {
  const Signed s("http://emulator.test:80", device_id, device_secret, "Qm7d2XkP0a", 1767225600);
  CHECK(s.url() == "http://emulator.test/v2/token");
  CHECK(s.signature() == "eu6IYwAbvM+ZxhEc6BW4Mrt3+j68pTeNE+uHgVHSt7c=");
}

TEST_CASE("Signing vector 7a: a secret with reserved characters is percent-encoded in the key") {
  const Signed s("https://tracking.api.here.com", device_id, "a/b+c=d&e%f ~g\"h", "n0nce42",
                 1767225601);
  CHECK(s.key() == "a%2Fb%2Bc%3Dd%26e%25f%20~g%22h&");
  CHECK(s.base_string() == v7_base_string);
  CHECK(s.signature() == "dXXmIOaODd34os4zyCtfNSwMhKO6hETMaSSuxWjDoFM=");
}

TEST_CASE("Signing vector 7b: the other reading, a key that is not encoded, gives another result") {
  const Digest digest = hmac("a/b+c=d&e%f ~g\"h&", v7_base_string);
  CHECK(digest.hex == "6cf0fd77dbcb71aa6af40eeb364a6b87223d5699860d72b4d2f357d7b58bc4d8");
  CHECK(digest.base64 == "bPD9d9vLcapq9A7rNkprhyI9VpmGDXK00vNX17WLxNg=");
}

TEST_CASE("Signing vector 8: a secret beyond ASCII is encoded byte by byte") {
  const Signed s("https://tracking.api.here.com", device_id, "p\xc3\xa4ssw\xc3\xb6rd-\xce\xa9",
                 "n0nce42", 1767225601);
  CHECK(s.key() == "p%C3%A4ssw%C3%B6rd-%CE%A9&");
  CHECK(s.signature() == "kWHZAMXVaI0rhE+8Owh71zeSzwKJiA0BWquZY+/Byxo=");
}

TEST_CASE("Signing vector 9: id and nonce are encoded once in the header, twice when signed") {
  const Signed s("https://tracking.api.here.com", "dev/01 +x", "s3cr3t", "a=b&c%d~e", 2);
  CHECK(s.parameters() ==
        "oauth_consumer_key=\"dev%2F01%20%2Bx\",oauth_nonce=\"a%3Db%26c%25d~e\","
        "oauth_signature_method=\"HMAC-SHA256\",oauth_timestamp=\"2\",oauth_version=\"1.0\"");
  CHECK(s.base_string() ==
        "POST&https%3A%2F%2Ftracking.api.here.com%2Fv2%2Ftoken&oauth_consumer_key%3Ddev%252F01%2520"
        "%252Bx%26oauth_nonce%3Da%253Db%2526c%2525d~e%26oauth_signature_method%3DHMAC-SHA256%26"
        "oauth_timestamp%3D2%26oauth_version%3D1.0");
  CHECK(s.signature() == "H4C9vrmHT6UjdVSI/91uTldm9TbtkEUawraKDuPR15o=");
  CHECK(s.header() ==
        "OAuth oauth_consumer_key=\"dev%2F01%20%2Bx\",oauth_nonce=\"a%3Db%26c%25d~e\","
        "oauth_signature_method=\"HMAC-SHA256\",oauth_timestamp=\"2\",oauth_version=\"1.0\","
        "oauth_signature=\"H4C9vrmHT6UjdVSI%2F91uTldm9TbtkEUawraKDuPR15o%3D\"");
}

TEST_CASE("A secret of the greatest length is used to its last byte") {
  std::string secret(128, '/');
  const auto signature = [&secret] {
    return Signed("https://localhost", "id", secret.c_str(), "n", 2).signature();
  };
  const std::string whole = signature();
  CHECK(Signed("https://localhost", "id", secret.c_str(), "n", 2).key().size() == 3 * 128 + 1);
  secret.back() = '+';
  CHECK(signature() != whole);
}

TEST_CASE("Nothing of the secret is left behind the header") {
  const here_tracking::BaseUrl url("https://localhost");
  for (const std::size_t size : {8, 128}) {
    const std::string secret(size, '/');
    const OAuthRequest request{url.origin(), "id", secret, "n", 2};
    std::array<char, here_tracking::signing_bytes> memory{};
    const std::string header(here_tracking::write_authorization(request, memory));
    const std::size_t signature_at = header.find(",oauth_signature=");
    const std::size_t key_at = signature_at + std::string("https://localhost/v2/token").size();
    for (std::size_t i = std::max(header.size(), key_at); i < memory.size(); ++i)
      REQUIRE(memory[i] == '\0');
  }
}

TEST_CASE("The longest of all that is signed fits") {
  const std::string url = "https://[" + std::string(126, ':') + "]:65534";
  const std::string id(50, '\xff');
  const std::string secret(128, '\xfe');
  const std::string nonce(20, 'z');
  const Signed longest(url.c_str(), id.c_str(), secret.c_str(), nonce.c_str(), 4102444800);
  const std::size_t parameters = longest.parameters().size();
  const std::size_t before = 6 + parameters + longest.url().size() + 64;
  CHECK(before + longest.key().size() <= here_tracking::signing_bytes);
  CHECK(before + longest.base_string().size() <= here_tracking::signing_bytes);
  const std::string header = longest.header();
  CHECK(header.size() <= here_tracking::signing_bytes);
  CHECK(header.back() == '"');
  CHECK(longest.signature().size() == 44);
  CHECK(longest.signature().back() == '=');
}

TEST_CASE("HMAC-SHA256 agrees with RFC 4231") {
  CHECK(hmac(std::string(20, '\x0b'), "Hi There").hex ==
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  CHECK(hmac("Jefe", "what do ya want for nothing?").hex ==
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")
            .hex == "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST_CASE("A base URL is scheme, host and port, and nothing else") {
  SECTION("accepted") {
    const BaseUrl named("https://Example.ORG:8443/");
    CHECK(named.valid());
    CHECK(named.origin().tls);
    CHECK(named.origin().host == "Example.ORG");
    CHECK(named.origin().port == 8443);
    const BaseUrl local("http://[::1]:80");
    CHECK(local.valid());
    CHECK_FALSE(local.origin().tls);
    CHECK(local.origin().host == "[::1]");
  }
  SECTION("of itself it is the service, as if that had been read") {
    const BaseUrl service;
    const BaseUrl read(service.text());
    CHECK(service.valid());
    CHECK(service.text() == "https://tracking.api.here.com");
    CHECK(read.origin().tls == service.origin().tls);
    CHECK(read.origin().host == service.origin().host);
    CHECK(read.origin().port == service.origin().port);
  }
  SECTION("refused") {
    const std::string long_host(129, 'a');
    for (const std::string& url :
         {std::string(), std::string("example.org"), std::string("ftp://example.org"),
          std::string("https://"), std::string("https:///"),
          std::string("https://user@example.org"), std::string("https://example.org/v2"),
          std::string("https://example.org?x"), std::string("https://example.org:0"),
          std::string("https://example.org:65536"), std::string("https://example.org:"),
          std::string("https://example.org:80a"), std::string("https://exa mple.org"),
          std::string("https://[::1"), std::string("https://[]"), std::string("https://[::1]x:80"),
          std::string("https://a\r\nb"), "https://" + long_host}) {
      CAPTURE(url);
      CHECK(!BaseUrl(url).valid());
    }
  }
}

TEST_CASE("Loopback is this machine itself, whatever looks like it") {
  for (const char* host : {"localhost", "127.0.0.0", "127.0.0.1", "127.255.0.9", "[::1]"}) {
    CHECK(here_tracking::is_loopback(host));
  }
  for (const char* host :
       {"127.example.org", "127.0.0.1.example.org", "localhost.example.org", "128.0.0.1",
        "0127.0.0.1", "127.0.0.01", "127.0.0", "127.0.0.256", "[::2]", "0.0.0.0", ""}) {
    CAPTURE(host);
    CHECK_FALSE(here_tracking::is_loopback(host));
  }
}
