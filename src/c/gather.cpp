// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/gather.hpp"

#include "c/convert.hpp"
#include "c/hooks.hpp"

using namespace here_tracking;
using namespace here_tracking::c;

void ht_gatherer_init(ht_gatherer_t* gatherer, const ht_sources_t* sources) {
  make<CSources>(*gatherer, *sources);
}

ht_code_t ht_gather(ht_gatherer_t* gatherer, ht_sample_t* sample, const ht_clock_t* clock,
                    const ht_log_t* log) {
  CClock asked(clock);
  CLog told(log);
  return to_c(gather(find<CSources>(gatherer).sources(), find<Sample>(sample), asked, told));
}
