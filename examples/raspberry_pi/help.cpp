// SPDX-License-Identifier: Apache-2.0
#include "help.hpp"

namespace here_tracking::cli {
namespace {

constexpr std::string_view program_help = R"(Talks to HERE Tracking on behalf of one device.

Usage: here-tracking [OPTION]... COMMAND [OPTION]...

Commands:
  time     Show the server's time and how far this machine's clock is off
  token    Get an access token, or reuse the stored one; show what is left of it
  sample   Gather once from the sources and print the telemetry; send nothing
  send     Gather once, send it, print the desired shadow that comes back
Each has its own help: here-tracking send --help

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
  --state-dir DIR     Keeps token and time offset between calls.
                      Default: $STATE_DIRECTORY, $XDG_STATE_HOME/here-tracking
                      or ~/.local/state/here-tracking
                      [HERE_TRACKING_STATE_DIR] (state_dir)
  --config FILE       Lines of key = value
  --json              Print the result as one JSON object
  -v, --verbose       Say on standard error what happens
  -h, --help          Show this
  --version           Show the version
Flags win over [environment variables], these over (keys of the config file).

Exit codes:
  0  Done
  1  This machine: standard output, clock, random numbers, memory
  2  Usage: a flag, a source or what is in it
  3  Configuration: config file, URL, CA file, state directory
  4  Credentials: missing, unreadable, or refused by the service
  5  The device is not claimed yet
  6  Network or TLS
  7  Refused by the service, or its answer cannot be used
  8  Too many requests; the error says when to try again
  9  The service has a problem

Examples:
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

constexpr std::string_view sources_help = R"(
Sources, each as often as you like, --payload once:
  --nmea FILE|-       The last valid fix of a recorded NMEA 0183 log, or of
                      standard input up to its end (nmea)
  --gpsd [HOST:PORT]  The next fix of gpsd, waited for up to 10 s.
                      Default: localhost:2947 (gpsd)
  --scan FILE         Cells, WLAN access points, Bluetooth beacons: JSON in the
                      shape of the service's scan object (scan)
  --system FILE       Client, SIM and sensors: JSON in the form of the service's
                      system object (system)
  --payload JSON      An object of your own, up to 1000 bytes (payload)
Of --nmea and --gpsd the first that has a fix gives the position. If one source
is given here, those of the config file do not count. A source that has nothing
is a warning.

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
    R"(Gathers once from the sources, sends it, and prints the desired shadow as JSON:
what the owner wants of this device; {} if there is nothing. A first call makes
three requests, later ones one. Without a source it sends the time alone. Client
and SIM of --system go out once after each boot, and when they have changed.

Usage: here-tracking [OPTION]... send [SOURCE]... [--async] [--show-passwords]

  --async             Do not ask for the shadow: saves the bytes of the answer
  --show-passwords    Print WLAN passwords in the shadow, not ******** instead
)";
constexpr std::string_view send_examples = R"(
Examples:
  here-tracking --credentials device.conf send --gpsd
  here-tracking --config /etc/here-tracking/config send
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
  if (command == "send") return std::string(send_help).append(sources_help).append(send_examples);
  return std::string(program_help);
}

}  // namespace here_tracking::cli
