#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A network that comes and goes, between a port and a service on this machine.

Usage: fault_proxy.py DIRECTORY SERVICE_PORT

Writes its port to DIRECTORY/port. DIRECTORY/mode says what happens, at once, to all connections:
  pass        they work
  delay       so do they, slowly
  drop        they are reset, and so are new ones
  blackhole   new ones are accepted, and nothing gets through
"""
import os
import random
import selectors
import socket
import struct
import sys
import time


class Link:
    """A connection: what has been read on one side and waits to be written on the other."""

    def __init__(self, client, service):
        self.ends = (client, service)
        self.waiting = (bytearray(), bytearray())  # to the client, to the service
        self.not_before = 0.0
        self.ended = [False, False]


def reset(end):
    try:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass
    end.close()


class Proxy:
    def __init__(self, directory, service_port):
        self.mode_file = os.path.join(directory, "mode")
        self.service = ("localhost", service_port)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.listener.setblocking(False)
        self.links = set()
        with open(os.path.join(directory, "port.new"), "w") as file:
            file.write(str(self.listener.getsockname()[1]))
        os.rename(os.path.join(directory, "port.new"), os.path.join(directory, "port"))

    def mode(self):
        try:
            with open(self.mode_file) as file:
                return file.read().strip() or "pass"
        except OSError:
            return "pass"

    def accept(self, mode):
        try:
            client, _ = self.listener.accept()
        except BlockingIOError:
            return
        if mode == "drop":
            return reset(client)
        try:
            service = socket.create_connection(self.service, timeout=2)
        except OSError:
            return reset(client)
        for end in (client, service):
            end.setblocking(False)
        self.links.add(Link(client, service))

    def close(self, link):
        for end in link.ends:
            reset(end)
        self.links.discard(link)

    def move(self, link, side):
        """Reads what came from `side`, writes what waits for it."""
        end, incoming, outgoing = link.ends[side], link.waiting[1 - side], link.waiting[side]
        try:
            if not link.ended[side] and len(incoming) < 65536:
                data = end.recv(16384)
                incoming += data
                link.ended[side] = not data
        except (BlockingIOError, InterruptedError):
            pass
        try:
            if outgoing:
                del outgoing[: end.send(outgoing)]
        except (BlockingIOError, InterruptedError):
            pass
        if link.ended[side] and not incoming:
            link.ends[1 - side].shutdown(socket.SHUT_WR)

    def run(self):
        while True:
            mode = self.mode()
            selector = selectors.DefaultSelector()
            selector.register(self.listener, selectors.EVENT_READ)
            if mode != "blackhole":
                for link in self.links:
                    for side in (0, 1):
                        events = 0 if link.ended[side] else selectors.EVENT_READ
                        if link.waiting[side]:
                            events |= selectors.EVENT_WRITE
                        if events and time.monotonic() >= link.not_before:
                            selector.register(link.ends[side], events)
            ready = selector.select(timeout=0.05)
            selector.close()
            if ready and any(key.fileobj is self.listener for key, _ in ready):
                self.accept(mode)
            for link in list(self.links):
                try:
                    if mode == "drop":
                        self.close(link)
                    elif mode != "blackhole" and time.monotonic() >= link.not_before:
                        if mode == "delay":
                            link.not_before = time.monotonic() + random.uniform(0.05, 0.3)
                        self.move(link, 0)
                        self.move(link, 1)
                        if all(link.ended) and not any(link.waiting):
                            self.close(link)
                except OSError:
                    self.close(link)


Proxy(sys.argv[1], int(sys.argv[2])).run()
