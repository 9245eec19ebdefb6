"""Judge a large snapshot with the whole catalogue; print the figures as JSON.

`bench_judging.py CLUSTERS [--profile]`. The snapshot is made by the collector's own parsers of the
same items that the loopback AWS serves, so its records are what a real audit would hold.
"""

import argparse
import collections
import cProfile
import dataclasses
import json
import pstats
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

from eksnet.capacity.room import rooms
from eksnet.checks import catalogue
from eksnet.cni.eni import class_by_eni
from eksnet.cni.membership import cluster_by_eni, used_subnets
from eksnet.cni.settings import settings_by_cluster
from eksnet.collect import parse_ec2, parse_eks
from eksnet.collect.facets import SWEEPS
from eksnet.engine.check import Answer, Check
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.cluster import ClusterRole
from eksnet.model.finding import Finding
from eksnet.model.quota import Quota
from eksnet.model.snapshot import Facet, Snapshot, Target
from eksnet.network.blocks import free_28
from eksnet.network.cidr import BITS, Block, address, block
from eksnet.network.routes import table_by_subnet
from tools import bench_eks, bench_interfaces, bench_names, bench_network

EXTRA_ENIS = 2  # 50 interfaces a cluster, so that 5,000 clusters have 250,000
USED, USED_BLOCKS = 60_000, 3_800  # addresses, and the /28s of the /16 that they lie in
BLOCKS_SEED = 28
SHARED = (class_by_eni, cluster_by_eni, used_subnets, settings_by_cluster, table_by_subnet, rooms)
"""What many checks rest on: it is derived once, so that no check is charged with it."""
REPEATS = 5


def snapshot(clusters: int) -> Snapshot:
    """Return a snapshot of everything but history."""
    found: Any = {sweep.field: tuple(_swept(sweep, clusters)) for sweep in SWEEPS}
    target = Target(account_id=bench_names.ACCOUNT, region=bench_names.REGION)
    numbers = range(clusters)
    return Snapshot(
        target=target,
        captured_at=bench_names.MOMENT,
        seen=frozenset(Facet),
        cluster_names=tuple(bench_names.name(number) for number in numbers),
        clusters=tuple(parse_eks.cluster(bench_eks.cluster(number)) for number in numbers),
        node_groups=tuple(
            parse_eks.node_group(bench_eks.node_group(number, group))
            for number in numbers
            for group in bench_eks.GROUPS
        ),
        addons=tuple(
            parse_eks.addon(bench_eks.addon(number, kind))
            for number in numbers
            for kind in bench_eks.ADDONS
        ),
        cluster_roles=tuple(
            ClusterRole(
                arn=f"arn:aws:iam::{bench_names.ACCOUNT}:role/eks-{number}",
                policy_arns=tuple(each["PolicyArn"] for each in bench_eks.policies()),
            )
            for number in range(bench_names.ROLES)
        ),
        instance_types=tuple(
            parse_ec2.instance_type(bench_network.instance_type(kind)) for kind in bench_names.TYPES
        ),
        quotas=tuple(
            Quota(id=code, arn="", service="vpc", name=code, value=value)
            for code, value in bench_names.QUOTAS.items()
        ),
        **_with_attributes(found),
    )


def _swept(sweep: Any, clusters: int) -> Iterator[object]:  # noqa: ANN401 - any sweep
    for number in range(clusters):
        for raw in bench_network.SWEPT[sweep.operation](number):
            yield from sweep.parse(raw)
        if sweep.operation == "DescribeNetworkInterfaces":
            for extra in bench_interfaces.strangers(number, EXTRA_ENIS):
                yield from sweep.parse(extra)


def _with_attributes(found: dict[str, Any]) -> dict[str, Any]:
    vpcs = tuple(
        dataclasses.replace(vpc, dns_support=True, dns_hostnames=True) for vpc in found["vpcs"]
    )
    return {**found, "vpcs": vpcs}


def timed(
    evaluate: Callable[[Snapshot, Limits], Iterator[Answer]], name: str, spent: dict[str, float]
) -> Callable[[Snapshot, Limits], Iterator[Answer]]:
    """Return ``evaluate`` noting the processor seconds its answers take."""

    def noted(seen: Snapshot, limits: Limits) -> Iterator[Answer]:
        started = time.process_time()
        for answer in evaluate(seen, limits):
            spent[name] += time.process_time() - started
            yield answer
            started = time.process_time()
        spent[name] += time.process_time() - started

    return noted


def judged(seen: Snapshot) -> tuple[dict[str, float], dict[str, float], tuple[Finding, ...]]:
    """Return the seconds judging takes, the processor's of each check, and the findings."""
    spent: dict[str, float] = collections.defaultdict(float)
    checks: list[Check] = [
        dataclasses.replace(check, evaluate=timed(check.evaluate, check.id, spent))
        for check in catalogue()
    ]
    wall, processor = time.perf_counter(), time.process_time()
    for derive in SHARED:
        started = time.process_time()
        derive(seen)
        spent[f"{derive.__name__}, for many checks"] = time.process_time() - started
    findings = run(seen, checks, Limits())
    took = {"wall": time.perf_counter() - wall, "total": time.process_time() - processor}
    return took, spent, findings


def free_blocks() -> dict[str, float]:
    """Return what the search for free /28s takes, in seconds, and how many it finds.

    The addresses are scattered but for a few blocks left free. ``reading`` is what it takes to make
    integers of them, which is done once and before.
    """
    whole = block("10.0.0.0/16")
    chosen = random.Random(BLOCKS_SEED).sample(range(whole.size // 16), USED_BLOCKS)  # noqa: S311 - not secret
    spread = [whole.first + each * 16 + host for each in chosen for host in range(16)]
    texts = [str(Block(each, BITS)).removesuffix(f"/{BITS}") for each in spread[:USED]]
    started = time.perf_counter()
    used = [address(each) for each in texts]
    reading = time.perf_counter() - started
    took = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        free = free_28(whole, used)
        took.append(time.perf_counter() - started)
    return {"search": statistics.median(took), "reading": reading, "free": len(free)}


def peak() -> float:
    """Return the most memory this process has held, in MiB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("clusters", type=int)
    parser.add_argument("--profile", action="store_true", help="print where the time goes instead")
    asked = parser.parse_args()
    blocks = free_blocks()
    seen = snapshot(asked.clusters)
    before = peak()
    if asked.profile:
        with cProfile.Profile() as profile:
            judged(seen)
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(40)
        return
    took, spent, findings = judged(seen)
    sizes = {
        "clusters": len(seen.clusters),
        "subnets": len(seen.subnets),
        "network interfaces": len(seen.enis),
        "instances": len(seen.instances),
    }
    figures = {
        "sizes": sizes,
        **took,
        "checks": spent,
        "rest": took["total"] - sum(spent.values()),
        "findings": len(findings),
        "before": before,
        "peak": peak(),
        "blocks": blocks,
    }
    json.dump(figures, sys.stdout)


if __name__ == "__main__":
    main()
