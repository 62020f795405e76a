#!/usr/bin/env python3
"""soak BINARY [MINUTES [CLIENTS]]: many clients log in, call, clone, impersonate, end each other's sessions and log out.

At the end nothing may be left: no session, no ticket, no open file, and the memory of minute 2 within a tenth.
Prints a line a minute; exit 1 when something is left or an answer was none of those that may be expected.
"""

import os
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from service import replica
from soap import Caller, field

# What one client may do to another: the session it uses is gone, or the one it wants to end or to become.
EXPECTED = {"NotAuthenticated", "NotFound", "InvalidLogin", "NoPermission"}


def main(binary, minutes=10, clients=200):
    minutes, clients = float(minutes), int(clients)
    with tempfile.TemporaryDirectory(prefix="vcsso-soak-") as work:
        with replica(work, "soak", binary, "sqlite") as (world, process):
            before = files(process)
            soak = Soak(world, clients)
            memory = soak.run(minutes, lambda: resident(process))
            time.sleep(5)
            left = files(process) - before
            database = sqlite3.connect(f"file:{work}/soak/vcsso.db?mode=ro", uri=True)
            rows = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in ("sessions", "tickets")}
            database.close()
    growth = memory[-1] / memory[0] - 1
    print(f"{sum(soak.done.values())} calls: {dict(soak.done.most_common())}")
    print(f"left: {rows['sessions']} sessions, {rows['tickets']} tickets, {left} files; memory {growth:+.1%} from minute 2 to the end")
    print(f"unexpected: {dict(soak.unexpected) or 'nothing'}")
    return bool(any(rows.values()) or left > 0 or abs(growth) > 0.1 or soak.unexpected)


class Soak:
    def __init__(self, world, clients):
        self.world, self.clients = world, clients
        self.ending = threading.Event()
        self.done, self.unexpected, self.keys = Counter(), Counter(), []
        self.lock = threading.Lock()

    def run(self, minutes, resident):
        """Memory at minute 2, or at a fifth of a shorter run, and every minute after it; last when all have logged out."""
        threads = [threading.Thread(target=self.client, args=(seed,)) for seed in range(self.clients)]
        start = time.monotonic()
        for thread in threads:
            thread.start()
        seen, first = [], min(120, minutes * 12)
        moments = [first] + [minute * 60 for minute in range(1, int(minutes) + 1) if minute * 60 > first]
        for moment in moments:
            time.sleep(max(0, start + moment - time.monotonic()))
            seen.append(resident())
            print(f"{moment:5.0f} s: {seen[-1]:.1f} MiB, {sum(self.done.values())} calls", flush=True)
        self.ending.set()
        for thread in threads:
            thread.join()
        return seen

    def client(self, seed):
        chance = random.Random(seed)
        while not self.ending.is_set():
            callers = []
            try:
                self.life(chance, callers)
            except Exception as error:
                self.count_unexpected(f"{type(error).__name__}: {error}"[:120])
            finally:
                for caller in callers:
                    self.leave(caller)

    def life(self, chance, callers):
        """One login and what follows from it."""
        caller = Caller(self.world.host, self.world.port, self.world.ca)
        callers.append(caller)
        # Some are ended before they have done anything.
        key = self.ask(caller, "Login", "<userName>alice</userName><password>Secret!23</password>", take="key")
        if key is None:
            return
        self.remember(key)
        for _ in range(chance.randrange(1, 6)):
            self.ask(caller, "CurrentTime", this="ServiceInstance")
        self.ask(caller, "Fetch", "<prop>sessionList</prop>")
        ticket = self.ask(caller, "AcquireCloneTicket", take="returnval")
        if ticket and chance.random() < 0.5:
            clone = Caller(self.world.host, self.world.port, self.world.ca)
            callers.append(clone)
            self.ask(clone, "CloneSession", f"<cloneTicket>{ticket}</cloneTicket>")
        if chance.random() < 0.3:
            other = self.somebody(chance, key)
            if other:
                self.ask(caller, "TerminateSession", f"<sessionId>{other}</sessionId>")
        if chance.random() < 0.3:
            self.ask(caller, "ImpersonateUser", "<userName>carol</userName>")
        if chance.random() < 0.1:
            self.ask(caller, "UpdateServiceMessage", f"<message>{chance.random()}</message>")

    def ask(self, caller, method, parameters="", this="SessionManager", take=None):
        status, text = caller.call(method, parameters, this)
        with self.lock:
            self.done[method] += 1
        if status == 200:
            return field(text, take) if take else text
        kind = text.split('Fault xmlns="urn:vim25" xsi:type="')[-1].split('"')[0]
        if kind not in EXPECTED:
            self.count_unexpected(f"{method}: {status} {kind}"[:120])
        return None

    def leave(self, caller):
        try:
            if caller.cookie:
                self.ask(caller, "Logout")
        except Exception as error:
            self.count_unexpected(f"Logout: {error}"[:120])
        caller.close()

    def remember(self, key):
        with self.lock:
            self.keys.append(key)
            del self.keys[:-100]

    def somebody(self, chance, own):
        with self.lock:
            others = [key for key in self.keys if key != own]
        return chance.choice(others) if others else None

    def count_unexpected(self, what):
        with self.lock:
            self.unexpected[what] += 1


def resident(process):
    status = Path(f"/proc/{process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def files(process):
    return len(os.listdir(f"/proc/{process.pid}/fd"))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:4]))
