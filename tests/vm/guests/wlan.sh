# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Access points of hostapd on simulated radios, found through the kernel and wpa_supplicant.
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
hostapd -B /tmp/wlan1.conf /tmp/wlan2.conf /tmp/wlan3.conf /tmp/wlan4.conf >/tmp/hostapd.log
are_on() { [ "$(iw dev | grep -c 'type AP')" -eq 4 ] && [ "$(iw dev | grep -c channel)" -ge 4 ]; }
check "hostapd's access points are on" within 60 are_on
mac_of() { tr -d '\n' <"/sys/class/net/$1/address"; }
found='[.scan.wlan[].mac] | sort | join(" ")'
all="$(mac_of wlan1) $(mac_of wlan3) $(mac_of wlan4)"

echo "# the kernel"
run sample --verbose --wlan
check "root scans, and finds all that did not opt out" out_is "${found} == \"${all}\""
check "their power is in dBm" out_is '[.scan.wlan[].powrx] | all(. < 0 and . > -100)'
check "their band is known" out_is '[.scan.wlan[].band] | all(. == 2.4)'
check "who opted out is counted" err_has "1 measurement was left out, as the owner wishes"
check "who scanned is told" err_has "WLAN: scanned by the kernel, wlan0"
run_as_nobody "sample --wlan"
check "what root's scan has left anybody may read" out_is "${found} == \"${all}\""
check "who may not scan is told so" err_has "WLAN: the kernel, wlan0: has no right to scan"
run sample --wlan wlan7
check "an interface that is not there" err_has "WLAN: there is no WLAN interface wlan7"
run sample --wlan wlan1
check "an interface that is an access point cannot scan" err_has "WLAN: the kernel, wlan1: scan: "
ip link set wlan0 down
run sample --wlan wlan0
check "an interface that is down" err_has "wlan0 is down; ip link set wlan0 up"
ip link set wlan0 up
sleep 31
run_as_nobody "sample --wlan"
check "what was heard half a minute ago is not sent" out_is 'has("scan") | not'
check "and that nothing is in sight is told" err_has "WLAN: no access point in sight"

echo "# wpa_supplicant"
mkdir -p /run/dbus
dbus-daemon --system --fork
echo >/tmp/wpa.conf
wpa_supplicant -B -u -P /run/wpa.pid -D nl80211 -i wlan0 -c /tmp/wpa.conf >/tmp/wpa.log
run sample --verbose --wlan
check "it scans, and finds all that did not opt out" out_is "${found} == \"${all}\""
check "their power is in dBm" out_is '[.scan.wlan[].powrx] | all(. < 0 and . > -100)'
check "who scanned is told" err_has "WLAN: scanned by wpa_supplicant, wlan0"
run_as_nobody "sample --wlan"
check "whom it does not let in the kernel tells" out_is "${found} == \"${all}\""
check "with the reason" \
  err_has "WLAN: wpa_supplicant does not let this user in; run as root, or allow it in polkit"
supplicant=$(cat /run/wpa.pid)
kill "${supplicant}"
gone() { [ ! -e "/proc/$1" ]; }
check "it ends" within 30 gone "${supplicant}"
ip link set wlan0 up
run sample --verbose --wlan
check "without it the kernel scans" err_has "WLAN: scanned by the kernel, wlan0"
check "and finds the same" out_is "${found} == \"${all}\""

finish
