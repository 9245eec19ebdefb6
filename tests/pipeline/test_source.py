import dataclasses
import datetime as dt
import pathlib

import pytest

from eksnet.model.errors import InputError
from eksnet.model.snapshot import Blind, Facet, Resource
from eksnet.pipeline.source import load_snapshot, narrow, require_clusters, with_history
from tests.build import NOW, TARGET, addon, cluster, eni, fargate_profile, node_group, snapshot


def unattached(eni_id: str) -> object:
    return eni(
        eni_id,
        description="aws-K8S-i-0a",
        status="available",
        tags={"node.k8s.amazonaws.com/instance_id": "i-0a"},
    )


def test_narrowing_keeps_the_region_and_drops_the_other_clusters() -> None:
    theirs = Blind(facet=Facet.CLUSTERS, api="a", error="b", cluster="search")
    other_vpc = Blind(
        facet=Facet.VPC_ATTRIBUTES,
        api="a",
        error="b",
        resource=Resource(type="AWS::EC2::VPC", id="vpc-other"),
    )
    region = Blind(facet=Facet.FLOW_LOGS, api="a", error="b")
    seen = snapshot(
        clusters=[cluster("payments"), cluster("search", vpc_id="vpc-other")],
        node_groups=[node_group(cluster_name=each) for each in ("payments", "search")],
        fargate_profiles=[fargate_profile(cluster_name=each) for each in ("payments", "search")],
        addons=[addon(each) for each in ("payments", "search")],
        blinds=(theirs, other_vpc, region),
    )
    narrowed = narrow(seen, ["payments"])
    assert [each.name for each in narrowed.clusters] == ["payments"]
    for members in (narrowed.node_groups, narrowed.fargate_profiles, narrowed.addons):
        assert [each.cluster for each in members] == ["payments"]
    assert narrowed.blinds == (region,)
    assert narrowed.selected == ("payments",)


def test_a_cluster_that_is_nowhere_is_refused_unless_the_list_was() -> None:
    seen = snapshot(clusters=[cluster("payments")])
    with pytest.raises(InputError, match="no cluster 'search'; those there are: payments"):
        require_clusters([seen], ["search"])
    blind = Blind(facet=Facet.CLUSTERS, api="eks:ListClusters", error="AccessDeniedException")
    require_clusters([dataclasses.replace(seen, blinds=(blind,))], ["search"])


def test_history_tells_since_when_an_interface_has_been_unattached() -> None:
    before = snapshot(enis=[unattached("eni-1"), unattached("eni-2")])
    earlier = dataclasses.replace(before, captured_at=NOW - dt.timedelta(hours=1))
    now = snapshot(enis=[unattached("eni-1"), unattached("eni-3")])
    (sighting,) = with_history(now, earlier).sightings
    assert sighting.eni_id == "eni-1"
    assert sighting.available_since == earlier.captured_at


def test_history_goes_back_as_far_as_the_earlier_snapshot_knew() -> None:
    first = dataclasses.replace(
        snapshot(enis=[unattached("eni-1")]), captured_at=NOW - dt.timedelta(hours=2)
    )
    second = dataclasses.replace(
        snapshot(enis=[unattached("eni-1")]), captured_at=NOW - dt.timedelta(hours=1)
    )
    third = with_history(snapshot(enis=[unattached("eni-1")]), with_history(second, first))
    assert third.sightings[0].available_since == first.captured_at


def test_history_of_another_target_or_a_later_time_is_refused() -> None:
    elsewhere = dataclasses.replace(
        snapshot(),
        target=dataclasses.replace(TARGET, region="us-east-1"),
        captured_at=NOW - dt.timedelta(hours=1),
    )
    with pytest.raises(InputError, match="us-east-1"):
        with_history(snapshot(), elsewhere)
    with pytest.raises(InputError, match="not earlier"):
        with_history(snapshot(), snapshot())


def test_a_source_that_is_not_there_is_one_line(tmp_path: pathlib.Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        load_snapshot(tmp_path / "none.json")
