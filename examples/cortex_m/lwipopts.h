/* SPDX-License-Identifier: Apache-2.0 */
/* lwIP without an operating system: one TCP connection over IPv4, DHCP, DNS. */
#ifndef HERE_TRACKING_CORTEX_M_LWIPOPTS_H
#define HERE_TRACKING_CORTEX_M_LWIPOPTS_H

#define NO_SYS 1
#define SYS_LIGHTWEIGHT_PROT 0 /* nothing is called from interrupts */
#define LWIP_NETCONN 0
#define LWIP_SOCKET 0
#define LWIP_STATS 1 /* of memory alone */
#define LINK_STATS 0
#define ETHARP_STATS 0
#define IP_STATS 0
#define IPFRAG_STATS 0
#define ICMP_STATS 0
#define UDP_STATS 0
#define TCP_STATS 0

#define LWIP_DHCP 1
#define LWIP_DNS 1
/* To the machine, QEMU's host is 10.0.2.2; its certificates say localhost. */
#define DNS_LOCAL_HOSTLIST 1
#define DNS_LOCAL_HOSTLIST_INIT \
  { DNS_LOCAL_HOSTLIST_ELEM("localhost", IPADDR4_INIT_BYTES(10, 0, 2, 2)) }

#define MEM_ALIGNMENT 4
#define MEM_SIZE (12 * 1024)
#define PBUF_POOL_SIZE 12
#define TCP_MSS 1460
#define TCP_WND (4 * TCP_MSS)
#define TCP_SND_BUF (4 * TCP_MSS)
#define TCP_SND_QUEUELEN 16
#define MEMP_NUM_TCP_SEG TCP_SND_QUEUELEN
/* One in use, others in TIME_WAIT. */
#define MEMP_NUM_TCP_PCB 4
#define MEMP_NUM_TCP_PCB_LISTEN 1

#endif
