# SPDX-License-Identifier: Apache-2.0
"""Usage: modem_manager.py READY_FILE MODEM...
Speaks ModemManager's interfaces for modems of these names, each in a situation of its own."""
import os
import sys

import dbus
import dbus.mainloop.glib
import dbus.service
from gi.repository import GLib

MM = "org.freedesktop.ModemManager1"
ROOT = "/org/freedesktop/ModemManager1"
MODEM = MM + ".Modem"
GPP = MODEM + ".Modem3gpp"
LOCATION = MODEM + ".Location"
SIGNAL = MODEM + ".Signal"
SIM = MM + ".Sim"
PROPERTIES = "org.freedesktop.DBus.Properties"

FAILED, LOCKED, DISABLED, SEARCHING, REGISTERED, CONNECTED = -1, 2, 3, 7, 8, 11
GSM, EDGE, HSPA, LTE, NR = 1 << 1, 1 << 4, 1 << 8, 1 << 14, 1 << 15
UNSUPPORTED = MM + ".Error.Core.Unsupported"


def cell(kind, serving, **members):
    values = {"cell-type": dbus.UInt32(kind), "serving": serving}
    for key, value in members.items():
        values[key.replace("_", "-")] = dbus.UInt32(value) if isinstance(value, int) else value
    return dbus.Dictionary(values, signature="sv")


GSM_CELLS = [
    cell(2, True, operator_id="26201", lac="1406", ci="4078", timing_advance=3, arfcn=82,
         base_station_id="3F", rx_level=47),
    cell(2, False, arfcn=90, base_station_id="1A", rx_level=20),
]
UMTS_CELLS = [
    cell(3, True, operator_id="26202", lac="84CD", ci="D30156", uarfcn=10563, psc=402, rscp=-98.0,
         ecio=-7.0, path_loss=120),
    cell(3, False, uarfcn=10588, psc=2, rscp=-101.0),
]
LTE_CELLS = [
    cell(5, True, operator_id="26201", tac="910F", ci="1928101", physical_ci="1A0", earfcn=1300,
         rsrp=-98.0, rsrq=-11.5, timing_advance=17),
    cell(5, False, operator_id="26201", tac="910F", physical_ci="57", earfcn=1300, rsrp=-104.0,
         rsrq=-14.5),
    cell(5, False, physical_ci="1F7", earfcn=6300, rsrp=-101.0),
]
NR_CELLS = [cell(6, True, operator_id="26201", tac="910F", ci="123456789", physical_ci="1A0",
                 nrarfcn=632448, rsrp=-90.0, rsrq=-11.0)]


class Situation:
    """What a modem is like, unless it says otherwise: LTE, registered at home."""

    def __init__(self, cells=None, error=None, state=REGISTERED, reason=0, technologies=LTE,
                 operator="26201", location=None, sources=1, signal=None, sim=True):
        self.cells = cells or []
        self.error = error
        self.state = state
        self.reason = reason
        self.technologies = technologies
        self.operator = operator
        self.location = location
        self.sources = sources
        self.signal = signal or {}
        self.sim = sim


LTE_LOCATION = "262,01,FFFE,1928101,910F"
SITUATIONS = {
    "gsm": Situation(GSM_CELLS, technologies=EDGE),
    "umts": Situation(UMTS_CELLS, technologies=HSPA),
    "lte": Situation(LTE_CELLS, state=CONNECTED),
    "us": Situation([cell(5, True, operator_id="310041", ci="1928101")], operator="310410"),
    "nsa": Situation(LTE_CELLS + NR_CELLS, technologies=LTE | NR),
    "nr": Situation(NR_CELLS, technologies=NR, location="262,01,0,123456789,910F"),
    "test_network": Situation([cell(5, True, operator_id="00101", ci="1")], operator="00101"),
    "no_sim": Situation(state=FAILED, reason=2, sim=False),
    "locked": Situation(state=LOCKED),
    "disabled": Situation(state=DISABLED),
    "no_service": Situation(state=SEARCHING, technologies=0, operator=""),
    "limited": Situation(GSM_CELLS, state=SEARCHING, technologies=0, operator=""),
    "unsupported": Situation(error=UNSUPPORTED, location=LTE_LOCATION,
                             signal={"rsrp": -98.0, "rsrq": -11.5}),
    "old": Situation(error="org.freedesktop.DBus.Error.UnknownMethod", technologies=GSM,
                     location="262,01,1406,4078,0"),
    "umts_over_qmi": Situation([], technologies=HSPA, location="262,02,84CD,D30156,0"),
    "location_off": Situation(error=UNSUPPORTED, location=LTE_LOCATION, sources=0),
    "located": Situation(LTE_CELLS, location=LTE_LOCATION),
    "denied": Situation(error=MM + ".Error.Core.Unauthorized"),
    "hangs": Situation(error="hang"),
    "dies": Situation(error="die"),
}


