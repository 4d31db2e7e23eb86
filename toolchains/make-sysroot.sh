#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
set -euo pipefail

usage() {
  cat <<'END'
Usage: toolchains/make-sysroot.sh armhf|arm64|cortex-m4|firmware|vm...

Makes build/sysroot/TARGET, the headers and libraries that the toolchain file
of the same name compiles against.

  armhf, arm64  Debian packages of that architecture, unpacked from the apt
                sources of this machine. Its own dpkg is left alone.
  cortex-m4     links to the mbedTLS headers of this machine, and to RapidJSON's
                where they are, for tests/footprint/.
  firmware      sources of mbedTLS and lwIP for examples/cortex_m: Debian source
                packages from the same apt sources, patched and unpacked.
  vm            what tests/vm/run.sh boots: Debian packages of amd64, with the
                kernel, unpacked.

Needs no root. Does nothing when the directory is up to date.
END
}

die() {
  echo "make-sysroot.sh: $*" >&2
  exit 1
}

packages=(
  catch2
  libc6-dev
  libcli11-dev
  libcpp-httplib-dev
  libcurl4-openssl-dev
  libgcc-s1
  libmbedtls-dev
  libnl-genl-3-dev
  libssl-dev
  libstdc++6
  libsystemd-dev
  libvalijson-dev
  nlohmann-json3-dev
  rapidjson-dev
  zlib1g-dev
)

source_packages=(lwip mbedtls)

# With them comes what the CLI is linked to.
vm_packages=(
  bluez
  busybox-static
  dbus-daemon
  dbus-system-bus-common
  hostapd
  iw
  jq
  libcurl4
  libmbedcrypto7
  libnl-genl-3-200
  libstdc++6
  libsystemd0
  linux-image-amd64
  network-manager
  python3-minimal
  wpasupplicant
)

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
sysroots="${root}/build/sysroot"

# An apt of its own in DIRECTORY.apt, with the package lists read; the system's is left alone.
prepare_apt() { # ARCHITECTURE DIRECTORY
  local arch=$1 target=$2
  local apt_dir="${target}.apt"
  mkdir -p "${apt_dir}"/{state/lists/partial,cache/archives/partial,log,sources} "${target}"
  : >"${apt_dir}/status"
  cat >"${apt_dir}/apt.conf" <<END
#clear APT::Architectures;
#clear APT::Update::Pre-Invoke;
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Pre-Invoke;
#clear DPkg::Post-Invoke;
#clear DPkg::Pre-Install-Pkgs;
APT::Architecture "${arch}";
APT::Architectures { "${arch}"; };
APT::Install-Recommends "false";
APT::Sandbox::User "root";
Acquire::Languages "none";
Acquire::Retries "3";
Debug::NoLocking "true";
Dir::State "${apt_dir}/state";
Dir::State::status "${apt_dir}/status";
Dir::Cache "${apt_dir}/cache";
Dir::Log "${apt_dir}/log";
END
  if [[ ${arch} == source ]]; then
    source_apt "${apt_dir}"
  fi
  echo "${arch}: reading the package lists of this machine's apt sources"
  # A source that does not serve this architecture must not stop the others.
  if ! apt-get -q -q -c "${apt_dir}/apt.conf" update 2>"${apt_dir}/update.log"; then
    cat "${apt_dir}/update.log" >&2
    echo "${arch}: an apt source could not be read; going on with the others" >&2
    cp "${apt_dir}/update.log" "${target}/.incomplete"
  fi
}

# The same sources, asked for source packages. They have no architecture.
source_apt() { # APT_DIRECTORY
  local apt_dir=$1 file
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [[ -f ${file} ]] || continue
    sed -E -n 's/^deb(-src)? /deb-src /p' "${file}" | sort -u >"${apt_dir}/sources/${file##*/}"
  done
  [[ ! -f ${apt_dir}/sources/sources.list ]] ||
    mv "${apt_dir}/sources/sources.list" "${apt_dir}/sources/main.list"
  for file in /etc/apt/sources.list.d/*.sources; do
    [[ -f ${file} ]] || continue
    sed -E 's/^Types:.*/Types: deb-src/' "${file}" >"${apt_dir}/sources/${file##*/}"
  done
  sed -i '/^APT::Architecture/d' "${apt_dir}/apt.conf"
  printf 'Dir::Etc::sourcelist "/dev/null";\nDir::Etc::sourceparts "%s";\n' \
    "${apt_dir}/sources" >>"${apt_dir}/apt.conf"
}

