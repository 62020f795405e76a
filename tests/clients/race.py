#!/usr/bin/env python3
"""race BINARY POSTGRES_URL [ROUNDS]: fifty clients race for one clone ticket over two processes on one Postgres.

In every round exactly one of them must get a session. Prints what was seen; exit 1 when a round had another outcome.
"""

import sys
import tempfile
import threading
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
sys.dont_write_bytecode = True

from service import replica
from soap import Caller

RACERS = 50
ROUNDS = 200


def main(binary, database, rounds=ROUNDS):
    with tempfile.TemporaryDirectory(prefix="vcsso-race-") as work:
        with replica(work, "one", binary, database) as one, replica(work, "two", binary, database) as two:
            return race([one[0], two[0]], int(rounds))


def race(worlds, rounds):
    racers = [client(worlds[index % 2]) for index in range(RACERS)]
    lenders = [client(world) for world in worlds]
    for lender in lenders:
        lender.login()
    outcomes = Counter(play(racers, lenders[number % 2].ticket()) for number in range(rounds))
    for (won, refused), times in sorted(outcomes.items()):
        print(f"{times} rounds: {won} of {RACERS} got a session, {refused} were refused with InvalidLogin")
    return 0 if set(outcomes) == {(1, RACERS - 1)} else 1


def play(racers, ticket):
    start, answers = threading.Barrier(len(racers)), [None] * len(racers)

    def run(index):
        start.wait()
        answers[index] = racers[index].clone(ticket)

    threads = [threading.Thread(target=run, args=(index,)) for index in range(len(racers))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    won = [racer for racer, (status, _) in zip(racers, answers) if status == 200]
    refused = sum('xsi:type="InvalidLogin"' in text for _, text in answers)
    for racer in won:
        racer.logout()
    return len(won), refused


def client(world):
    return Caller(world.host, world.port, world.ca)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:4]))
