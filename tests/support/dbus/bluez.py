# SPDX-License-Identifier: Apache-2.0
"""Usage: bluez.py READY_FILE SITUATION [CALLS_FILE]
Speaks BlueZ's interfaces for adapters and the devices around them. Each call goes into CALLS_FILE, a
line each."""
import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
PROPERTIES = "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"
EDDYSTONE = "0000feaa-0000-1000-8000-00805f9b34fb"

situation = sys.argv[2]


def note(call):
    if len(sys.argv) > 3:
        with open(sys.argv[3], "a", encoding="ascii") as calls:
            calls.write(call + "\n")


def data(text):
    return dbus.Array(bytes.fromhex(text), signature="y", variant_level=1)


def service_data(text):
    return dbus.Dictionary({EDDYSTONE: data(text)}, signature="sv")


def manufacturer_data(text, company=0x4c):
    return dbus.Dictionary({dbus.UInt16(company): data(text)}, signature="qv")


def device(address, kind="public", **more):
    properties = {"Address": address, "AddressType": kind, "Paired": False, "Connected": False,
                  "Adapter": dbus.ObjectPath("/org/bluez/hci0")}
    properties.update(more)
    return dbus.Dictionary(properties, signature="sv")


def path_of(address, adapter="hci0"):
    return f"/org/bluez/{adapter}/dev_" + address.replace(":", "_")


def rssi(value):
    return {"RSSI": dbus.Int16(value)}


UID = "00ee" + "00112233445566778899" + "aabbccddeeff" + "0000"
URL = "10ee0168657265"
IBEACON = "0215" + "f7826da64fa24e988024bc5b71e0893e" + "0102" + "a1b2" + "c5"

# What BlueZ has kept from before; the RSSI is not of now.
KNOWN = {
    "00:1A:7D:DA:71:01": device("00:1A:7D:DA:71:01", **rssi(-30)),
    "00:1A:7D:DA:71:02": device("00:1A:7D:DA:71:02", ServiceData=service_data(UID)),
    "00:1A:7D:DA:71:03": device("00:1A:7D:DA:71:03", Paired=True),
}


class Object(dbus.service.Object):
    @dbus.service.signal(PROPERTIES, signature="sa{sv}as")
    def PropertiesChanged(self, interface, changed, invalidated):
        pass


class Adapter(Object):
    def __init__(self, number, powered):
        super().__init__(bus, f"/org/bluez/hci{number}")
        self.powered = powered
        self.devices = {}

    def properties(self):
        return dbus.Dictionary({"Address": "B8:27:EB:00:00:01", "Powered": self.powered,
                                "Discovering": situation == "busy"}, signature="sv")

    @dbus.service.method(ADAPTER, in_signature="a{sv}")
    def SetDiscoveryFilter(self, properties):
        note(f"{self.number()} filter " + " ".join(
            f"{key}={properties[key]}" for key in sorted(properties)))
        if not self.powered:
            raise dbus.DBusException("Resource Not Ready", name="org.bluez.Error.NotReady")

    def number(self):
        return self.__dbus_object_path__.rsplit("/", 1)[1]

    @dbus.service.method(ADAPTER, async_callbacks=("done", "failed"))
    def StartDiscovery(self, done, failed):
        note(self.number() + " start")
        if situation == "start_hangs":
            return
        if situation == "refuses":
            failed(dbus.DBusException("the radio is broken", name="org.bluez.Error.Failed"))
            return
        if situation == "not_ready":
            failed(dbus.DBusException("Resource Not Ready", name="org.bluez.Error.NotReady"))
            return
        if situation == "busy":
            failed(dbus.DBusException("Operation already in progress",
                                      name="org.bluez.Error.InProgress"))
        else:
            done()
        GLib.idle_add(self.advertise)

    @dbus.service.method(ADAPTER, async_callbacks=("done", "failed"))
    def StopDiscovery(self, done, failed):
        note(self.number() + " stop")
        if situation != "stop_hangs":
            done()

    def change(self, address, changed):
        if address not in self.devices:
            self.devices[address] = Object(bus, path_of(address, self.number()))
        self.devices[address].PropertiesChanged(
            DEVICE, dbus.Dictionary(changed, signature="sv"), [])

    def add(self, address, properties):
        root.InterfacesAdded(path_of(address, self.number()), {DEVICE: properties})

    def advertise(self):
        if situation == "silence":
            return
        if situation == "crowd":
            for i in range(200):
                address = f"00:1A:7D:00:00:{i:02X}"
                self.add(address, device(address, **rssi(-100 + i % 100)))
            return
        known = iter(sorted(KNOWN))
        next(known)
        self.change(next(known), rssi(-60))
        self.change(next(known), rssi(-40))
        # One that sends three kinds of frames in turn.
        address = "00:1A:7D:DA:71:04"
        self.add(address, device(address, ServiceData=service_data(URL), **rssi(-70)))
        self.change(address, {"ServiceData": service_data(UID), **rssi(-74)})
        self.change(address, {"ManufacturerData": manufacturer_data(IBEACON), **rssi(-78)})
        # Random static; resolvable; resolvable with an iBeacon; not resolvable.
        for address, more in (("C4:7C:8D:00:00:05", {}), ("5A:00:00:00:00:06", {}),
                              ("5A:00:00:00:00:07", {"ManufacturerData": manufacturer_data(IBEACON)}),
                              ("3A:00:00:00:00:08", {})):
            self.add(address, device(address, "random", **rssi(-80 - int(address[-1])), **more))
        # Another Apple advertisement, another company, a phone that is asked for by somebody else.
        self.add("00:1A:7D:DA:71:09", device("00:1A:7D:DA:71:09", **rssi(-90),
                                             ManufacturerData=manufacturer_data("1005031c")))
        self.add("5A:00:00:00:00:0A", device("5A:00:00:00:00:0A", "random", **rssi(-50),
                                             ManufacturerData=manufacturer_data(IBEACON, 0x59)))
        self.add("00:1A:7D:DA:71:0B", device("00:1A:7D:DA:71:0B", Class=dbus.UInt32(0x5a020c),
                                             **rssi(-45)))
        if situation == "dies":
            bus.flush()
            os._exit(0)
        if situation == "switched_off":
            self.PropertiesChanged(ADAPTER, {"Powered": False}, [])


class Root(dbus.service.Object):
    @dbus.service.method(MANAGER, out_signature="a{oa{sa{sv}}}",
                         async_callbacks=("done", "failed"))
    def GetManagedObjects(self, done, failed):
        if situation == "hangs":
            return
        objects = {}
        for adapter in adapters:
            objects[adapter.__dbus_object_path__] = {ADAPTER: adapter.properties()}
        if adapters:
            for address, properties in KNOWN.items():
                objects[path_of(address)] = {DEVICE: properties}
        done(dbus.Dictionary(objects, signature="oa{sa{sv}}"))

    @dbus.service.signal(MANAGER, signature="oa{sa{sv}}")
    def InterfacesAdded(self, path, interfaces):
        pass


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
name = dbus.service.BusName("org.bluez", bus)
root = Root(bus, "/")
powered = {"no_adapter": [], "off": [False], "second": [False, True]}.get(situation, [True])
adapters = [Adapter(number, is_powered) for number, is_powered in enumerate(powered)]
with open(sys.argv[1], "w", encoding="ascii"):
    pass
GLib.MainLoop().run()