unpack_sources() { # DIRECTORY
  local target=$1 name unpacked
  local apt_dir="${target}.apt"
  command -v dpkg-source >/dev/null || die "dpkg-source is missing; install dpkg-dev"
  prepare_apt source "${target}"
  echo "source: downloading packages"
  (cd "${apt_dir}/cache" && apt-get -q -q -c "${apt_dir}/apt.conf" source "${source_packages[@]}") \
    >"${apt_dir}/source.log" 2>&1 || {
    cat "${apt_dir}/source.log" >&2
    die "apt could not fetch the source packages; check that its sources serve them"
  }
  for name in "${source_packages[@]}"; do
    unpacked=("${apt_dir}/cache/${name}"-*/)
    mv "${unpacked[0]}" "${target}/${name}"
  done
  rm -rf "${apt_dir}"
}

# What dpkg-shlibdeps wants to know of a package that is installed.
record() { # DEB ADMIN_DIRECTORY
  local name file
  name=$(dpkg-deb --field "$1" Package)
  {
    dpkg-deb --field "$1"
    printf 'Status: install ok installed\n\n'
  } >>"$2/status"
  [[ $(dpkg-deb --field "$1" Multi-Arch) != same ]] || name+=:$(dpkg-deb --field "$1" Architecture)
  dpkg-deb --fsys-tarfile "$1" | tar --list | sed -e 's/^\.//' -e 's|/$||' -e '/^$/d' \
    >"$2/info/${name}.list"
  dpkg-deb --control "$1" "$2/control"
  for file in symbols shlibs; do
    [[ ! -f $2/control/${file} ]] || cp "$2/control/${file}" "$2/info/${name}.${file}"
  done
  rm -r "$2/control"
}

unpack_debian() { # ARCHITECTURE DIRECTORY PACKAGE...
  local arch=$1 target=$2
  local apt_dir="${target}.apt"
  prepare_apt "${arch}" "${target}"
  echo "${arch}: downloading packages"
  apt-get -q -q -c "${apt_dir}/apt.conf" --download-only --yes install "${@:3}" \
    >"${apt_dir}/install.log" 2>&1 || {
    cat "${apt_dir}/install.log" >&2
    die "apt could not fetch the ${arch} packages; check that its sources serve ${arch}"
  }
  local deb
  mkdir -p "${target}/.dpkg/info"
  echo 1 >"${target}/.dpkg/info/format"
  for deb in "${apt_dir}"/cache/archives/*.deb; do
    dpkg-deb -x "${deb}" "${target}"
    record "${deb}" "${target}/.dpkg"
  done
  local link
  while IFS= read -r -d '' link; do
    ln -sfn "$(realpath -ms --relative-to="$(dirname "${link}")" \
      "${target}$(readlink "${link}")")" "${link}"
  done < <(find "${target}" -type l -lname '/*' -print0)
  rm -rf "${apt_dir}"
}

link_headers() { # DIRECTORY
  mkdir -p "$1/include"
  [[ -d /usr/include/mbedtls ]] || die "/usr/include/mbedtls is missing; install libmbedtls-dev"
  ln -s /usr/include/mbedtls "$1/include/mbedtls"
  [[ ! -d /usr/include/rapidjson ]] || ln -s /usr/include/rapidjson "$1/include/rapidjson"
}

make_sysroot() { # TARGET
  local target=$1 wanted
  wanted=$(sha256sum <"${BASH_SOURCE[0]}")
  if [[ -f ${sysroots}/${target}/.stamp && $(<"${sysroots}/${target}/.stamp") == "${wanted}" ]]; then
    echo "${target}: up to date"
    if [[ -f ${sysroots}/${target}/.incomplete ]]; then
      echo "${target}: an apt source could not be read when it was made (see" \
        "build/sysroot/${target}/.incomplete); delete the directory to try again"
    fi
    return
  fi
  local work="${sysroots}/.${target}.new"
  rm -rf "${work}" "${work}.apt"
  mkdir -p "${work}"
  case ${target} in
    armhf | arm64) unpack_debian "${target}" "${work}" "${packages[@]}" ;;
    cortex-m4) link_headers "${work}" ;;
    firmware) unpack_sources "${work}" ;;
    vm) unpack_debian amd64 "${work}" "${vm_packages[@]}" ;;
  esac
  printf '%s\n' "${wanted}" >"${work}/.stamp"
  rm -rf "${sysroots:?}/${target}"
  mv "${work}" "${sysroots}/${target}"
  echo "${target}: made build/sysroot/${target} ($(du -sh "${sysroots}/${target}" | cut -f1))"
}

[[ $# -gt 0 ]] || {
  usage >&2
  exit 2
}
for target in "$@"; do
  case ${target} in
    -h | --help)
      usage
      exit 0
      ;;
    armhf | arm64 | cortex-m4 | firmware | vm) ;;
    *) die "'${target}' is not a target; give armhf, arm64, cortex-m4, firmware or vm" ;;
  esac
done

mkdir -p "${sysroots}"
exec 9>"${sysroots}/.lock"
flock 9
for target in "$@"; do
  make_sysroot "${target}"
done
