#!/bin/busybox sh
# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# The first process of a machine of tests/vm/run.sh.
PATH=/usr/local/bin:/usr/bin:/usr/sbin:/bin:/sbin:/applets
export PATH HOME=/root
/bin/busybox mkdir -p /applets /proc /sys /dev /run /tmp /root /var/lib
/bin/busybox --install -s /applets
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
rm -rf /var/run
ln -s /run /var/run
mount -t tmpfs -o mode=1777 tmpfs /tmp
ip link set lo up
# What the scripts of the packages would have made.
printf '%s\n' root:x:0:0::/root:/bin/sh messagebus:x:100:100::/:/bin/false \
  nobody:x:65534:65534::/:/bin/false >/etc/passwd
printf '%s\n' root:x:0: messagebus:x:100: netdev:x:101: bluetooth:x:102: nogroup:x:65534: \
  >/etc/group
sh /tests/guest.sh 2>&1
poweroff -f
