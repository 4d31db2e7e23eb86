/* SPDX-License-Identifier: Apache-2.0 */
/* What lwIP asks of a compiler and a machine. */
#ifndef HERE_TRACKING_CORTEX_M_CC_H
#define HERE_TRACKING_CORTEX_M_CC_H

#ifdef __cplusplus
extern "C" {
#endif

unsigned int board_random(void);
void board_assert(const char* what);

#ifdef __cplusplus
}
#endif

#define BYTE_ORDER LITTLE_ENDIAN
#define LWIP_RAND() board_random()
#define LWIP_PLATFORM_DIAG(arguments)
#define LWIP_PLATFORM_ASSERT(what) board_assert(what)

#endif
