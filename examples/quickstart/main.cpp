// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/client.hpp"
#include "here_tracking/platform/linux.hpp"
#include "here_tracking/telemetry.hpp"
#include "here_tracking/transport/curl.hpp"

#include <array>
#include <cstdlib>
#include <iostream>

namespace ht = here_tracking;

const char* env(const char* name, const char* otherwise = "") {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : otherwise;
}

int main() {
  ht::StderrLog log;
  ht::SystemClock clock;
  ht::SystemEntropy entropy;
  ht::FileStorage storage("here-tracking-state");  // keeps the token between runs
  ht::CurlTransport transport({env("HERE_TRACKING_CA_FILE"), &log});

  ht::ClientConfig config;
  config.base_url = env("HERE_TRACKING_URL", "https://tracking.api.here.com");
  ht::DeviceLicense license(env("HERE_TRACKING_DEVICE_ID"), env("HERE_TRACKING_DEVICE_SECRET"));
  std::array<char, 2048> token;
  std::array<char, 8192> work;
  ht::Client client(config, license, {&clock, &entropy, &storage, &transport, &log}, {token, work});

  ht::Fix fix;  // integers, in the unit of their name
  fix.lat_deg_e7 = 525170365;
  fix.lng_deg_e7 = 133888599;
  fix.accuracy_mm = 4500;
  const ht::GsmNeighbour neighbours[] = {{/*bsic*/ 6, /*bcch*/ 82, {}, {}, /*rxlevel_dbm*/ -91}};
  ht::GsmCell cell;
  cell.mcc = 262;
  cell.mnc = 1;
  cell.lac = 5126;
  cell.cid = 16504;
  cell.nmr = neighbours;
  ht::WlanAccessPoint access_point{{0x00, 0x1a, 0x2b, 0x3c, 0x4d, 0x5e}, -61, "cafe", {}, {}};

  std::array<char, 2048> buffer;
  ht::Sample sample(buffer);
  ht::Status status = client.ensure_time();
  if (status.ok()) status = sample.set_timestamp(*client.server_time_ms());
  if (status.ok()) status = sample.set_position(fix);
  if (status.ok()) status = sample.add(cell);
  if (status.ok()) status = sample.add(access_point);
  if (status.ok()) status = sample.set_payload(R"({"door": "open"})");

  ht::DesiredShadow shadow;
  if (status.ok()) status = client.ingest(std::array{sample.json()}, shadow);
  std::cout << ht::to_string(status.code()) << '\n' << shadow.json << '\n';
  return status.ok() ? 0 : 1;
}
