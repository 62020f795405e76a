"""The admin API against its own document: schemathesis makes the requests, on a service of its own, as they change everything. Runs in the venv; `run` calls it."""

import json
import os
import re
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

import requests

from service import replica
from world import expect, play

API = "/_lab/v1"
# What must hold for every answer: no failure of ours, and nothing that the document does not say.
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_headers_conformance,response_schema_conformance,unsupported_method,ignored_auth"
PROGRAM_SECONDS = 900  # some thousand requests on a machine that does other things too


def the_token_is_the_operators_alone_and_opens_the_api(world):
    file = Path(world.work, "state", "operator-token")
    mode = stat.S_IMODE(file.stat().st_mode)
    expect(mode == 0o600, f"operator-token has the mode {mode:o}")
    users = requests.get(world.url + API + "/users", headers=bearer(world), verify=world.ca, timeout=10)
    expect(users.status_code == 200, users.text)
    stranger = requests.get(world.url + API + "/users", headers={"Authorization": "Bearer x"}, verify=world.ca, timeout=10)
    expect((stranger.status_code, stranger.headers["content-type"]) == (401, "application/problem+json"), stranger.text)
    why = requests.get(world.url + API + "/exchanges/" + stranger.headers["X-Vcsso-Trace"], headers=bearer(world), verify=world.ca, timeout=10)
    refusal = why.json()["decisions"][0]["detail"]["refusal"]
    expect(refusal == "operator.token", json.dumps(why.json()))
    return f"{len(users.json()['items'])} users; a stranger is refused by {refusal}"


def schemathesis_finds_nothing_that_the_document_does_not_say(world):
    program = Path(sys.executable).parent / "schemathesis"
    command = [program, "--config-file", HERE / "schemathesis.toml", "run", world.url + API + "/openapi.json"]
    command += ["--tls-verify", world.ca, "--header", f"Authorization: {bearer(world)['Authorization']}"]
    command += ["--checks", CHECKS, "--max-examples", os.environ.get("VCSSO_EXAMPLES", "10"), "--seed", "1"]
    command += ["--request-timeout", "60", "--no-color"]
    child = subprocess.run(command, cwd=world.work, capture_output=True, text=True, timeout=PROGRAM_SECONDS)
    Path(world.work, "schemathesis.log").write_text(child.stdout + child.stderr)
    expect(child.returncode == 0, child.stdout[-4000:] + child.stderr[-1000:])
    operations = re.search(r"Tested: (\d+)", child.stdout)
    cases = re.search(r"(\d+) generated, (\d+) passed", child.stdout)
    expect(operations and cases and cases[1] == cases[2], child.stdout[-2000:])
    expect(int(operations[1]) > 50, f"only {operations[1]} operations")
    return f"{operations[1]} operations, {cases[1]} requests"


def bearer(world):
    return {"Authorization": "Bearer " + Path(world.work, "state", "operator-token").read_text().strip()}


CASES = [the_token_is_the_operators_alone_and_opens_the_api, schemathesis_finds_nothing_that_the_document_does_not_say]


if __name__ == "__main__":
    with tempfile.TemporaryDirectory(prefix="vcsso-admin-") as work:
        with replica(work, "state", os.environ["VCSSO_BINARY"], "sqlite") as (world, _):
            play("admin", world, CASES)
