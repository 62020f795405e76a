"""`vcsso doctor` at this service, which is well, and at govmomi's vcsim, of which it says what is wrong. Standard library only."""

import json
import subprocess
import threading
from contextlib import contextmanager
from pathlib import Path

from world import PASSWORD, TOOL_SECONDS, Skip, expect

SEEN = ("clock", "tls", "sdk", "lookup", "sts", "lookup.trust", "signatures", "login", "token", "signer", "session", "changed token")


def cases(program, vcsim):
    def it_finds_nothing_wrong_here(world):
        code, found = doctor(program, world, world.url, "--ca", world.ca, *login(world, "alice@vsphere.local"))
        expect(code == 0 and found["healthy"], found)
        expect([(check["check"], check["outcome"]) for check in found["checks"]] == [(name, "ok") for name in SEEN], found)
        return f"{len(SEEN)} checks"

    def it_says_what_is_wrong_with_vcsim(world):
        with running(vcsim) as url:
            code, found = doctor(program, world, url, "--insecure", *login(world, "user"))
        wrong = {check["check"]: check for check in found["checks"] if check["outcome"] == "no"}
        expect(code == 3 and not found["healthy"], found)
        expect(sorted(wrong) == ["changed token", "signatures", "sts", "token"], found)
        expect(all(check["advice"] for check in wrong.values()), wrong)
        expect("signatures are not verified" in wrong["signatures"]["advice"], wrong["signatures"])
        expect("2018" in wrong["token"]["seen"], wrong["token"])
        return ", ".join(sorted(wrong))

    return [it_finds_nothing_wrong_here, it_says_what_is_wrong_with_vcsim]


def doctor(program, world, *arguments):
    if not Path(program).exists():
        raise Skip(f"{program} is not built")
    command = [program, "doctor", *arguments, "--output", "json"]
    done = subprocess.run(command, cwd=world.work, capture_output=True, text=True, timeout=TOOL_SECONDS)
    expect(done.stdout, done.stderr)
    return done.returncode, json.loads(done.stdout)


def login(world, user):
    file = Path(world.work, "password")
    file.write_text(PASSWORD + "\n")
    return "--user", user, "--password-file", str(file)


@contextmanager
def running(vcsim):
    if not Path(vcsim).exists():
        raise Skip(f"{vcsim} is not built; scripts/clients-tools builds it with Go 1.25 or newer")
    process = subprocess.Popen([vcsim], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    alarm = threading.Timer(TOOL_SECONDS, process.kill)
    alarm.start()
    try:
        yield process.stdout.readline().strip().removeprefix("READY url=")
    finally:
        alarm.cancel()
        process.terminate()
        process.wait(TOOL_SECONDS)