class Object(dbus.service.Object):
    def __init__(self, path, interfaces):
        super().__init__(bus, path)
        self.interfaces = interfaces

    @dbus.service.method(PROPERTIES, in_signature="s", out_signature="a{sv}")
    def GetAll(self, interface):
        return self.interfaces[interface]


class Modem(Object):
    def __init__(self, number, situation):
        self.path = f"{ROOT}/Modem/{number}"
        self.situation = situation
        sim = f"{ROOT}/SIM/{number}"
        if situation.sim:
            self.sim = Object(sim, {SIM: dbus.Dictionary({
                "Active": True,
                "SimIdentifier": f"8949017201234567890{number}",
                "Imsi": f"26201123456789{number}",
                "OperatorIdentifier": ("26201", "310410")[number % 2],
                "OperatorName": "Operator",
            }, signature="sv")})
        super().__init__(self.path, {
            MODEM: dbus.Dictionary({
                "Sim": dbus.ObjectPath(sim if situation.sim else "/"),
                "Manufacturer": "Quectel",
                "Model": "EG25-G",
                "Revision": "EG25GGBR07A08M2G_30.006 1 [Jan 01 2026]",
                "OwnNumbers": dbus.Array(["", f"+49170123456{number}"], signature="s"),
                "State": dbus.Int32(situation.state),
                "StateFailedReason": dbus.UInt32(situation.reason),
                "AccessTechnologies": dbus.UInt32(situation.technologies),
                "SignalQuality": dbus.Struct((dbus.UInt32(60), True), signature="ub"),
            }, signature="sv"),
            GPP: dbus.Dictionary({
                "RegistrationState": dbus.UInt32(1 if situation.operator else 2),
                "OperatorCode": situation.operator,
            }, signature="sv"),
            LOCATION: dbus.Dictionary({
                "Capabilities": dbus.UInt32(0x17 if situation.location else 0),
                "Enabled": dbus.UInt32(situation.sources),
                "SignalsLocation": False,
            }, signature="sv"),
            SIGNAL: dbus.Dictionary({
                "Lte": dbus.Dictionary(situation.signal, signature="sv"),
                "Umts": dbus.Dictionary({}, signature="sv"),
                "Gsm": dbus.Dictionary({}, signature="sv"),
            }, signature="sv"),
        })

    @dbus.service.method(MODEM, out_signature="aa{sv}", async_callbacks=("done", "failed"))
    def GetCellInfo(self, done, failed):
        error = self.situation.error
        if error == "die":
            os._exit(0)
        if error is None:
            done(dbus.Array(self.situation.cells, signature="a{sv}"))
        elif error != "hang":
            failed(dbus.DBusException("Cannot get cell info", name=error))

    @dbus.service.method(LOCATION, in_signature="ub")
    def Setup(self, sources, signal_location):
        if signal_location:
            raise dbus.DBusException("nobody asked for signals", name=UNSUPPORTED)
        self.situation.sources = sources
        self.interfaces[LOCATION]["Enabled"] = dbus.UInt32(sources)

    @dbus.service.method(LOCATION, out_signature="a{uv}")
    def GetLocation(self):
        where = {}
        if self.situation.sources & 1 and self.situation.location:
            where[dbus.UInt32(1)] = self.situation.location
        return dbus.Dictionary(where, signature="uv")


class Manager(dbus.service.Object):
    def __init__(self, names):
        super().__init__(bus, ROOT)
        self.modems = [Modem(i, SITUATIONS[name]) for i, name in enumerate(names)]

    @dbus.service.method("org.freedesktop.DBus.ObjectManager", out_signature="a{oa{sa{sv}}}")
    def GetManagedObjects(self):
        return dbus.Dictionary({dbus.ObjectPath(m.path): m.interfaces for m in self.modems},
                               signature="oa{sa{sv}}")


dbus.mainloop.glib.DBusGMainLoop(set_as_default=True)
bus = dbus.SystemBus()
name = dbus.service.BusName(MM, bus)
manager = Manager(sys.argv[2:])
with open(sys.argv[1], "w", encoding="ascii"):
    pass
GLib.MainLoop().run()
