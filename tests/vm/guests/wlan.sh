# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Access points of hostapd on simulated radios, found through the kernel, wpa_supplicant and
# NetworkManager.
# modules: mac80211_hwsim
# shellcheck source=tests/vm/checks.sh
. /tests/checks.sh

modprobe mac80211_hwsim radios=5
access_point() { # INTERFACE CHANNEL SETTING...
  file=/tmp/$1.conf
  printf '%s\n' "interface=$1" driver=nl80211 hw_mode=g "channel=$2" >"${file}"
  shift 2
  printf '%s\n' "$@" >>"${file}"
}
access_point wlan1 1 ssid=cafe
access_point wlan2 6 ssid=home_nomap
access_point wlan3 11 ssid=hidden ignore_broadcast_ssid=1
access_point wlan4 3 \
  ssid2=00ff5c220a8001020304050607080900112233445566778899aabbccddeeffe2
ip link set wlan0 up
mount -t debugfs debugfs /sys/kernel/debug
power() { # INTERFACE DBM, as others hear it, which is 20 more than its setting
  # What is below zero this kernel takes only in two's complement.
  printf '%u' $(($2 - 20)) >"/sys/kernel/debug/ieee80211/$(cat "/sys/class/net/$1/phy80211/name")/hwsim/rx_rssi"
}
power wlan1 -61
power wlan3 -77
power wlan4 -50
hostapd -B /tmp/wlan1.conf /tmp/wlan2.conf /tmp/wlan3.conf /tmp/wlan4.conf >/tmp/hostapd.log
are_on() { [ "$(iw dev | grep -c 'type AP')" -eq 4 ] && [ "$(iw dev | grep -c channel)" -ge 4 ]; }
check "hostapd's access points are on" within 60 are_on
mac_of() { tr -d '\n' <"/sys/class/net/$1/address"; }
found='[.scan.wlan[].mac] | join(" ")'
all="$(mac_of wlan4) $(mac_of wlan1) $(mac_of wlan3)"

# A beacon may be missed in an emulated machine: what several scans found is one list, for 30 s.
finds_all() { # [COMMAND]
  "${1:-run}" "sample --verbose --wlan" && out_is "${found} == \"${all}\""
}
run_as_root() {
  # shellcheck disable=SC2086  # words
  run $1
}
power_is_known() { out_is '[.scan.wlan[].powrx] | . == [-50, -61, -77]'; }

echo "# the kernel"
check "root scans, and finds all that did not opt out, stronger ones first" within 60 finds_all run_as_root
check "their power is in dBm" power_is_known
check "their band is known" out_is '[.scan.wlan[].band] | all(. == 2.4)'
check "who opted out is counted" err_has "1 measurement was left out, as the owner wishes"
check "who scanned is told" err_has "WLAN: scanned by the kernel, wlan0"
check "what root's scan has left anybody may read" finds_all run_as_nobody
check "who may not scan is told so" err_has "WLAN: the kernel, wlan0: has no right to scan"
run sample --wlan wlan7
check "an interface that is not there" err_has "WLAN: there is no WLAN interface wlan7"
run sample --wlan wlan1
check "an interface that is an access point cannot scan" err_has "WLAN: the kernel, wlan1: scan: "
ip link set wlan0 down
run sample --wlan wlan0
check "an interface that is down" err_has "wlan0 is down; ip link set wlan0 up"
ip link set wlan0 up
run sample --wlan
sleep 31
run_as_nobody "sample --wlan"
check "what was heard half a minute ago is not sent" out_is 'has("scan") | not'
check "and that nothing is in sight is told" err_has "WLAN: no access point in sight"

echo "# wpa_supplicant"
mkdir -p /run/dbus
dbus-daemon --system --fork
echo >/tmp/wpa.conf
wpa_supplicant -B -u -P /run/wpa.pid -D nl80211 -i wlan0 -c /tmp/wpa.conf >/tmp/wpa.log
check "it scans, and finds all that did not opt out" within 60 finds_all run_as_root
check "their power is in dBm" power_is_known
check "who scanned is told" err_has "WLAN: scanned by wpa_supplicant, wlan0"
check "whom it does not let in the kernel tells" finds_all run_as_nobody
check "with the reason" \
  err_has "WLAN: wpa_supplicant does not let this user in; run as root, or allow it in D-Bus and polkit"
supplicant=$(cat /run/wpa.pid)
kill "${supplicant}"
gone() { [ ! -e "/proc/$1" ]; }
check "it ends" within 30 gone "${supplicant}"
ip link set wlan0 up
check "without it the kernel scans" within 60 finds_all run_as_root
check "as is told" err_has "WLAN: scanned by the kernel, wlan0"

echo "# NetworkManager, which drives wpa_supplicant"
mkdir -p /var/lib/NetworkManager
printf '%s\n' '[main]' auth-polkit=false plugins=keyfile '[keyfile]' \
  'unmanaged-devices=interface-name:wlan1,interface-name:wlan2,interface-name:wlan3,interface-name:wlan4' \
  >/etc/NetworkManager/NetworkManager.conf
wpa_supplicant -B -u -P /run/wpa.pid >/tmp/wpa.log
# So it takes itself to be in a container, and waits for no udev.
mount -o remount,ro /sys
NetworkManager --no-daemon >/tmp/nm.log 2>&1 &
is_managed() { nmcli -t device 2>/dev/null | grep -q '^wlan0:wifi:disconnected'; }
check "it takes the interface" within 120 is_managed
check "whom wpa_supplicant does not let in it lets scan" within 60 finds_all run_as_nobody
check "its percentage is dBm again" power_is_known
check "who scanned is told" err_has "read from NetworkManager, wlan0"
check "root scans through the wpa_supplicant that it drives" within 60 finds_all run_as_root
check "as is told" err_has "WLAN: scanned by wpa_supplicant, wlan0"

finish
