# SPDX-License-Identifier: Apache-2.0
"""Usage: lamp.py READY_FILE
A service without a meaning, for the tests of the connection to the bus."""
import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

NAME = "test.Lamp"


class Lamp(dbus.service.Object):
    @dbus.service.method(NAME, out_signature="ybnqiuxtdsogvv(is)ayasa{uv}a{sa{sv}}")
    def Everything(self):
        return (
            dbus.Byte(255), True, -32768, 65535, -2147483648, 4294967295,
            -9223372036854775808, 18446744073709551615, -1.5, "text", dbus.ObjectPath("/a/b"),
            dbus.Signature("a{sv}"), dbus.UInt64(7), dbus.String("inner", variant_level=2),
            (-1, "item"), [dbus.Byte(0), dbus.Byte(10)], ["one", "two"],
            {dbus.UInt32(76): dbus.String("apple")}, {"outer": {"inner": dbus.Double(2.5)}})

    @dbus.service.method(NAME, in_signature="s", out_signature="s")
    def Echo(self, text):
        return text

    @dbus.service.method(NAME)
    def Refuse(self):
        raise dbus.DBusException("the bulb is missing", name="test.Lamp.Error.NoBulb")

    @dbus.service.method(NAME)
    def Deny(self):
        raise dbus.DBusException("not for you", name="test.Lamp.Error.Unauthorized")

    @dbus.service.method(NAME, async_callbacks=("done", "failed"))
    def Hang(self, done, failed):
        pass

    @dbus.service.method(NAME, async_callbacks=("done", "failed"))
    def Die(self, done, failed):
        os._exit(0)

    @dbus.service.method(NAME, out_signature="b")
    def Toggle(self):
        self.Toggled(True)
        self.Toggled(False)
        return True

    @dbus.service.signal(NAME, signature="b")
    def Toggled(self, on):
        pass


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
name = dbus.service.BusName(NAME, bus)
lamp = Lamp(bus, "/lamp")
with open(sys.argv[1], "w", encoding="ascii"):
    pass
GLib.MainLoop().run()
