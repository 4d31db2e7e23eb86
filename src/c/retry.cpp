// SPDX-License-Identifier: Apache-2.0
#include "here_tracking/retry.hpp"

#include "c/convert.hpp"
#include "c/settings.hpp"

using namespace here_tracking;
using namespace here_tracking::c;

void ht_retry_init(ht_retry_t* retry, const ht_retry_config_t* config) {
  make<RetryPolicy>(*retry, config != nullptr ? from_c(*config) : RetryConfig());
}

ht_retry_verdict_t ht_retry_after(ht_retry_t* retry, ht_code_t code, ht_opt_u32_t retry_after_s,
                                  uint32_t random) {
  const RetryVerdict verdict =
      find<RetryPolicy>(retry).after(from_c(code), from_c(retry_after_s), random);
  return {static_cast<ht_advice_t>(verdict.advice), verdict.wait_ms, verdict.changed};
}

uint32_t ht_retry_next_report_ms(ht_retry_t* retry, uint32_t interval_ms, uint32_t random) {
  return find<RetryPolicy>(retry).next_report_ms(interval_ms, random);
}

ht_connection_t ht_retry_connection(const ht_retry_t* retry) {
  return static_cast<ht_connection_t>(find<RetryPolicy>(retry).connection());
}

uint8_t ht_retry_failures(const ht_retry_t* retry) {
  return find<RetryPolicy>(retry).failures();
}
