"""The service under test as a case sees it, the outcome of a case, and the loop that plays cases. Standard library only."""

import os
import re
import traceback
import urllib.request
from collections import Counter
from dataclasses import dataclass, fields

PASSWORD = "Secret!23"
TOOL_SECONDS = 60  # for one command of a real client; all of them answer within a second, so more than this is a hang


class Skip(Exception):
    """The case cannot be played here; the text says why."""


@dataclass(frozen=True)
class World:
    """Where the service is and what the cases may use. Each field travels to a child process as VCSSO_<NAME>."""

    url: str  # https://127.0.0.1:PORT
    health: str  # http://127.0.0.1:PORT, or "" when unknown
    ca: str  # file: the lab CA
    work: str  # folder for what the cases write
    robot_cert: str  # file: the certificate of the solution user ci-robot, or ""
    robot_key: str
    user_cert: str  # file: a certificate the service has never seen
    user_key: str
    tunnel: str  # port of the extension tunnel, or ""

    @classmethod
    def from_environment(cls):
        return cls(**{field.name: os.environ.get(variable(field.name), "") for field in fields(cls)})

    def environment(self):
        return {variable(field.name): getattr(self, field.name) for field in fields(self)}

    @property
    def host(self):
        return self.url.split("//")[1].rsplit(":", 1)[0]

    @property
    def port(self):
        return int(self.url.rsplit(":", 1)[1])

    def robot(self):
        if not self.robot_cert:
            raise Skip("no certificate of ci-robot (VCSSO_ROBOT_CERT, VCSSO_ROBOT_KEY)")
        return self.robot_cert, self.robot_key

    def tunnel_port(self):
        if not self.tunnel:
            raise Skip("no tunnel of extensions (VCSSO_TUNNEL_PORT)")
        return self.tunnel

    def audit_logins(self):
        """How many sessions were opened so far; None where the service does not count them."""
        if not self.health:
            return None
        with urllib.request.urlopen(self.health + "/metrics", timeout=10) as answer:
            text = answer.read().decode()
        counts = re.findall(r"^vcsso_sessions_opened_total(?:\{[^}]*\})? (\S+)$", text, re.MULTILINE)
        return sum(float(count) for count in counts) if counts else None


def variable(name):
    return "VCSSO_" + name.upper()


def play(client, world, cases):
    """Plays each case and prints a line for it, ending in what was seen. Returns the words, counted."""
    words = []
    for case in cases:
        word, seen = outcome(case, world)
        words.append(word)
        print(f"{word} {client}: {case.__name__.replace('_', ' ')}: {seen}", flush=True)
    return Counter(words)


def outcome(case, world):
    try:
        return "PASS", one_line(case(world))
    except Skip as reason:
        return "SKIP", one_line(reason)
    except Exception as error:
        frames = traceback.extract_tb(error.__traceback__)
        where = next(frame for frame in reversed(frames) if frame.name != "expect")
        return "FAIL", one_line(f"{type(error).__name__}: {error} ({os.path.basename(where.filename)}:{where.lineno})", 2000)


def expect(holds, seen):
    """Fails the case with what was seen."""
    if not holds:
        raise AssertionError(seen)


def one_line(text, longest=160):
    text = " ".join(str(text).split())
    return text if len(text) <= longest else text[:longest] + "…"
