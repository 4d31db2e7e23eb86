# SPDX-License-Identifier: Apache-2.0
"""Usage: nmea_log.py compare LOG TELEMETRY_JSON LEAST
       nmea_log.py make moving|lost|two_dimensional|simulated > LOG

compare: each position in the telemetry of the emulator must be that of a line of the log which has a
right checksum and says that it is valid, in the order of the log, which may have been replayed; at
least so many different ones. Prints the first that is not."""
import json
import sys


def checksum(text):
    total = 0
    for character in text:
        total ^= ord(character)
    return f"{total:02X}"


def angle(text, hemisphere):
    degrees, minutes = divmod(float(text), 100)
    value = degrees + minutes / 60
    return -value if hemisphere in "SW" else value


def epochs(log):
    """What the valid lines say, in their order: a dictionary each time of day."""
    found = []
    for line in log:
        text, star, end = line.strip().lstrip("$").partition("*")
        if star == "" or checksum(text) != end:
            continue
        fields = text.split(",")
        kind = fields[0][2:]
        if kind not in ("RMC", "GGA"):
            continue
        if not found or found[-1]["time"] != fields[1]:
            found.append({"time": fields[1], "valid": True})
        epoch = found[-1]
        if kind == "RMC":
            epoch["valid"] = epoch["valid"] and fields[2] == "A" and fields[12] not in ("S", "M", "E")
            if fields[2] == "A":
                epoch["lat"] = angle(fields[3], fields[4])
                epoch["lng"] = angle(fields[5], fields[6])
                epoch["speed"] = float(fields[7]) * 1852 / 3600
                epoch["heading"] = float(fields[8])
        else:
            epoch["valid"] = epoch["valid"] and fields[6] in ("1", "2", "3", "4", "5")
            if fields[9] and fields[11]:
                epoch["alt"] = float(fields[9]) + float(fields[11])
    return [epoch for epoch in found if epoch["valid"] and "lat" in epoch]


def agrees(position, epoch):
    """Coordinates to 1e-7 degrees, the rest as whole as the service has it."""
    def near(name, expected, tolerance):
        return name not in position or (expected is not None
                                        and abs(position[name] - expected) <= tolerance)
    return (abs(position["lat"] - epoch["lat"]) < 1.1e-7
            and abs(position["lng"] - epoch["lng"]) < 1.1e-7
            and near("alt", epoch.get("alt"), 0.06)
            and near("speed", epoch["speed"], 0.51) and near("heading", epoch["heading"], 0.51)
            and ("speed" in position) == (epoch["speed"] >= 0.5)
            and 0 < position["accuracy"] and position.get("satellitecount", 1) > 0)


def compare(log, telemetry, least):
    expected = epochs(log)
    received = [item["data"]["position"] for item in telemetry if "position" in item["data"]]
    at = None
    different = 0
    for number, position in enumerate(received):
        matching = [i for i, epoch in enumerate(expected) if agrees(position, epoch)]
        if not matching:
            sys.exit(f"position {number}, {position}, is in no valid line of the log")
        # Forward, or around the end of the log: the way must be shorter than half of it.
        way = 0 if at is None else (matching[0] - at) % len(expected)
        if way > len(expected) * 0.75:
            sys.exit(f"position {number}, {position}, is older than the one before it")
        different += at is None or way > 0
        at = matching[0]
    if different < least:
        sys.exit(f"{different} of {len(received)} positions are different, not {least}")
    print(f"{len(received)} positions, {different} different, all in the log")


def make(kind):
    def say(text):
        print(f"${text}*{checksum(text)}", end="\r\n")
    for i in range(120):
        time = f"12{i // 60:02}{i % 60:02}.00"
        place = f"5230.{i * 600 + 100:05},N,01322.{67288 - i * 100:05},E"
        motion = "14.500,315.00"
        if kind == "lost":
            say(f"GPRMC,{time},V,,,,,,,140326,,,N")
            say(f"GPGGA,{time},,,,,0,00,99.99,,,,,,")
            continue
        mode, quality = ("S", "8") if kind == "simulated" else ("A", "1")
        flat = kind == "two_dimensional"
        say(f"GPRMC,{time},A,{place},{motion},140326,,,{mode}")
        say(f"GPGGA,{time},{place},{quality}," +
            ("03,2.10,,,,,," if flat else "09,0.95,36.2,M,39.4,M,,"))
        say("GPGSA,A,2,02,05,07,,,,,,,,,,2.90,2.10,2.00" if flat else
            "GPGSA,A,3,02,05,07,13,15,20,28,30,21,,,,1.80,0.95,1.53")
        say("GPGSV,3,1,10,02,79,194,31,05,30,125,30,07,24,319,36,13,06,181,34")
        say("GPGSV,3,2,10,15,80,015,40,20,25,140,25,28,81,196,29,30,75,030,35")
        say("GPGSV,3,3,10,21,62,237,38,09,18,153,42")


if sys.argv[1] == "make":
    make(sys.argv[2])
else:
    with open(sys.argv[2], encoding="latin-1") as log_file, open(sys.argv[3], encoding="utf-8") as items:
        compare(log_file, json.load(items), int(sys.argv[4]))
