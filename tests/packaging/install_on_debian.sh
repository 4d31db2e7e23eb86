#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2016  # what stands in single quotes is for the container
set -euo pipefail

usage() {
  cat <<'END'
Usage: tests/packaging/install_on_debian.sh [EMULATOR]

Makes a clean Debian 12 in a directory, boots it with systemd in a container, and
does there, word by word, what examples/raspberry_pi/README.md tells the owner of
a Raspberry Pi; the local service stands in for HERE Tracking. Then it reboots,
leaves traces of root, kills, upgrades, and purges.

Needs root, debootstrap, systemd-nspawn (systemd-container), curl and jq; takes
the packages from build/packages (cmake/packages/build.sh), and the mirror from
this machine's apt. EMULATOR: default build/dev/examples/emulator/...
END
}
if [[ ${1:-} == -h || ${1:-} == --help ]]; then
  usage
  exit 0
fi

root=$(realpath "$(dirname "$0")/../..")
emulator=$(realpath "${1:-${root}/build/dev/examples/emulator/here-tracking-emulator}")
readme=${root}/examples/raspberry_pi/README.md
arch=$(dpkg --print-architecture)
die() {
  echo "install_on_debian.sh: $*" >&2
  exit 1
}
[[ $(id -u) -eq 0 ]] || die "needs root"
for tool in debootstrap systemd-nspawn curl jq; do
  command -v "${tool}" >/dev/null || die "${tool} is missing: apt-get install debootstrap systemd-container curl jq"
done
deb=$(find "${root}/build/packages" -maxdepth 1 -name "here-tracking_*_${arch}.deb" 2>/dev/null)
[[ -f ${deb} ]] || die "no package in build/packages: run cmake/packages/build.sh ${arch}"
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' 'Codename: bookworm' | head -n 1)
[[ -n ${mirror} ]] || die "this machine's apt has no bookworm"

# shellcheck source=tests/integration/emulator.sh
source "${root}/tests/integration/emulator.sh"

base=${root}/build/debian-12-${arch}
if [[ ! -f ${base}/.made ]]; then
  echo "making ${base}"
  rm -rf "${base}"
  debootstrap --variant=minbase --include=systemd-sysv,dbus,ca-certificates,sudo,curl bookworm "${base}" "${mirror}" \
    >"${work}/debootstrap.log" 2>&1 || {
    tail -n 20 "${work}/debootstrap.log" >&2
    die "debootstrap failed"
  }
  touch "${base}/.made"
fi
machine=${work}/machine
cp -a "${base}" "${machine}"
cp /etc/resolv.conf "${machine}/etc/resolv.conf"
cp /etc/apt/sources.list.d/* "${machine}/etc/apt/sources.list.d/" 2>/dev/null || true
printf '127.0.0.1 localhost %s\n::1 localhost\n' "$(uname -n)" >"${machine}/etc/hosts"

# The blocks of code below **Install**: what to do, and what to write where an editor opens.
block() { # NUMBER: of the section
  sed -n '/^\*\*Install\*\*/,/^\*\*Look\*\*/p' "${readme}" |
    awk -v wanted="$1" '/^```/ { if (open) open = 0; else { open = 1; n++ } next } open && n == wanted'
}
block 1 >"${machine}/install.sh"
block 2 | sed 's/^device_secret = .*/device_secret = the-secret-of-this-device/' >"${machine}/written"
if ! grep -q systemctl "${machine}/install.sh" || ! grep -q device_secret "${machine}/written"; then
  die "README.md has no longer an **Install** with commands and credentials"
fi
sed -n '/^\*\*Look\*\*/,/^`systemctl/p' "${readme}" | sed '/^```/d; /^\*\*/d; /^`/d' >"${machine}/look.sh"

start_emulator main --device \
  "$(sed -n 's/^device_id = //p' "${machine}/written"):the-secret-of-this-device"
