# SPDX-License-Identifier: Apache-2.0
"""Usage: bluetooth_controller.py
Is a Bluetooth Low Energy controller of this kernel (/dev/vhci), around which others advertise. Like a real
one it tells of each of them once a scan, as the kernel wants it. btvirt cannot do this: what it hears has
no strength."""
import os
import select
import struct

COMMAND, EVENT, VENDOR = 0x01, 0x04, 0xFF
CONNECTABLE, NOT_CONNECTABLE = 0x00, 0x03
PUBLIC, RANDOM = 0, 1
NO_STRENGTH = 127
EDDYSTONE_UID = "0303aafe" + "1516aafe" + "00ee" + "00112233445566778899" + "aabbccddeeff"
IBEACON = "1aff4c00" + "0215" + "f7826da64fa24e988024bc5b71e0893e" + "0102" + "a1b2" + "c5"
FLAGS = "020106"
AROUND = [
    (NOT_CONNECTABLE, PUBLIC, "00:1A:7D:DA:71:01", EDDYSTONE_UID, -60),
    (NOT_CONNECTABLE, RANDOM, "3A:00:00:00:00:02", FLAGS + IBEACON, -71),  # not resolvable
    (CONNECTABLE, RANDOM, "5A:00:00:00:00:03", FLAGS, -40),  # resolvable, as of a phone
    (CONNECTABLE, RANDOM, "C4:7C:8D:00:00:04", FLAGS, -84),  # static
    (CONNECTABLE, PUBLIC, "00:1A:7D:DA:71:05", FLAGS, NO_STRENGTH),
]
SET_SCAN_ENABLE = 0x200C
# What is returned behind the status; nothing for all others.
RETURNED = {
    0x1001: struct.pack("<BHBHH", 9, 0, 9, 63, 0),  # local version: 5.0
    0x1002: bytes(64),  # commands beyond those that must be
    0x1003: bytes([0, 0, 0, 0, 0x60, 0, 0, 0]),  # features: LE, no BR/EDR
    0x1009: bytes.fromhex("b827eb000001")[::-1],  # address
    0x2002: struct.pack("<HB", 27, 4),  # buffers
    0x2003: bytes(8),  # features of LE
    0x2007: bytes([0]),  # transmit power
    0x201C: bytes.fromhex("ffffffffff030000"),  # states
}
kernel = os.open("/dev/vhci", os.O_RDWR)


def tell(event, parameters):
    os.write(kernel, bytes([EVENT, event, len(parameters)]) + parameters)


def report(kind, address_type, address, data, strength_dbm):
    data = bytes.fromhex(data)
    tell(0x3E, bytes([0x02, 1, kind, address_type]) + bytes.fromhex(address.replace(":", ""))[::-1] +
         bytes([len(data)]) + data + struct.pack("<b", strength_dbm))


os.write(kernel, bytes([VENDOR, 0]))  # a primary controller
unheard = []
while True:
    # Advertisements come one after the other.
    if not select.select([kernel], [], [], 0.2 if unheard else None)[0]:
        report(*unheard.pop(0))
        continue
    packet = os.read(kernel, 4096)
    if packet[0] != COMMAND:
        continue
    opcode = struct.unpack_from("<H", packet, 1)[0]
    tell(0x0E, struct.pack("<BHB", 1, opcode, 0) + RETURNED.get(opcode, b""))
    if opcode == SET_SCAN_ENABLE:
        unheard = list(AROUND) if packet[4] else []
