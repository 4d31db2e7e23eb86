#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a service as systemd does with Type=notify, WatchdogSec= and Restart=on-failure.

Usage: supervisor.py DIRECTORY WATCHDOG_S RESTART_S COMMAND...

DIRECTORY/heard has a line for each message of the service, DIRECTORY/pid its pid, and
DIRECTORY/restarts a line for each time that it was started anew, with the reason.
SIGTERM ends both, SIGHUP goes to the service.
"""
import os
import signal
import socket
import subprocess
import sys
import time


def main():
    directory, watchdog_s, restart_s = sys.argv[1], float(sys.argv[2]), float(sys.argv[3])
    command = sys.argv[4:]
    address = os.path.join(directory, "notify")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    listener.bind(address)
    listener.settimeout(0.1)
    environment = dict(os.environ, NOTIFY_SOCKET=address, WATCHDOG_USEC=str(int(watchdog_s * 1e6)))
    environment.pop("WATCHDOG_PID", None)
    heard = open(os.path.join(directory, "heard"), "a", buffering=1)
    restarts = open(os.path.join(directory, "restarts"), "a", buffering=1)
    state = {"ending": False, "service": None}

    def on_signal(number, _frame):
        state["ending"] = state["ending"] or number == signal.SIGTERM
        if state["service"] is not None:
            state["service"].send_signal(number)

    signal.signal(signal.SIGTERM, on_signal)
    signal.signal(signal.SIGHUP, on_signal)

    while not state["ending"]:
        service = state["service"] = subprocess.Popen(command, env=environment)
        with open(os.path.join(directory, "pid.new"), "w") as file:
            file.write(str(service.pid))
        os.rename(os.path.join(directory, "pid.new"), os.path.join(directory, "pid"))
        if state["ending"]:
            service.terminate()
        fed = None
        reason = None
        while service.poll() is None:
            try:
                message = listener.recv(4096).decode()
            except socket.timeout:
                message = ""
            for line in message.splitlines():
                heard.write(line + "\n")
                if line in ("READY=1", "WATCHDOG=1"):
                    fed = time.monotonic()
            if reason is None and fed is not None and time.monotonic() - fed > watchdog_s:
                reason = "watchdog"
                service.send_signal(signal.SIGABRT)
                # A process that was stopped dies of nothing but this.
                service.kill()
        state["service"] = None
        if service.returncode == 0:
            return 0
        if state["ending"]:
            return 1
        restarts.write((reason or "exit %d" % service.returncode) + "\n")
        time.sleep(restart_s)
    return 0


sys.exit(main())
