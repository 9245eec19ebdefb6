"""Try every repair with everything that can go wrong, in an AWS of our own; print the figures.

Each trial is a line of text, and is replayed by it: --replay "flow-logs apply 12:crash-after".
"""

import argparse
import collections
import gc
import itertools
import multiprocessing
import pathlib
import sys
import time
from collections.abc import Iterable, Iterator

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from sandbox.world.schedules import (
    DONE,
    Case,
    case_of,
    chance,
    crashes,
    faults,
    people,
    workers,
)

SHOWN = 20  # violations printed of each kind of trial: one is enough to begin with
Result = tuple[str, str, tuple[str, ...]]


def tried(case: Case) -> Result:
    """Make a trial; return its text, how it ended, and what did not hold."""
    outcome = case.run()
    ended = "converged" if outcome.state is DONE[case.purpose] else outcome.state.value
    return str(case), ended, outcome.broken


def _settle_in() -> None:
    """Collect garbage seldom: a trial makes much, and nearly all of it goes by itself."""
    gc.freeze()
    gc.set_threshold(200_000)


def _results(cases: Iterable[Case], jobs: int) -> Iterator[Result]:
    if jobs == 1:
        yield from map(tried, cases)
        return
    with multiprocessing.Pool(jobs, _settle_in) as pool:
        yield from pool.imap_unordered(tried, cases, chunksize=32)


def section(name: str, cases: Iterable[Case], jobs: int) -> int:
    """Make the trials of one kind, print their figures, and return how many broke a law."""
    started, ends, broken = time.monotonic(), collections.Counter[str](), 0
    for text, ended, laws in _results(cases, jobs):
        ends[ended] += 1
        if laws:
            broken += 1
            if broken <= SHOWN:
                print(f'  {laws[0]}\n    python tools/deep.py --replay "{text}"')
    parked = ", ".join(f"{n} {state}" for state, n in ends.most_common() if state != "converged")
    seconds = time.monotonic() - started
    print(
        f"{name:<10} {ends.total():>7} trials  {ends['converged']:>7} converged  "
        f"{ends.total() - ends['converged']:>6} parked  {broken:>3} violations  {seconds:5.0f} s"
        + (f"\n{'':<10} parked: {parked}" if parked else ""),
        flush=True,
    )
    return broken


def replay(text: str) -> int:
    """Make one trial and print all of it."""
    case = chance(int(text)) if text.isdigit() else case_of(text)
    outcome = case.run()
    print(f"{case}\n{outcome.state}, {outcome.points} calls")
    for each in outcome.broken:
        print(f"  {each}")
    return len(outcome.broken)


def main() -> int:
    """Make all trials, or one again; 1 when a law was broken."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--random", type=int, default=10_000, help="how many random schedules")
    parser.add_argument("--seed", type=int, default=0, help="the first seed")
    parser.add_argument("--jobs", type=int, default=multiprocessing.cpu_count())
    parser.add_argument("--only", choices=("faults", "crashes", "workers", "people", "random"))
    parser.add_argument("--every", type=int, default=1, help="of each kind only every n-th trial")
    parser.add_argument("--replay", help="a trial as it was printed, or a random one's seed")
    asked = parser.parse_args()
    if asked.replay:
        return 1 if replay(asked.replay) else 0
    kinds = {
        "faults": faults,
        "crashes": crashes,
        "workers": workers,
        "people": people,
        "random": lambda: map(chance, range(asked.seed, asked.seed + asked.random)),
    }
    chosen = [asked.only] if asked.only else list(kinds)
    broken = [
        section(name, itertools.islice(kinds[name](), 0, None, asked.every), asked.jobs)
        for name in chosen
    ]
    return 1 if any(broken) else 0


if __name__ == "__main__":
    sys.exit(main())