cp "${ca}" "${machine}/ca.pem"
chmod 644 "${machine}/ca.pem"
mkdir -p "${machine}/etc/systemd/system/here-tracking.service.d" "${machine}/home/pi"
# All that is not as in the field.
cat >"${machine}/etc/systemd/system/here-tracking.service.d/local.conf" <<END
[Service]
Environment=HERE_TRACKING_URL=${url} HERE_TRACKING_CA_FILE=/ca.pem
END
cat >"${machine}/environment" <<END
export HERE_TRACKING_URL=${url} HERE_TRACKING_CA_FILE=/ca.pem control=${control} PAGER=cat SYSTEMD_PAGER=cat
END
echo 'Defaults env_keep += "HERE_TRACKING_URL HERE_TRACKING_CA_FILE SUDO_EDITOR"' >"${machine}/etc/sudoers.d/local"
cp "${deb}" "${machine}/home/pi/"
cp "${root}/examples/data/drive.nmea" "${machine}/drive.nmea"
printf '#!/bin/sh\ncat /written >"$1"\n' >"${machine}/usr/local/bin/editor-of-this-test"
chmod 755 "${machine}/usr/local/bin/editor-of-this-test"

cat >"${machine}/trial.sh" <<'END'
#!/bin/bash
# In the container, at each boot.
set -u
source /environment
export DEBIAN_FRONTEND=noninteractive SUDO_EDITOR=/usr/local/bin/editor-of-this-test
check() { # NAME COMMAND...
  local name=$1
  shift
  if "$@" >/out 2>&1; then
    echo "ok - ${name}"
  else
    echo "FAIL - ${name}"
    sed 's/^/       /' /out | tail -n 15
    echo failed >>/failed
  fi
}
within() { # SECONDS COMMAND...
  local end=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    ((SECONDS < end)) || return 1
    sleep 0.2
  done
}
is() { [[ $(systemctl show --property "$1" --value here-tracking) == $2 ]]; } # PROPERTY PATTERN
received() { curl -s "${control}/control/devices/7c0f3d52-1e7a-4b7c-9a55-0d6a3b1f2c4e/telemetry"; }
says() { eval "$1" 2>&1 | tee /said | grep -q -e "$2" || { cat /said; return 1; }; } # COMMAND PATTERN
feed() { # A receiver, on a serial line of the network.
  while :; do
    while IFS= read -r sentence; do
      printf '%s\r\n' "${sentence%$'\r'}" >/dev/udp/127.0.0.1/29470
      sleep 0.05
    done </drive.nmea
  done
}
cd /home/pi
# A container has a boot id of its own, which a service with a /proc of its own does not see.
while umount /proc/sys/kernel/random/boot_id 2>/dev/null; do :; done

if [[ ! -e /rebooted ]]; then
  touch /rebooted
  apt-get -q -q update >/dev/null 2>&1
  sed -i 's/^sudo apt install/sudo apt-get -q -q -y install/' /install.sh  # asked by nobody
  check "it is installed" bash -e -c "$(sed -n '/apt-get/p' /install.sh)"
  check "root may have a look before it ever ran" says 'sudo here-tracking doctor' '^pass  storage'
  check "started without credentials it says so" \
    says 'sudo systemctl start here-tracking' 'Assertion failed on job for here-tracking.service'
  check "README.md from the editor on" bash -e -c "$(sed '/apt-get/d' /install.sh)"
  check "it runs" is ActiveState active
  check "it tracks" within 60 says received '"timestamp"'
  check "systemd knows how it gets on" within 60 is StatusText 'online; 0 samples wait; last report 20*'
  sed -i 's|^DEVICES=.*|DEVICES="udp://127.0.0.1:29470"|; s|^GPSD_OPTIONS=.*|GPSD_OPTIONS="-n"|' /etc/default/gpsd
  check "its receiver is named where README.md says" systemctl restart gpsd.socket
  feed &
  check "gpsd has a fix" within 60 says 'sudo here-tracking sample' '"position"'
  check "README.md's look at it" bash -e /look.sh
  check "status sees it" says 'sudo here-tracking status' '^connection   online'
  check "doctor finds nothing wrong" sudo here-tracking doctor
  pid=$(systemctl show --property MainPID --value here-tracking)
  check "it has a user of its own" says "stat -c %U /proc/${pid}" '^here-tracking$'
  check "no capability" says "cat /proc/${pid}/status" 'CapBnd:[[:space:]]*0000000000000000'
  check "and a core dump of one byte" says "cat /proc/${pid}/limits" 'Max core file size *1 '
  check "nobody else sees the credentials" says 'setpriv --reuid=65534 --clear-groups cat /etc/here-tracking/credentials' denied
  systemctl reboot
  exit
fi

