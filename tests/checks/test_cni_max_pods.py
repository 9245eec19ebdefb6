import dataclasses
import json

import pytest

from eksnet.checks.cni_max_pods import alike_types, interface_left, within_ceiling
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, addon, cluster, instance, node_eni, node_group, snapshot

CUSTOM = {"AWS_VPC_K8S_CNI_CUSTOM_NETWORK_CFG": "true"}
ON = {"ENABLE_PREFIX_DELEGATION": "true"}
UNHEARD_OF = "x99.huge"


def mixed(
    *types: str, env: dict[str, str] | None = None, family: str = "ipv4", **parts: object
) -> Snapshot:
    return snapshot(
        clusters=[cluster(ip_family=family)],
        node_groups=[node_group(instance_types=types, **parts)],
        addons=[addon(configuration=json.dumps({"env": env or {}}))],
    )


def held(kind: str, *, interfaces: int, singles: int = 0, prefixes: int = 0) -> Snapshot:
    """Return a node of a type whose interfaces hold so much beside their first addresses."""
    return snapshot(
        clusters=[cluster()],
        instances=[instance("i-1", type=kind)],
        enis=[
            node_eni(
                f"eni-{number}",
                "i-1",
                index=number,
                private_ips=tuple(f"10.0.{number}.{each}" for each in range(1, singles + 2)),
                prefixes=tuple(f"10.1.{number}.{16 * each}/28" for each in range(prefixes)),
            )
            for number in range(interfaces)
        ],
    )


def left_alone(seen: Snapshot) -> Snapshot:
    """Return the node with all but its first interface told to be left alone by the CNI."""
    first, *more = seen.enis
    tags = {"node.k8s.amazonaws.com/no_manage": "true"}
    others = (dataclasses.replace(each, description="multus", tags=tags) for each in more)
    return dataclasses.replace(seen, enis=(first, *others))


WINDOWS = "WINDOWS_CORE_2022_x86_64"
TIGHT = {**CUSTOM, "MAX_ENI": "1"}
SELF_MANAGED = snapshot(
    clusters=[cluster()], node_groups=[node_group(instance_types=("m5.large", "t3.small"))]
)
EXAMPLES = {
    "CNI009": Example(
        good=(
            mixed("m5.large"),
            mixed("m5.large", "m6i.large"),
            mixed("m5.large", "m5.xlarge", env=ON),
            mixed("m5.large", "t3.small", family="ipv6"),
            mixed("m5.large", ami_type="WINDOWS_CORE_2022_x86_64"),
        ),
        bad=(mixed("m5.large", "m5.xlarge"), mixed("t3.small", "m5.large", env=CUSTOM)),
        unknown=(
            mixed(),
            mixed("m5.large", UNHEARD_OF),
            mixed("m5.large", "m5.xlarge", ami_type="CUSTOM"),
            SELF_MANAGED,
        ),
    ),
    "CNI010": Example(
        good=(
            held("m5.large", interfaces=3, singles=9),
            held("m5.4xlarge", interfaces=4, singles=29),
            held("m5.24xlarge", interfaces=6, singles=49),
            held("m5.large", interfaces=1, prefixes=7),
            snapshot(clusters=[cluster()]),
            left_alone(held("m5.4xlarge", interfaces=5, singles=29)),
        ),
        bad=(
            held("m5.4xlarge", interfaces=5, singles=29),
            held("m5.large", interfaces=2, prefixes=9),
        ),
        unknown=(held(UNHEARD_OF, interfaces=5, singles=29),),
    ),
    "CNI011": Example(
        good=(
            mixed("m5.large", env={"MAX_ENI": "1"}),
            mixed("m5.large", env=CUSTOM),
            mixed("m5.large", env=TIGHT, family="ipv6"),
            mixed("m5.large", env=TIGHT, ami_type=WINDOWS),
        ),
        bad=(mixed("m5.large", env=TIGHT),),
        unknown=(SELF_MANAGED, mixed(UNHEARD_OF), mixed(env=TIGHT)),
    ),
}


def alike(seen: Snapshot) -> Finding:
    (finding,) = run(seen, [alike_types], Limits())
    return finding


def test_custom_networking_takes_an_interface_from_the_pods() -> None:
    """(3 - 1) x (10 - 1) + 2 = 20, as the best-practices guide's formula has it."""
    pods = alike(mixed("m5.large", "m5.xlarge", env=CUSTOM)).evidence["max_pods"]
    assert pods == {"m5.large": 20, "m5.xlarge": 44}


def test_prefixes_make_small_types_alike_at_the_ceiling() -> None:
    pods = alike(mixed("m5.large", "m5.xlarge", env=ON)).evidence["max_pods"]
    assert pods == {"m5.large": 110, "m5.xlarge": 110}


@pytest.mark.parametrize(("kind", "ceiling"), [("m5.4xlarge", 110), ("m5.12xlarge", 250)])
def test_the_ceiling_follows_the_vcpus(kind: str, ceiling: int) -> None:
    (finding,) = run(held(kind, interfaces=8, prefixes=5), [within_ceiling], Limits())
    assert finding.evidence["ceiling"] == ceiling


def test_what_completes_the_last_interface_is_no_excess() -> None:
    (finding,) = run(held("m5.4xlarge", interfaces=4, singles=29), [within_ceiling], Limits())
    assert finding.status is Status.PASS


def test_a_trunk_may_take_the_last_interface() -> None:
    env = {"ENABLE_POD_ENI": "true", "MAX_ENI": "2", **CUSTOM}
    (finding,) = run(mixed("m5.large", env=env), [interface_left], Limits())
    assert finding.status is Status.FAIL


def test_a_type_that_the_table_lacks_is_the_tables_fault() -> None:
    (finding,) = run(mixed(UNHEARD_OF), [interface_left], Limits())
    assert finding.unknown is not None
    assert finding.unknown.api == "eksnet:instance-limits"
