# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Beacons around a controller that is a program, found through the kernel's Bluetooth and bluetoothd.
# modules: hci_vhci
# shellcheck source=tests/vm/checks.sh
. /tests/checks.sh

modprobe hci_vhci
plug_in() {
  python3 /tests/bluetooth_controller.py >/tmp/controller.log 2>&1 &
  controller=$!
}
start_bluetoothd() {
  /usr/libexec/bluetooth/bluetoothd -n >/tmp/bluetoothd.log 2>&1 &
  daemon=$!
}
end() { # PID
  kill "$1"
  wait "$1"
}
is_powered() { bluetoothctl show 2>/dev/null | grep -q 'Powered: yes'; }
around='[{"mac":"00:1a:7d:da:71:01","eddystoneId":"ABEiM0RVZneImaq7zN3u/w==","rss":-60},
  {"iBeaconId":"94Jtpk+iTpiAJLxbceCJPgECobI=","rss":-71},{"mac":"c4:7c:8d:00:00:04","rss":-84}]'
finds_all() { # [COMMAND]
  "${1:-run_as_root}" "sample --verbose --bluetooth" && out_is ".scan.bt == ${around}"
}
run_as_root() {
  # shellcheck disable=SC2086  # words
  run $1
}

plug_in
mkdir -p /run/dbus /var/lib/bluetooth
dbus-daemon --system --fork
start_bluetoothd
check "bluetoothd switches the adapter on" within 60 is_powered

check "beacons have the identities that last, the stronger ones first" within 60 finds_all
check "and are heard again" within 60 finds_all
check "also by who is not root" within 60 finds_all run_as_nobody

bluetoothctl power off >/dev/null
run sample --bluetooth
check "an adapter that is switched off is told" \
  err_has "bluetooth: the adapter is switched off; sudo rfkill unblock bluetooth; bluetoothctl power on"
is_off() { ! is_powered; }
check "and left so" is_off
bluetoothctl power on >/dev/null
check "switched on it hears" within 60 finds_all

end "${controller}"
is_told() { # TEXT
  run sample --bluetooth
  err_has "$1"
}
check "an adapter that is pulled out is told" within 60 is_told "bluetooth: there is no Bluetooth adapter"
plug_in
check "plugged in it hears" within 60 finds_all

end "${daemon}"
run sample --bluetooth
check "a bluetoothd that is away is told" err_has "bluetooth: BlueZ is not on the system bus"
start_bluetoothd
check "started anew it hears" within 60 finds_all

finish