check "after a reboot it runs by itself" within 60 is ActiveState active
check "and tracks" within 60 is StatusText 'online; 0 samples wait; last report 20*'
systemctl stop here-tracking
check "what root has done in its place" sudo here-tracking send
check "is no hindrance" systemctl start here-tracking
check "and belongs to it" eval '[[ -z $(find /var/lib/private/here-tracking ! -user here-tracking) ]]'
check "it tracks as before" within 60 is StatusText 'online; 0 samples wait; last report 20*'
kill -KILL "$(systemctl show --property MainPID --value here-tracking)"
check "killed, it is started anew" within 90 is NRestarts 1
check "and goes on" within 60 is StatusText 'online; 0 samples wait; last report 20*'
check "its configuration is read anew" systemctl reload here-tracking
pid=$(systemctl show --property MainPID --value here-tracking)
check "it is upgraded" apt-get -q -q -y --reinstall install ./here-tracking_*.deb
check "which starts it anew" eval 'is ActiveState active && ! is MainPID "${pid}"'

check "others on the bus come" apt-get -q -q -y --no-install-recommends install polkitd modemmanager wpasupplicant
pid=$(systemctl show --property MainPID --value here-tracking)
check "ModemManager may be asked for cells" \
  pkcheck --action-id org.freedesktop.ModemManager1.Device.Control --process "${pid}"
check "but sends no messages" eval '! pkcheck --action-id org.freedesktop.ModemManager1.Messaging --process "${pid}"'
ask='busctl --no-pager call fi.w1.wpa_supplicant1 /fi/w1/wpa_supplicant1 org.freedesktop.DBus.Properties Get ss fi.w1.wpa_supplicant1 Interfaces'
as_service() { systemd-run --quiet --pipe --wait -p DynamicUser=yes -p User=here-tracking "$@"; }
# Its unit does not start in a container. Without a modem the call fails, but for another reason.
/usr/sbin/ModemManager >/dev/null 2>&1 &
cells='busctl --no-pager call org.freedesktop.ModemManager1 /org/freedesktop/ModemManager1/Modem/0 org.freedesktop.ModemManager1.Modem GetCellInfo'
check "ModemManager is there" within 60 busctl --no-pager status org.freedesktop.ModemManager1
denied() { "$@" 2>&1 | tee /said | grep -q "Access denied"; }
# shellcheck disable=SC2086  # words
check "D-Bus lets it ask for cells" eval '! denied as_service ${cells} && grep "Call failed" /said'
# shellcheck disable=SC2086  # words
check "and nobody else" denied setpriv --reuid=65534 --clear-groups ${cells}
systemctl reload dbus
systemctl start wpa_supplicant
groups=$(systemctl show --property SupplementaryGroups --value here-tracking)
# shellcheck disable=SC2086  # words
check "wpa_supplicant may be asked by its groups" as_service -p "SupplementaryGroups=${groups}" ${ask}
check "and without them it may not" eval '! as_service ${ask}'

check "it is purged" apt-get -q -q -y purge here-tracking
check "and nothing is left" eval '[[ -z $(find /etc /usr /var/lib ! -path "/var/lib/dpkg/*" -name "*here-tracking*" ! -path "*.service.d*") ]]'
touch /done
systemctl poweroff
END
chmod 755 "${machine}/trial.sh"
cat >"${machine}/etc/systemd/system/trial.service" <<'END'
[Unit]
After=network.target dbus.service
[Service]
Type=exec
Environment=HOME=/root
ExecStart=/trial.sh
StandardOutput=append:/trial.log
StandardError=inherit
[Install]
WantedBy=multi-user.target
END
mkdir -p "${machine}/etc/systemd/system/multi-user.target.wants"
ln -s ../trial.service "${machine}/etc/systemd/system/multi-user.target.wants/trial.service"
touch "${machine}/trial.log"
tail -n +1 -f "${machine}/trial.log" &
boot() {
  timeout 1200 systemd-nspawn --directory="${machine}" --register=no --keep-unit --boot --console=pipe --link-journal=no \
    </dev/null >>"${work}/nspawn.log" 2>&1 || true
}
boot
boot
sleep 1
[[ -f ${machine}/done && ! -f ${machine}/failed ]] || {
  tail -n 5 "${work}/nspawn.log" >&2
  die "not all of it went well"
}
echo "all passed"
