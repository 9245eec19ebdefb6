"""Measure the audit of a region, judging alone, free blocks, forecasts, and cold starts.

`python tools/bench.py` measures the full sizes, `--quick` a tenth. The exit code is 1 when a call
was made that the budget does not allow; a goal that is missed is only told.
"""

import argparse
import contextlib
import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from typing import Any

from tools import bench_cold

HERE = pathlib.Path(__file__).parent
CLUSTERS, QUICK_CLUSTERS = 50, 5
JUDGED, QUICK_JUDGED = 5000, 500
FORECASTS, QUICK_FORECASTS = (1000, 30_000), (100, 3000)  # histories of a kind; subnets timed
RUNS = 5
GOALS = {
    "wall": (3.0, "s"),
    "memory": (100.0, "MiB"),
    "start-up": (0.7, "s"),
    "judging": (60.0, "s"),
    "one check": (10.0, "%"),
    "judging memory": (2048.0, "MiB"),
    "free blocks": (20.0, "ms"),
    "forecast": (90.0, "s"),
    "forecast error": (25.0, "%"),
    "forecast misses": (20.0, "%"),
    "cold, our code": (250.0, "ms"),
    "cold, audit": (900.0, "ms"),
}
"""What the project wants of its own speed on a 2-core x86-64 machine."""


