// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/self_test.hpp"

#include "c/convert.hpp"
#include "c/hooks.hpp"

using namespace here_tracking;
using namespace here_tracking::c;

uint32_t ht_self_test(const ht_self_test_t* device) {
  constexpr ht_sources_t no_sources = {};
  CHooks hooks(device->hooks);
  CSectorStorage sectors(device->sectors);
  CSources sources(device->sources != nullptr ? *device->sources : no_sources);
  const Sources list = sources.sources();

  SelfTest test;
  test.hooks = hooks.hooks();
  test.memory = {reinterpret_cast<std::uint8_t*>(device->memory.data), device->memory.size};
  if (device->sectors != nullptr) test.sectors = &sectors;
  test.first_spare_sector = device->first_spare_sector;
  test.spare_sector_count = device->spare_sector_count;
  if (device->sources != nullptr) test.sources = &list;
  test.base_url = from_c(device->base_url);
  return self_test(test).bits();
}
