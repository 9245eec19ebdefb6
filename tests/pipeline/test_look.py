"""Looking at several regions at once, with the caller's own credentials."""

from collections.abc import Iterator

import botocore.session
import pytest

from eksnet.collect.session import Session
from eksnet.model.errors import InputError, NoAccessError
from eksnet.model.snapshot import Facet
from eksnet.pipeline.source import look
from sandbox import denials, offline

SUBNETS = frozenset({Facet.SUBNETS})


@pytest.fixture(autouse=True)
def account(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with offline():
        yield


def test_each_region_asked_for_is_a_snapshot_and_once_only() -> None:
    found = look(["eu-west-1", "us-east-1", "eu-west-1"], SUBNETS)
    assert [each.target.region for each in found] == ["eu-west-1", "us-east-1"]


def test_the_sdks_own_region_is_taken_when_none_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    assert [each.target.region for each in look([], SUBNETS)] == ["eu-central-1"]


def test_all_regions_are_those_the_account_has_enabled(monkeypatch: pytest.MonkeyPatch) -> None:
    session = botocore.session.get_session()
    client = session.create_client("ec2", region_name="us-east-1")
    enabled = {each["RegionName"] for each in client.describe_regions()["Regions"]}
    monkeypatch.setattr(Session, "require_region", lambda *_: None)
    found = look([], frozenset({Facet.CLUSTERS}), all_regions=True)
    assert {each.target.region for each in found} == enabled


def test_regions_that_cannot_be_listed_leave_a_blind_and_the_home_region(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    with denials.denied("ec2:DescribeRegions"):
        (found,) = look([], SUBNETS, all_regions=True)
    assert [(blind.facet, blind.api) for blind in found.blinds] == [
        (Facet.REGIONS, "ec2:DescribeRegions")
    ]


def test_a_region_that_does_not_answer_is_blind_when_another_one_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    create = Session.client

    def dark(self: Session, service: str, region: str) -> object:
        client = create(self, service, region)
        if region == "us-east-1":
            client.meta.events.register("before-call", refuse)
        return client

    def refuse(**_: object) -> None:
        raise NoAccessError("no endpoint answered")  # noqa: TRY003, EM101 - stands for the wire

    monkeypatch.setattr(Session, "client", dark)
    lit, lost = look(["eu-west-1", "us-east-1"], SUBNETS)
    assert lit.blinds == ()
    assert lost.target.region == "us-east-1"
    assert {blind.facet for blind in lost.blinds} == {Facet.CLUSTERS, Facet.SUBNETS}
    with pytest.raises(NoAccessError):
        look(["us-east-1"], SUBNETS)


def test_a_cluster_that_is_in_no_region_is_bad_input() -> None:
    with pytest.raises(InputError, match="no cluster 'payments'; those there are: none"):
        look(["eu-west-1"], SUBNETS, clusters=["payments"])