def main() -> int:
    """Measure all and print it; return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a tenth of the sizes")
    parser.add_argument("--runs", type=int, default=RUNS, help="audits to run")
    parser.add_argument(
        "--only", choices=("audit", "judging", "forecast", "cold"), help="measure only this"
    )
    asked = parser.parse_args()
    if asked.quick:
        print("A tenth of the sizes that the goals are for.")
    over = 0
    if asked.only in {None, "audit"}:
        over = audits(QUICK_CLUSTERS if asked.quick else CLUSTERS, asked.runs)
    if asked.only in {None, "judging"}:
        judging(QUICK_JUDGED if asked.quick else JUDGED)
    if asked.only in {None, "forecast"}:
        forecasting(*(QUICK_FORECASTS if asked.quick else FORECASTS))
    if asked.only in {None, "cold"}:
        cold()
    return int(bool(over))


def audits(clusters: int, runs: int) -> int:
    """Measure audits of one region; return how many operations were called too often."""
    print(f"\nThe whole audit: {clusters} clusters, JSON report, {runs} runs")
    with serving(clusters) as port, tempfile.TemporaryDirectory() as folder:
        found = [audit(port, pathlib.Path(folder) / "report.json") for _ in range(runs)]
        size = (pathlib.Path(folder) / "report.json").stat().st_size
    for name in ("wall", "memory", "start-up"):
        measured = [each[name] for each in found]
        told(name, statistics.median(measured), f"median; least {min(measured):.2f}")
    print(f"  {'processor':18} {statistics.median(each['cpu'] for each in found):8.2f} s")
    print(f"  {'report':18} {size / 1e6:8.2f} MB")
    return budget(found[-1]["counts"])


def audit(port: int, report: pathlib.Path) -> dict[str, Any]:
    """Run one audit in a process of its own and return what it took."""
    command = [str(pathlib.Path(sys.executable).parent / "eksnet"), "audit"]
    command += ["--region", "us-east-1", "--format", "json", "--output", str(report)]
    counts(port)
    started = time.monotonic()
    child = subprocess.Popen(command, env=environment(port), stderr=subprocess.PIPE)
    errors = child.stderr.read() if child.stderr else b""
    _, status, usage = os.wait4(child.pid, 0)
    wall = time.monotonic() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode not in (0, 1, 3):
        sys.exit(f"the audit failed:\n{errors.decode()}")
    told_counts = counts(port)
    return {
        "wall": wall,
        "memory": usage.ru_maxrss / 1024,
        "start-up": told_counts["first"] - started,
        "cpu": usage.ru_utime + usage.ru_stime,
        "counts": told_counts,
    }


def environment(port: int) -> dict[str, str]:
    """Return an environment with plain credentials and nothing of the caller's configuration."""
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": "/nonexistent",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI",
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextlib.contextmanager
def serving(clusters: int) -> Iterator[int]:
    """Serve the prepared answers from a process of their own; yield its port."""
    command = [sys.executable, str(HERE / "bench_server.py"), str(clusters)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield int(server.stdout.readline() if server.stdout else "")
        finally:
            server.terminate()


def counts(port: int) -> dict[str, Any]:
    """Return the calls since last asked."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/_counts") as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def budget(told_counts: dict[str, Any]) -> int:
    """Print the calls against the budget; return how many operations exceed it."""
    calls, allowed = told_counts["calls"], told_counts["budget"]
    print(f"  {'calls':18} {sum(calls.values()):8} of {sum(allowed.values())} allowed")
    over = 0
    for operation in sorted({*calls, *allowed}):
        made, most = calls.get(operation, 0), allowed.get(operation, 0)
        over += made > most
        mark = "OVER" if made > most else "" if made == most else "fewer"
        print(f"    {operation:38} {made:4} of {most:4} {mark}")
    return over


def judging(clusters: int) -> None:
    """Measure judging, and the search for free blocks, in a process of their own."""
    command = [sys.executable, str(HERE / "bench_judging.py"), str(clusters)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    sizes = ", ".join(f"{count:,} {what}" for what, count in found["sizes"].items())
    print(f"\nJudging alone: {sizes}")
    told("judging", found["total"], f"processor; wall {found['wall']:.1f} s")
    print(f"  {'findings':18} {found['findings']:8,}")
    worst, dearest = max((seconds, check) for check, seconds in found["checks"].items())
    told("one check", 100 * worst / found["total"], f"{dearest} takes most")
    told("judging memory", found["peak"], f"{found['before']:.0f} MiB before judging")
    slowest = sorted(found["checks"].items(), key=lambda pair: -pair[1])
    for check, seconds in slowest:
        print(f"    {check:38} {seconds:8.2f} s")
    print(f"    {'making and sorting the findings':38} {found['rest']:8.2f} s")
    print("\nFree /28 blocks of a /16 that holds 60,000 addresses")
    blocks = found["blocks"]
    told("free blocks", 1000 * blocks["search"], f"{blocks['free']} found")
    print(f"  {'reading addresses':18} {1000 * blocks['reading']:8.2f} ms, once")


def forecasting(histories: int, subnets: int) -> None:
    """Measure how right forecasts are, and what they take, in a process of their own."""
    command = [sys.executable, str(HERE / "bench_forecast.py"), str(histories), str(subnets)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    found = json.loads(done.stdout)
    print(f"\nForecasts: {histories:,} generated histories of each kind")
    print("    kind        dated  error, median  range, median  truth in range  too little data")
    for kind, seen in found["kinds"].items():
        error = f"{seen['error']:3.0f} d {seen['share']:4.1f} %" if seen["share"] else ""
        width = f"{seen['width']:3.0f} d" if seen["share"] else ""
        print(
            f"    {kind:10} {seen['dated']:4.0f} % {error:>14} {width:>14}"
            f" {seen['covered']:13.1f} % {seen['too little']:14.1f} %"
        )
    kinds = found["kinds"].items()
    wrong, kind = max((seen["share"] or 0, kind) for kind, seen in kinds)
    told("forecast error", wrong, f"median of the worst kind: {kind}")
    missed, kind = max((100 - seen["covered"], kind) for kind, seen in kinds)
    told("forecast misses", missed, f"truths outside the range, worst kind: {kind}")
    told("forecast", found["seconds"], f"{subnets:,} subnets, 90 days each")


def cold() -> None:
    """Measure cold starts of the built functions."""
    print(f"\nCold starts: processor time beyond a bare interpreter's, {bench_cold.STARTS} starts")
    found = bench_cold.cold()
    ours = found["targets"] - found["SDK alone"]
    told("cold, our code", ours, f"of {found['targets']:.0f} ms to import it all, botocore too")
    told("cold, audit", found.pop("audit, clients"), "EC2, EKS, DynamoDB, STS clients made")
    for name, taken in found.items():
        print(f"  {name:18} {taken:8.2f} ms")


def told(name: str, value: float, remark: str) -> None:
    """Print a figure with its goal."""
    goal, unit = GOALS[name]
    verdict = "met" if value <= goal else "not met"
    print(f"  {name:18} {value:8.2f} {unit:3}  goal {goal:g} {unit}: {verdict} ({remark})")


if __name__ == "__main__":
    sys.exit(main())
