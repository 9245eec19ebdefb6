"""The way into a plan's target: whose credentials, under which name, and how patient."""

from typing import Any

import pytest

from eksnet.apply.aws_doors import Doors, Key
from eksnet.apply.aws_eyes import AwsEyes
from eksnet.apply.interface import LostError
from eksnet.collect.session import Session
from eksnet.model.snapshot import Facet
from sandbox import denials, offline
from tests import build
from tests.sandbox.aws_place import AwsPlace, a_plan

MEMBER = "222233334444"


class Asked(Session):
    """A session that hears how roles are assumed."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: list[dict[str, Any]] = []

    def client(self, service: str, region: str) -> Any:
        client = super().client(service, region)
        client.meta.events.register(
            "provide-client-params.sts.AssumeRole", lambda params, **_: self.asked.append(params)
        )
        return client


def doors(session: Session, account: str = build.ACCOUNT, role: str = "") -> Doors:
    return Doors(session, a_plan(account), Key(home=build.TARGET, role=role, external_id="x-1"))


def test_a_role_is_assumed_in_the_plans_name_and_only_when_needed() -> None:
    with offline():
        session = Asked()
        way = doors(session, MEMBER, "eksnet-remediation")
        assert session.asked == []
        assert AwsEyes(way).look([Facet.VPCS]).target.account_id == MEMBER
        way.session()
    [asked] = session.asked
    assert asked == {
        "RoleArn": f"arn:aws:iam::{MEMBER}:role/eksnet-remediation",
        "RoleSessionName": way.plan_id,
        "SourceIdentity": way.plan_id,
        "DurationSeconds": 900,
        "ExternalId": "x-1",
    }


def test_without_a_role_only_the_home_account_can_be_changed() -> None:
    with offline():
        session = Asked()
        assert doors(session).session() is session
        assert session.asked == []
    with pytest.raises(LostError, match=MEMBER):
        doors(Session(), MEMBER).client("ec2")


def test_a_role_that_does_not_trust_is_a_way_lost() -> None:
    with offline(), denials.denied("sts:AssumeRole"), pytest.raises(LostError, match="AssumeRole"):
        doors(Session(), MEMBER, "eksnet-remediation").client("ec2")


def test_a_client_that_writes_tries_once_and_is_not_patient() -> None:
    with offline():
        config = doors(Session()).client("ec2").meta.config
    assert config.retries["total_max_attempts"] == 1
    assert (config.connect_timeout, config.read_timeout) == (5, 20)
    assert "eksnet/" in config.user_agent


def test_another_account_than_the_plans_is_never_looked_at() -> None:
    with offline():
        session = Session()
        way = Doors(
            session, a_plan(MEMBER), Key(home=a_plan(MEMBER).target, role="", external_id="")
        )
        with pytest.raises(LostError, match=MEMBER):
            AwsEyes(way).look([Facet.VPCS])


def test_reservations_are_read_of_what_a_plan_made() -> None:
    with offline():
        place = AwsPlace()
        subnet = place.aws.subnet(place.vpc_id, "10.0.8.0/24")
        place.person_tags(subnet, "eksnet:plan", "pl-1")
        place.aws.ec2.create_subnet_cidr_reservation(
            SubnetId=subnet, Cidr="10.0.8.128/25", ReservationType="prefix"
        )
        seen = place.eyes.look([Facet.CIDR_RESERVATIONS, Facet.SUBNETS])
    assert [each.cidr for each in seen.cidr_reservations] == ["10.0.8.128/25"]


@pytest.mark.parametrize("of_clusters", [True, False])
def test_only_the_plans_clusters_are_asked_unless_it_rests_on_which_there_are(
    *, of_clusters: bool
) -> None:
    with offline():
        AwsPlace()
        plan = a_plan(of_clusters=of_clusters)
        way = Doors(Session(), plan, Key(home=build.TARGET, role="", external_id=""))
        seen = AwsEyes(way).look([Facet.CLUSTERS])
    assert len(seen.clusters) == int(of_clusters)
