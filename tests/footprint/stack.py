#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints how deep the stack gets below firmware() of an image, in bytes.

Usage: tests/footprint/stack.py [--path] IMAGE BUILD_DIRECTORY

Adds up what GCC wrote into the .ci files (-fcallgraph-info=su) along the deepest way through the
call graph. A virtual call may reach each function of that name which the image holds; one that no
function of the library answers is a hook of the device, whose stack is the device's. So is that
of mbedTLS and of the C library. --path prints the way, too."""
import functools
import os
import re
import subprocess
import sys

ENTRY = "firmware"
# It encodes what it encoded: a signature's parameters. No deeper.
NESTED = {"PercentEncoder::append": 2}
# What cannot be below these functions. One that sends has read its state, so who asks it for the
# time then does not make it do so; a request for a token or for the time has no body; what
# is logged is not sent.
NEVER = [
    (r"::ClientTime::now_s\(", r"::Client::load_state\("),
    (r"::Client::(post_for_token|sync_time)\(", r"::(QueueBatch|ArrayBody|ObjectBody)::"),
    (r"::(TlsConnection::outcome|State::report)\(", r"::TlsConnection::write\("),
]
# Below these functions all virtual calls of a name go to the one class that they made themselves.
MADE_BY = [
    (r"::read_(reply|error)\(", r"on_\w+", r"::ReplyHandler::"),
    (r"::read_shadow\(", r"on_\w+", r"::ShadowHandler::"),
    (r"::Client::identity\(", r"append", r"::HashSink::"),
]


def die(text):
    sys.exit("stack.py: " + text)


def symbols_of(image):
    listing = subprocess.run(["arm-none-eabi-nm", "--format=just-symbols", image], check=True,
                             stdout=subprocess.PIPE, text=True).stdout
    return set(listing.split())


def read_graph(build, held, stage):
    frames, names, calls = {}, {}, {}
    for folder, _, files in os.walk(build):
        # Each image has a firmware() of its own.
        if "/tests/footprint/" in folder + "/" and f"/{stage}.dir" not in folder:
            continue
        for file in files:
            if not file.endswith(".ci"):
                continue
            with open(os.path.join(folder, file), encoding="utf-8") as text:
                for line in text:
                    found = re.match(r'node: \{ title: "([^"]*)" label: "([^"]*)"', line)
                    if found and (size := re.search(r"(\d+) bytes \((\w+)", found[2])):
                        symbol = found[1].rsplit(":", 1)[-1]
                        if size[2] != "static":
                            die(f"{symbol} takes an amount that is not known before it runs")
                        frames[symbol] = int(size[1])
                        names[symbol] = found[2].split("\\n")[0]
                    found = re.match(
                        r'edge: \{ sourcename: "([^"]*)" targetname: "([^"]*)"(?: label: "([^"]*)")?',
                        line)
                    if found:
                        source, target = (part.rsplit(":", 1)[-1] for part in found.groups()[:2])
                        calls.setdefault(source, set()).add((target, found[3] or ""))
    frames = {symbol: size for symbol, size in frames.items() if symbol in held}
    return frames, names, calls


@functools.lru_cache(maxsize=None)
def lines_of(path):
    with open(path, encoding="utf-8") as text:
        return text.read().split("\n")


def parameters(text):
    """How many are in the list that begins behind the opening parenthesis."""
    depth, count, empty = 1, 1, True
    for character in text:
        if character in "([{<":
            depth += 1
        elif character in ")]}>":
            depth -= 1
            if depth == 0:
                break
        elif character == "," and depth == 1:
            count += 1
        empty = empty and character.isspace()
    return 0 if empty else count


def called_at(place):
    """What members the source calls there: name and number of arguments."""
    path, line, _ = place.rsplit(":", 2)
    begin = int(line) - 1
    text = lines_of(path)[begin]
    following = " ".join(lines_of(path)[begin + 1:begin + 5])
    calls = list(re.finditer(r"(?:\.|->)(\w+)\(", text)) or list(re.finditer(r"(\w+)\(", text))
    return {(call[1], parameters((text + " " + following)[call.end():].replace("->", "  ")))
            for call in calls}


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--path"]
    if len(arguments) != 2:
        die("expects an image and the build directory")
    image, build = arguments
    frames, names, calls = read_graph(build, symbols_of(image), os.path.basename(image))
    if ENTRY not in frames:
        die(f"{image} has no {ENTRY}(), or was built without -fcallgraph-info=su")

    virtual = {}
    for symbol in frames:
        if "virtual " in names[symbol]:
            name = re.search(r"(\w+)\(", names[symbol])
            call = (name[1], parameters(names[symbol][name.end():]))
            virtual.setdefault(call, set()).add(symbol)

    targets = {}
    for source in frames:
        reached = targets.setdefault(source, set())
        for target, place in calls.get(source, ()):
            if target == "__indirect_call":
                for call in called_at(place):
                    reached |= virtual.get(call, set())
            elif target in frames:
                reached.add(target)

    def applies(symbol, rules):
        return rules | {rule for rule in MADE_BY + NEVER if re.search(rule[0], names[symbol])}

    def possible(symbol, rules):
        if any(len(rule) == 2 and re.search(rule[1], names[symbol]) for rule in rules):
            return False
        if "virtual " not in names[symbol]:
            return True
        return all(re.search(rule[2], names[symbol]) for rule in rules
                   if len(rule) == 3 and re.search(r"::" + rule[1] + r"\(", names[symbol]))

    def limit(symbol):
        return next((most for name, most in NESTED.items() if name in names[symbol]), 1)

    known = {}

    def deepest(symbol, above, rules):
        """How deep it gets from there on, the way, and whom it met who was above already."""
        rules = applies(symbol, rules)
        if (symbol, rules) in known:
            return known[symbol, rules]
        best, met = (0, []), set()
        for target in targets[symbol]:
            if not possible(target, rules):
                continue
            count = above.count(target) + (target == symbol)
            if count >= limit(target):
                met.add(target)
                continue
            depth, way, met_below = deepest(target, above + (symbol,), rules)
            met |= met_below
            best = max(best, (depth, way))
        result = (frames[symbol] + best[0], [symbol] + best[1], met - {symbol})
        # What was cut short because of who is above may be deeper elsewhere.
        if not result[2]:
            known[symbol, rules] = result
        return result

    depth, way, _ = deepest(ENTRY, (), frozenset())
    print(depth - frames[ENTRY])
    if "--path" in sys.argv:
        for symbol in way[1:]:
            print(f"  {frames[symbol]:6} {names[symbol]}")


main()
