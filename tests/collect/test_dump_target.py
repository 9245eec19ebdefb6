import pathlib

import pytest

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.errors import InputError
from eksnet.model.finding import Status
from eksnet.model.snapshot import Facet
from tests.collect import recorded
from tests.collect.recorded import ACCOUNT, EMPTY, REGION, Raw, account, blind, read, without


def test_the_account_is_unknown_and_the_region_required_when_nothing_tells(
    tmp_path: pathlib.Path,
) -> None:
    files: dict[str, Raw] = {key: {key: []} for key in EMPTY}
    with pytest.raises(InputError, match="--region"):
        read(tmp_path, files)
    target = read(tmp_path, files, region="us-gov-west-1").target
    assert (target.account_id, target.region) == ("unknown", "us-gov-west-1")
    assert target.partition == "aws-us-gov"
    assert (
        read(tmp_path, files, region="cn-north-1", account="1" * 12).target.account_id == "1" * 12
    )


def test_the_caller_tells_the_account(tmp_path: pathlib.Path) -> None:
    shared = recorded.subnet(OwnerId="999999999999", SubnetArn="")
    files: dict[str, Raw] = {
        "a": {"Subnets": [shared]},
        "b": {"Account": ACCOUNT, "Arn": f"arn:aws:sts::{ACCOUNT}:assumed-role/x/y"},
    }
    assert read(tmp_path, files).target.account_id == ACCOUNT


def test_a_shared_vpc_does_not_hide_whose_clusters_they_are(tmp_path: pathlib.Path) -> None:
    files = account()
    files["describe-vpcs"]["Vpcs"][0]["OwnerId"] = "999999999999"
    assert read(tmp_path, files).target.account_id == ACCOUNT


def test_several_accounts_or_regions_must_be_chosen_from(tmp_path: pathlib.Path) -> None:
    abroad = recorded.subnet("subnet-0x", "us-east-1a")
    with pytest.raises(InputError, match="eu-west-1, us-east-1: give --region"):
        read(tmp_path / "a", account() | {"abroad": {"Subnets": [abroad]}})
    other = recorded.cluster("x", arn="arn:aws:eks:eu-west-1:999999999999:cluster/x")
    with pytest.raises(InputError, match="111122223333, 999999999999: give --account"):
        read(tmp_path / "b", account() | {"other": other})


def test_a_chosen_region_takes_nothing_from_another(tmp_path: pathlib.Path) -> None:
    files = without("describe-instances") | {
        "abroad": {"Subnets": [recorded.subnet("subnet-0x", "us-east-1a", VpcId="vpc-0x")]},
        "far": recorded.cluster("far", arn=f"arn:aws:eks:us-east-1:{ACCOUNT}:cluster/far"),
    }
    snapshot = read(tmp_path, files, region=REGION)
    assert [each.id for each in snapshot.subnets] == ["subnet-0a", "subnet-0b"]
    assert [each.name for each in snapshot.clusters] == ["payments"]
    # An empty list may be the other region's: nothing in it tells whose it is.
    assert blind(snapshot, Facet.FLOW_LOGS).error == "OtherRegion"
    assert {each.facet for each in snapshot.blinds} >= {Facet.NAT_GATEWAYS, Facet.ROUTE_TABLES}


def test_a_region_that_nothing_is_of_shows_nothing(tmp_path: pathlib.Path) -> None:
    snapshot = read(tmp_path, account(), region="sa-east-1")
    assert snapshot.subnets == ()
    assert snapshot.clusters == ()
    assert {each.status for each in run(snapshot, catalogue(), Limits())} == {Status.UNKNOWN}


def test_local_zones_name_their_region(tmp_path: pathlib.Path) -> None:
    local = recorded.subnet("subnet-0l", "us-west-2-lax-1a", SubnetArn="")
    assert read(tmp_path, {"a": {"Subnets": [local]}}).target.region == "us-west-2"
