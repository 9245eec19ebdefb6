import dataclasses

import pytest

from eksnet.checks.epa_endpoint import public_endpoint
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, snapshot


def admits(*cidrs: str, **parts: object) -> Snapshot:
    listed = cluster(public_access_cidrs=cidrs)
    return snapshot(clusters=[dataclasses.replace(listed, **parts)])  # type: ignore[arg-type]


EXAMPLES = {
    "EPA001": Example(
        good=(admits(), admits(endpoint_public=False)),
        bad=(admits(endpoint_private=False),),
    ),
    "EPA002": Example(
        good=(
            admits("203.0.113.0/24"),
            admits("12.0.0.0/8"),
            admits("0.0.0.0/0", endpoint_public=False),
            admits("203.0.113.0/24", "2001:db8::/32"),
        ),
        bad=(
            admits("0.0.0.0/0"),
            admits(),
            admits("12.0.0.0/7"),
            admits("0.0.0.0/1", "128.0.0.0/1"),
            admits("203.0.113.0/24", "::/0"),
        ),
        unknown=(admits("office"),),
    ),
}


@pytest.mark.parametrize("length", [1, 2, 9])
def test_pieces_of_the_whole_are_the_whole(length: int) -> None:
    step = 1 << (32 - length)
    pieces = [
        f"{'.'.join(str(byte) for byte in (n * step).to_bytes(4))}/{length}"
        for n in range(1 << length)
    ]
    (finding,) = run(admits(*pieces), [public_endpoint], Limits())
    assert finding.status is Status.FAIL
    assert finding.message == "the public endpoint admits every IPv4 address"


def test_overlapping_entries_are_counted_once() -> None:
    (finding,) = run(admits("12.0.0.0/8", "12.1.0.0/16"), [public_endpoint], Limits())
    assert finding.status is Status.PASS
