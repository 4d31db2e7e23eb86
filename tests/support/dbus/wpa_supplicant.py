# SPDX-License-Identifier: Apache-2.0
"""Usage: wpa_supplicant.py READY_FILE SCENARIO
wpa_supplicant's side of fi.w1.wpa_supplicant1. The scenario is a JSON object:
  interfaces  names
  known       BSSs before a scan, found: after it. Members: bssid and ssid in hex,
              signal, frequency, age, mode; gone: it has expired when it is asked for
  scan        ok; busy: somebody else's is on its way; fail: it ends without result;
              silent: it never ends; hang: Scan gives no answer; die: it ends the
              daemon; deny: this user may not; off: the interface is off"""
import json
import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "fi.w1.wpa_supplicant1"
PATH = "/fi/w1/wpa_supplicant1"
PROPERTIES = "org.freedesktop.DBus.Properties"
scenario = {"interfaces": ["standin0"], "known": [], "found": [], "scan": "ok"}
scenario.update(json.loads(sys.argv[2]))


def ay(text):
    return dbus.Array([dbus.Byte(byte) for byte in bytes.fromhex(text)], signature="y")


class Root(dbus.service.Object):
    @dbus.service.method(NAME, in_signature="s", out_signature="o")
    def GetInterface(self, name):
        if name not in scenario["interfaces"]:
            raise dbus.DBusException(
                "wpa_supplicant knows nothing about this interface.", name=NAME + ".InterfaceUnknown")
        return f"{PATH}/Interfaces/{scenario['interfaces'].index(name)}"

    @dbus.service.method(PROPERTIES, in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        assert (interface, name) == (NAME, "Interfaces")
        return dbus.Array(
            [f"{PATH}/Interfaces/{i}" for i in range(len(scenario["interfaces"]))], signature="o")


class Bss(dbus.service.Object):
    def __init__(self, path, bss):
        super().__init__(bus, path)
        self.bss = bss

    @dbus.service.method(PROPERTIES, in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        assert interface == NAME + ".BSS"
        return {
            "BSSID": ay(self.bss["bssid"]),
            "SSID": ay(self.bss.get("ssid", "")),
            "WPA": dbus.Dictionary({}, signature="sv"),
            "RSN": dbus.Dictionary({"Group": "ccmp"}, signature="sv"),
            "IEs": ay("000463616665010482848b96"),
            "Privacy": dbus.Boolean(True),
            "Mode": self.bss.get("mode", "infrastructure"),
            "Frequency": dbus.UInt16(self.bss.get("frequency", 2412)),
            "Rates": dbus.Array([dbus.UInt32(54000000)], signature="u"),
            "Signal": dbus.Int16(self.bss["signal"]),
            "Age": dbus.UInt32(self.bss.get("age", 0)),
        }


class Interface(dbus.service.Object):
    def __init__(self, index, name):
        self.path = f"{PATH}/Interfaces/{index}"
        super().__init__(bus, self.path)
        self.name = name
        self.bsss = []
        self.add(scenario["known"])

    def add(self, bsss):
        for bss in bsss:
            path = f"{self.path}/BSSs/{len(self.bsss)}"
            self.bsss.append((path, None if bss.get("gone") else Bss(path, bss)))

    @dbus.service.method(NAME + ".Interface", in_signature="a{sv}",
                         async_callbacks=("done", "failed"))
    def Scan(self, options, done, failed):
        assert options == {"Type": "active"}
        how = scenario["scan"]
        if how == "deny":
            failed(dbus.DBusException("not for you",
                                      name="org.freedesktop.DBus.Error.AccessDenied"))
        elif how == "off":
            failed(dbus.DBusException("wpa_supplicant couldn't scan.",
                                      name=NAME + ".InterfaceDisabled"))
        elif how == "busy":
            failed(dbus.DBusException("Scan request rejected",
                                      name=NAME + ".Interface.ScanError"))
        elif how != "hang":
            done()
        if how == "die":
            GLib.timeout_add(50, os._exit, 0)
        elif how in ("ok", "busy", "fail"):
            GLib.timeout_add(50, self.finish, how != "fail")

    def finish(self, success):
        if success:
            self.add(scenario["found"])
        self.ScanDone(success)
        return False

    @dbus.service.signal(NAME + ".Interface", signature="b")
    def ScanDone(self, success):
        pass

    @dbus.service.method(PROPERTIES, in_signature="ss", out_signature="v")
    def Get(self, interface, name):
        assert interface == NAME + ".Interface"
        return {"Ifname": dbus.String(self.name),
                "BSSs": dbus.Array([path for path, bss in self.bsss], signature="o")}[name]


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
root = Root(bus, PATH)
interfaces = [Interface(i, name) for i, name in enumerate(scenario["interfaces"])]
owned = dbus.service.BusName(NAME, bus)
with open(sys.argv[1], "w", encoding="ascii"):
    pass
GLib.MainLoop().run()
