// SPDX-License-Identifier: Apache-2.0
#include "help.hpp"

namespace here_tracking::cli {
namespace {

constexpr std::string_view program_help = R"(Talks to HERE Tracking on behalf of one device.

Usage: here-tracking [OPTION]... COMMAND [OPTION]...

Commands:
  run      Track: measure, queue and send at the pace that the owner wants
  send     Gather once, send it, print the desired shadow that comes back
  sample   Gather once from the sources and print the telemetry; send nothing
  status   Show what waits, what was sent and lost, and how run gets on
  queue    export, purge, quarantine: what waits, and what was refused
  doctor   Look for what could keep this device from tracking
  time     Show the server's time and how far this machine's clock is off
  token    Get an access token, or reuse the stored one; show what is left of it
Each has its own help: here-tracking run --help

Options:
  --url URL           The service. Default: https://tracking.api.here.com
                      [HERE_TRACKING_URL] (url)
  --ca-file FILE      Trust these certificates (PEM) instead of the system's
                      [HERE_TRACKING_CA_FILE] (ca_file)
  --credentials FILE  Device id and secret, in a file with mode 600:
                        device_id = ...
                        device_secret = ...
                      [HERE_TRACKING_DEVICE_ID and HERE_TRACKING_DEVICE_SECRET]
                      (credentials)
  --state-dir DIR     Keeps token, time offset and the samples that wait.
                      Default: $STATE_DIRECTORY, $XDG_STATE_HOME/here-tracking
                      or ~/.local/state/here-tracking
                      [HERE_TRACKING_STATE_DIR] (state_dir)
  --config FILE       Lines of key = value. Default, if there is one:
                      /etc/here-tracking/here-tracking.conf
                      [HERE_TRACKING_CONFIG]
  --json              Print the result as one JSON object
  -v, --verbose       Say on standard error what happens
  -h, --help          Show this
  --version           Show the version
Flags win over [environment variables], these over (keys of the config file).

Exit codes:
  0  Done
  1  This machine: standard output, clock, random numbers, memory
  2  Usage: a flag, a source or what is in it
  3  Configuration: config file, URL, CA file; a state directory that cannot be
     used, or that another call uses
  4  Credentials: missing, unreadable, or refused by the service
  5  The device is not claimed yet
  6  Network or TLS
  7  Refused by the service, or its answer cannot be used
  8  Too many requests; the error says when to try again
  9  The service has a problem
 10  Not sent now, for a reason that passes; queued for the next send or run

Examples:
  here-tracking --config my.conf run
  here-tracking --credentials device.conf send --gpsd --scan scan.json
  here-tracking --json time
  here-tracking sample --nmea drive.nmea --payload '{"door":"open"}'
)";

constexpr std::string_view time_help =
    R"(Shows the server's time and how far this machine's clock is off. Always asks
the service; sets no clock. Needs no credentials.

Usage: here-tracking [OPTION]... time

With --json:
  {"server_time_ms":1767225600500,"system_clock_offset_ms":1200}
The offset is what this machine's clock must be moved by. The service tells
whole seconds, so half a second of it means nothing.

Options, exit codes: here-tracking --help
)";

constexpr std::string_view token_help =
    R"(Gets an access token, or reuses the stored one, and shows what is left of it.
Never shows the token itself. A first call makes two requests, later ones none.

Usage: here-tracking [OPTION]... token

With --json:
  {"expires_in_s":86398,"reused":false}

Options, exit codes: here-tracking --help
)";

constexpr std::string_view run_help =
    R"(Tracks until SIGTERM or SIGINT: measures, keeps each sample in a queue that no
power cut hurts, and sends what waits. When the network is away it goes on
measuring, and sends the rest when it is back. The pace is what the owner wants
(rate, powerSave in the desired shadow), else what is given here.

Usage: here-tracking [OPTION]... run [SOURCE]... [OPTION]...

  --sample-s S        Measure every S seconds. Default: 60 (sample_s)
  --send-s S          Send every S seconds. Default: 600 (send_s)
  --distance-m M      Send at once when moved farther. Default: 0, never
                      (distance_m)
)";
constexpr std::string_view run_end = R"(
A line on standard error tells of each report, of each change of the connection
with what helps, and of samples that are dropped. SIGHUP reads the config file
anew; while it is wrong, all stays as it was. Files of --nmea, --scan and
--system are read each time that they have changed.

Examples:
  here-tracking --config my.conf run
  here-tracking --credentials device.conf run --gpsd --sample-s 10 --send-s 60

Options, exit codes: here-tracking --help
)";

constexpr std::string_view queue_options_help = R"(
Samples that wait, in the directory queue of the state directory:
  --queue-mb N        Room for N MB, 2..256. Default: 8 (queue_mb)
  --when-full WHICH   Drop the oldest (default), the newest, or thin_out: every
                      second one of the oldest (when_full)
  --drain ORDER       oldest_first (default), or live_first: the present before
                      what waited (drain)
  --old-samples HOW   What the service refuses for its age: drop (default), or
                      restamp: send it with the present time, and its own in the
                      measurements (old_samples)
)";

constexpr std::string_view status_help =
    R"(Shows what waits in the queue, what was delivered and dropped since it exists,
whether run is running and how it gets on. Makes no request, and is in nobody's
way. Clock and token need credentials.

Usage: here-tracking [OPTION]... status

Options, exit codes: here-tracking --help
)";

constexpr std::string_view queue_help =
    R"(What waits to be sent, and what the service refused.

