import dataclasses
import datetime as dt

import pytest

from eksnet.checks.eni_leaks import leaked_interfaces
from eksnet.cni.eni import EniClass, classify
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Finding, Status
from eksnet.model.network import Eni
from eksnet.model.snapshot import Facet, Sighting, Snapshot
from tests.build import NOW, Example, branch, cluster, eni, node_eni, snapshot, trunk


def left(eni_id: str, minutes: int | None, **parts: object) -> Eni:
    tags = {"node.k8s.amazonaws.com/instance_id": "i-1"}
    if minutes is not None:
        born = NOW - dt.timedelta(minutes=minutes)
        tags["node.k8s.amazonaws.com/createdAt"] = born.isoformat()
    values: dict[str, object] = {
        "description": "aws-K8S-i-1",
        "status": "available",
        "tags": tags | dict(parts.pop("tags", {})),  # type: ignore[call-overload]
    }
    return eni(eni_id, **{**values, **parts})


def with_enis(*enis: Eni, since: int | None = None, **parts: object) -> Snapshot:
    sightings = [
        Sighting(eni_id=each.id, available_since=NOW - dt.timedelta(minutes=since))
        for each in enis
        if since is not None
    ]
    values: dict[str, object] = {"clusters": [cluster()], "enis": enis, "sightings": sightings}
    return snapshot(**{**values, **parts})


EXAMPLES = {
    "ENI001": Example(
        good=(
            with_enis(node_eni("eni-1", "i-1", index=1)),
            with_enis(left("eni-1", 5)),
            with_enis(left("eni-1", None), since=3),
            with_enis(left("eni-1", 600, description="somebody's own")),
            with_enis(),
        ),
        bad=(
            with_enis(left("eni-1", 6), left("eni-2", 2)),
            with_enis(left("eni-1", None), since=60),
        ),
        unknown=(
            with_enis(left("eni-1", None)),
            with_enis(left("eni-1", None, tags={"node.k8s.amazonaws.com/createdAt": "soon"})),
        ),
    ),
}


LEFT_BRANCH = branch("eni-1", "eni-trunk", status="available")
LEFT_TRUNK = trunk("eni-1", "i-1", status="available", attachment=None)


def ask(seen: Snapshot) -> tuple[Finding, ...]:
    return run(seen, [leaked_interfaces], Limits())


def test_an_age_is_never_guessed() -> None:
    (finding,) = ask(with_enis(left("eni-1", None)))
    assert finding.unknown
    assert (finding.unknown.api, finding.unknown.error) == ("eksnet:history", "NotStored")


def test_without_stored_history_tags_still_tell() -> None:
    seen = with_enis(left("eni-1", 6))
    blind = dataclasses.replace(seen, seen=seen.seen - {Facet.HISTORY})
    assert ask(blind) == ask(seen)


def test_a_vpc_passes_only_where_nothing_is_leaked_or_unknown() -> None:
    for seen in (*EXAMPLES["ENI001"].bad, *EXAMPLES["ENI001"].unknown):
        assert Status.PASS not in {finding.status for finding in ask(seen)}


def test_a_quarter_million_interfaces_make_one_pass_a_vpc() -> None:
    (finding,) = ask(with_enis(*(node_eni(f"eni-{n}", "i-1", index=1) for n in range(100))))
    assert finding.resource.type == "AWS::EC2::VPC"
    assert finding.evidence["interfaces"] == 100


def test_a_vpc_without_clusters_is_nobody_s_business() -> None:
    (finding,) = ask(with_enis(left("eni-1", 600, vpc_id="vpc-other")))
    assert finding.status is Status.PASS
    assert finding.resource.id == "vpc-0a"


def test_the_cluster_tag_names_the_cluster() -> None:
    tags = {"cluster.k8s.amazonaws.com/name": "payments"}
    assert ask(with_enis(left("eni-1", 600, tags=tags)))[0].cluster == "payments"
    other = {"cluster.k8s.amazonaws.com/name": "gone"}
    assert ask(with_enis(left("eni-1", 600, tags=other)))[0].cluster is None


def aged(interface: Eni, minutes: int) -> Eni:
    born = (NOW - dt.timedelta(minutes=minutes)).isoformat()
    tags = {**interface.tags, "node.k8s.amazonaws.com/createdAt": born}
    return dataclasses.replace(interface, tags=tags)


@pytest.mark.parametrize("interface", [LEFT_BRANCH, LEFT_TRUNK])
def test_trunks_and_branches_are_left_behind_as_well(interface: Eni) -> None:
    assert [f.status for f in ask(with_enis(interface))] == [Status.UNKNOWN]
    assert [f.status for f in ask(with_enis(interface, since=60))] == [Status.FAIL]
    assert [f.status for f in ask(with_enis(aged(interface, 6)))] == [Status.FAIL]
    assert [f.status for f in ask(with_enis(aged(interface, 5)))] == [Status.PASS]


@pytest.mark.parametrize("interface", [LEFT_BRANCH, LEFT_TRUNK])
def test_without_its_maker_s_tag_or_in_use_it_is_not_left_behind(interface: Eni) -> None:
    for other in (
        dataclasses.replace(aged(interface, 600), status="in-use"),
        dataclasses.replace(interface, tags={}),
        dataclasses.replace(interface, tags={"eks:eni:owner": "somebody"}),
        dataclasses.replace(interface, description="somebody's own"),
    ):
        assert [f.status for f in ask(with_enis(other, since=600))] == [Status.PASS]


def test_the_owner_tag_alone_marks_an_interface_of_the_cni() -> None:
    tags = {"eks:eni:owner": "amazon-vpc-cni"}
    lone = eni("eni-1", description="aws-K8S-i-1", status="available", tags=tags)
    assert [f.status for f in ask(with_enis(lone, since=60))] == [Status.FAIL]


def test_a_branch_left_behind_names_its_cluster_and_stays_a_branch() -> None:
    assert ask(with_enis(LEFT_BRANCH, since=60))[0].cluster == "payments"
    assert classify(aged(LEFT_BRANCH, 600), NOW) is EniClass.BRANCH
