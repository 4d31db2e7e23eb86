# SPDX-License-Identifier: Apache-2.0
"""Usage: network_manager.py READY_FILE SCENARIO
NetworkManager's side of scans, org.freedesktop.NetworkManager. The scenario is a JSON
object:
  devices  [{"interface": "standin0", "type": 2, "state": 100}]
  known    access points before a scan, found: after it. Members: mac, ssid in hex,
           strength, frequency, age (s; null: never seen), mode, connected
  scan     ok; silent: it never ends; die: it ends the daemon; deny: polkit forbids
           it; too_soon: there was one a moment ago; busy: one is on its way"""
import json
import os
import sys
import time

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "org.freedesktop.NetworkManager"
PATH = "/org/freedesktop/NetworkManager"
WIRELESS = NAME + ".Device.Wireless"
PROPERTIES = "org.freedesktop.DBus.Properties"
scenario = {"devices": [{"interface": "standin0"}], "known": [], "found": [], "scan": "ok"}
scenario.update(json.loads(sys.argv[2]))


def now_ms():
    return int(time.clock_gettime(time.CLOCK_BOOTTIME) * 1000)


class Root(dbus.service.Object):
    @dbus.service.method(NAME, out_signature="ao")
    def GetDevices(self):
        return [device.path for device in devices]


class AccessPoint(dbus.service.Object):
    def __init__(self, path, access_point):
        super().__init__(bus, path)
        self.path = path
        self.access_point = access_point

    @dbus.service.method(PROPERTIES, in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        assert interface == NAME + ".AccessPoint"
        age = self.access_point.get("age", 0)
        ssid = bytes.fromhex(self.access_point.get("ssid", ""))
        return {
            "Flags": dbus.UInt32(1),
            "WpaFlags": dbus.UInt32(0),
            "RsnFlags": dbus.UInt32(392),
            "Ssid": dbus.Array([dbus.Byte(byte) for byte in ssid], signature="y"),
            "Frequency": dbus.UInt32(self.access_point.get("frequency", 2412)),
            "HwAddress": self.access_point["mac"],
            "Mode": dbus.UInt32(self.access_point.get("mode", 2)),
            "MaxBitrate": dbus.UInt32(270000),
            "Strength": dbus.Byte(self.access_point["strength"]),
            "LastSeen": dbus.Int32(-1 if age is None else now_ms() // 1000 - age),
        }


class Device(dbus.service.Object):
    def __init__(self, index, device):
        self.path = f"{PATH}/Devices/{index}"
        super().__init__(bus, self.path)
        self.device = device
        self.access_points = []
        self.last_scan = now_ms() - (3000 if scenario["scan"] == "too_soon" else 120000)
        self.add(scenario["known"])

    def add(self, access_points):
        for access_point in access_points:
            path = f"{self.path}/AccessPoint/{len(self.access_points)}"
            self.access_points.append(AccessPoint(path, access_point))

    @dbus.service.method(WIRELESS, in_signature="a{sv}")
    def RequestScan(self, options):
        how = scenario["scan"]
        if how == "deny":
            raise dbus.DBusException("Not authorized to perform this operation.",
                                     name=NAME + ".PermissionDenied")
        if how == "die":
            GLib.timeout_add(50, os._exit, 0)
        if how in ("ok", "busy"):
            GLib.timeout_add(50, self.finish)
        if how in ("busy", "too_soon"):
            raise dbus.DBusException("Scanning not allowed", name=NAME + ".Device.NotAllowed")

    def finish(self):
        self.add(scenario["found"])
        # What has nothing to do with it comes as well.
        self.PropertiesChanged(NAME + ".Device", {"State": dbus.UInt32(100)}, [])
        self.PropertiesChanged(WIRELESS, {"Bitrate": dbus.UInt32(130000)}, [])
        self.last_scan = now_ms()
        self.PropertiesChanged(WIRELESS, {"LastScan": dbus.Int64(self.last_scan)}, [])
        return False

    @dbus.service.signal(PROPERTIES, signature="sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass

    @dbus.service.method(WIRELESS, out_signature="ao")
    def GetAllAccessPoints(self):
        return [access_point.path for access_point in self.access_points]

    @dbus.service.method(PROPERTIES, in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        assert interface == WIRELESS
        connected = [each.path for each in self.access_points if each.access_point.get("connected")]
        return {"LastScan": dbus.Int64(self.last_scan),
                "ActiveAccessPoint": dbus.ObjectPath((connected + ["/"])[0])}[name]

    @dbus.service.method(PROPERTIES, in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        assert interface == NAME + ".Device"
        return {"DeviceType": dbus.UInt32(self.device.get("type", 2)),
                "State": dbus.UInt32(self.device.get("state", 100)),
                "Interface": self.device["interface"]}


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
root = Root(bus, PATH)
devices = [Device(i, device) for i, device in enumerate(scenario["devices"])]
owned = dbus.service.BusName(NAME, bus)
with open(sys.argv[1], "w", encoding="ascii"):
    pass
GLib.MainLoop().run()
