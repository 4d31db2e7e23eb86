// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "oauth.hpp"

#include <string>

inline std::string oauth_header(const emulator::OAuthParameters& p) {
  const auto quoted = [](const std::string& text) {
    return "=\"" + emulator::percent_encode(text) + "\"";
  };
  return "OAuth oauth_consumer_key" + quoted(p.consumer_key) + ",oauth_nonce" + quoted(p.nonce) +
         ",oauth_signature_method" + quoted(p.signature_method) + ",oauth_timestamp" +
         quoted(p.timestamp) + ",oauth_version" + quoted(p.version) + ",oauth_signature" +
         quoted(p.signature);
}