Usage: here-tracking [OPTION]... queue export [--quarantine]
       here-tracking [OPTION]... queue purge [--quarantine] [--yes]
       here-tracking [OPTION]... queue quarantine [--release]

  export              Print all that waits as a JSON array, oldest first. With
                      --quarantine what was refused, each with the reason
  purge               Remove all that waits, or with --quarantine what was
                      refused. Asks first, unless --yes is given
  quarantine          List what was refused: time, size, reason. With --release
                      put it back into the queue

export and quarantine may be used while run is running; purge and --release may
not, and say so.

Options, exit codes: here-tracking --help
)";

constexpr std::string_view doctor_help =
    R"(Looks for what could keep this device from tracking: name, connection, TLS,
service, clock, credentials, storage, queue, run, token, and each source by
itself.
A line each: pass, FAIL with what helps, or skip with the reason. May be used
while run is running; makes up to 3 requests.

Usage: here-tracking [OPTION]... doctor [SOURCE]...

The exit code is 0 when all passed, else that of the first failure.
)";
constexpr std::string_view doctor_end = R"(
Options, exit codes: here-tracking --help
)";

constexpr std::string_view sources_help = R"(
Sources, each as often as you like, --payload once:
  --nmea FILE|-       The last valid fix of a recorded NMEA 0183 log, or of
                      standard input up to its end (nmea)
  --gpsd [HOST:PORT]  The next fix of gpsd, waited for up to 10 s.
                      Default: localhost:2947 (gpsd)
  --modem             The cells that the modems see, from ModemManager, up to
                      10 s (modem = yes)
  --modem-identity    Who SIM and modem are: imsi, iccid, phone number, home
                      network, model. Personal data (modem_identity = yes)
  --wlan [INTERFACE]  WLAN access points in sight: a scan by wpa_supplicant,
                      NetworkManager or the kernel, up to 10 s.
                      Default: the first interface that can scan (wlan)
  --serial DEVICE[:BAUD]
                      The next fix of a receiver at a serial port that speaks
                      NMEA, waited for up to 10 s. Default: 9600 (serial)
  --bluetooth [ADAPTER]
                      Bluetooth beacons that BlueZ hears within 5 s. Default:
                      the first adapter that is switched on (bluetooth)
  --sensor KIND=WHERE A sensor of the kernel: battery, temperature, humidity,
                      pressure or acceleration, of a device named as in
                      /sys/class/hwmon/*/name, /sys/bus/iio/devices/*/name, or
                      by a path in /sys. battery alone: the device's (sensor)
  --scan FILE         Cells, WLAN access points, Bluetooth beacons: JSON in the
                      shape of the service's scan object (scan)
  --system FILE       Client, SIM and sensors: JSON in the form of the service's
                      system object (system)
  --payload JSON      An object of your own, up to 1000 bytes (payload)
Of --nmea, --gpsd and --serial the first that has a fix gives the position. If
one source is given here, those of the config file do not count. A source that
has nothing is a warning.

  --contribute-gps    Send gps of the scan too: it gives the scan and the place
                      where it was made to HERE's radio map
  --wide-lte-range    LTE signal levels in the range that the service has since
                      edition 2.6.11: rsrp from -156, rsrq from -34 to 3
)";

constexpr std::string_view sample_help =
    R"(Gathers once from the sources and prints the telemetry object as JSON, as send
would send it. Makes no request. The timestamp is server time if it is stored,
else this machine's; standard error says which.

Usage: here-tracking [OPTION]... sample [SOURCE]...
)";
constexpr std::string_view sample_examples = R"(
Examples:
  here-tracking sample --nmea drive.nmea --scan scan.json
  timeout 5 cat /dev/serial0 | here-tracking sample --nmea -

Options, exit codes: here-tracking --help
)";

constexpr std::string_view send_help =
    R"(Gathers once from the sources, sends it with all that waits, and prints the
desired shadow as JSON: what the owner wants of this device; {} if there is
nothing. What cannot be sent now stays in the queue for the next send or run. A
first call makes three requests, later ones one. Without a source it sends the
time alone. Client and SIM of --system go out once after each boot, and when
they have changed.

Usage: here-tracking [OPTION]... send [SOURCE]... [--async] [--show-passwords]

  --async             Do not ask for the shadow: saves the bytes of the answer
  --show-passwords    Print WLAN passwords in the shadow, not ******** instead
)";
constexpr std::string_view send_examples = R"(
Examples:
  here-tracking --credentials device.conf send --gpsd
  here-tracking --config my.conf send
  here-tracking send --scan scan.json --payload '{"door":"open"}' | jq .system
  here-tracking send --gpsd --scan scan.json --system system.json

Options, exit codes: here-tracking --help
)";

}  // namespace

std::string help(std::string_view command) {
  if (command == "time") return std::string(time_help);
  if (command == "token") return std::string(token_help);
  if (command == "sample")
    return std::string(sample_help).append(sources_help).append(sample_examples);
  if (command == "send") {
    return std::string(send_help)
        .append(queue_options_help)
        .append(sources_help)
        .append(send_examples);
  }
  if (command == "run") {
    return std::string(run_help).append(queue_options_help).append(sources_help).append(run_end);
  }
  if (command == "status") return std::string(status_help);
  if (command == "doctor") {
    return std::string(doctor_help).append(sources_help).append(doctor_end);
  }
  if (command.substr(0, 5) == "queue") return std::string(queue_help);
  return std::string(program_help);
}

}  // namespace here_tracking::cli
