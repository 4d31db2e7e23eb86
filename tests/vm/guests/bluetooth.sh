# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# The real BlueZ, with controllers of its own emulator, one of which listens to the others. The
# emulator knows no signal strength (127), so what is heard may not come out as a beacon.
# modules: hci_vhci algif_hash algif_skcipher cmac ecb aes_generic
# shellcheck source=tests/vm/checks.sh
. /tests/checks.sh

mkdir -p /run/dbus /var/lib/bluetooth
dbus-daemon --system --fork
for module in algif_hash algif_skcipher cmac ecb aes_generic hci_vhci; do modprobe "${module}"; done
btvirt -l3 >/tmp/btvirt.log 2>&1 &
there_are() { [ "$(find /sys/class/bluetooth -name 'hci?' | wc -l)" -eq 3 ]; }
check "the controllers are there" within 60 there_are
bluez=
start_bluez() {
  bluetoothd -n -d >/tmp/bluetoothd.log 2>&1 &
  bluez=$!
}
bluez_said() { grep -E -q -- "$1" /tmp/bluetoothd.log; }
property() { # Get|Set ADAPTER [VALUE]: whether it is switched on
  dbus-send --system --print-reply --dest=org.bluez "/org/bluez/hci$2" \
    "org.freedesktop.DBus.Properties.$1" string:org.bluez.Adapter1 string:Powered ${3:+"variant:boolean:$3"}
}
is_powered() { property Get "$1" 2>/dev/null | grep -q 'boolean true'; }
sample() {
  : >/tmp/bluetoothd.log
  run sample --bluetooth hci0
}
no_warning() { ! grep -q 'warning: bluetooth' /tmp/err; }
no_beacon() { out_is 'has("scan") | not'; }

sample
check "BlueZ that is not there is told" err_has "BlueZ is not on the system bus"
start_bluez
check "BlueZ takes the controllers" within 60 is_powered 2
is_off() { property Get 0 | grep -q 'boolean false'; }
property Set 0 false >/dev/null
sample
check "an adapter that is off is told" err_has "bluetooth: the adapter is switched off"
check "and left so" is_off
property Set 0 true >/dev/null
check "until it is switched on" within 30 is_powered 0

sample
check "a scan is taken without a warning" no_warning
check "it is of Low Energy, with duplicates" bluez_said 'transport: 6 .*duplicate data: true'
check "it starts" bluez_said 'start_discovery_complete\(\) status 0x00'
check "and ends" bluez_said 'stop_discovery_complete\(\) status 0x00'
hears() {
  btmgmt --index 1 add-adv -d 1aff4c000215f7826da64fa24e988024bc5b71e0893e0102a1b2c5 1 \
    </dev/null >/tmp/btmgmt.log 2>&1
  sample
  bluez_said '/org/bluez/hci0/dev_'
}
check "a beacon is heard" within 120 hears
check "but nobody knows how strongly" no_beacon
run_as_nobody "sample --bluetooth hci0"
check "anybody may scan" no_warning

bluetoothctl --timeout 30 scan on >/dev/null 2>&1 &
sleep 3
sample
check "so does another program at the same time" no_warning

(sleep 4 && kill -9 "${bluez}") &
run sample --bluetooth hci0
check "BlueZ that dies in the midst of it is told" \
  err_has "BlueZ went away in the midst of a scan"
start_bluez
check "BlueZ returns" within 60 is_powered 0
scans() { sample && no_warning; }
check "and scans" within 60 scans

finish
