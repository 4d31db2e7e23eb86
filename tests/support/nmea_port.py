# SPDX-License-Identifier: Apache-2.0
"""Usage: nmea_port.py LINK
A GNSS receiver at a serial port: a pseudo terminal, with a link to it. Moves north by 1e-4 minutes every
0.2 s, from 12:00:00 on."""
import os
import sys
import time
import tty


def sentence(text):
    total = 0
    for character in text:
        total ^= ord(character)
    return f"${text}*{total:02X}\r\n"


master, slave = os.openpty()
tty.setraw(slave)
os.set_blocking(master, False)
os.symlink(os.ttyname(slave), sys.argv[1])
os.close(slave)
for i in range(10000):
    now = f"12{i // 300:02}{i // 5 % 60:02}.{i % 5 * 2}0"
    place = f"5230.{i:04}0,N,01322.67288,E"
    text = (sentence(f"GPRMC,{now},A,{place},24.000,83.59,140326,,,A") +
            sentence(f"GPGGA,{now},{place},1,09,0.95,36.2,M,39.4,M,,"))
    try:
        os.write(master, text.encode("ascii"))
    except OSError:
        pass  # nobody reads
    time.sleep(0.2)
