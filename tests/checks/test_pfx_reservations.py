import dataclasses

from eksnet.checks.pfx_reservations import effective_reservations, own_range
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.network import CidrReservation, Eni
from eksnet.model.snapshot import Blind, Facet, Resource, Snapshot
from tests.build import (
    Example,
    accounted,
    addon,
    cluster,
    eni,
    instance,
    node_eni,
    snapshot,
    subnet,
)

PREFIXED = node_eni("eni-1", "i-1", private_ips=("10.0.0.5",), prefixes=("10.0.0.16/28",))
SINGLE = eni("eni-2", private_ips=("10.0.0.40",))


def reserved(*cidrs: str, enis: tuple[Eni, ...] = (), kind: str = "prefix") -> Snapshot:
    seen = snapshot(
        clusters=[cluster()],
        addons=[addon()],
        instances=[instance("i-1")],
        subnets=[subnet()],
        enis=[PREFIXED, *enis],
        cidr_reservations=[
            CidrReservation(id=f"scr-{each}", subnet_id="subnet-a", cidr=each, kind=kind)
            for each in cidrs
        ],
    )
    return accounted(seen)


NO_PREFIX = snapshot(clusters=[cluster()], enis=[SINGLE], subnets=[subnet()])
WARM = node_eni("eni-3", "i-1", index=1, private_ips=("10.0.0.8", "10.0.0.9"))
BLIND = dataclasses.replace(
    reserved(),
    blinds=(
        Blind(
            facet=Facet.CIDR_RESERVATIONS,
            api="ec2:GetSubnetCidrReservations",
            error="UnauthorizedOperation",
            resource=Resource(type="AWS::EC2::Subnet", id="subnet-a"),
        ),
    ),
)
GONE = dataclasses.replace(reserved(), subnets=())


def shared(seen: Snapshot) -> Snapshot:
    return dataclasses.replace(seen, subnets=(subnet(owner_id="999988887777", free_ips=40),))


EXAMPLES = {
    "PFX003": Example(
        good=(NO_PREFIX, reserved(), reserved("10.0.0.128/25", enis=(SINGLE, WARM))),
        bad=(
            reserved(enis=(SINGLE,)),
            reserved(enis=(WARM,)),
            reserved("10.0.0.128/25", enis=(SINGLE,), kind="explicit"),
            shared(reserved(enis=(SINGLE,))),
        ),
        unknown=(GONE, shared(reserved())),
    ),
    "PFX004": Example(
        good=(
            NO_PREFIX,
            reserved(),
            reserved("10.0.0.128/25", enis=(SINGLE,)),
            reserved("10.0.0.32/27", enis=(SINGLE,), kind="explicit"),
        ),
        bad=(
            reserved("10.0.0.32/27", enis=(SINGLE,)),
            shared(reserved("10.0.0.32/27", enis=(SINGLE,))),
        ),
        unknown=(GONE, shared(reserved("10.0.0.32/27"))),
    ),
}


def test_a_prefix_inside_its_reservation_spoils_nothing() -> None:
    (finding,) = run(reserved("10.0.0.16/28"), [effective_reservations], Limits())
    assert finding.status is Status.PASS


def test_the_spoilt_reservation_is_named_with_what_is_left() -> None:
    seen = reserved("10.0.0.32/27", "10.0.0.128/25", enis=(SINGLE,))
    (finding,) = run(seen, [effective_reservations], Limits())
    assert "10.0.0.32/27" in finding.message
    assert "10.0.0.128/25" not in finding.message
    assert "1 whole /28 block left" in finding.message


def test_the_addresses_of_pods_in_single_mode_count_as_single() -> None:
    (finding,) = run(reserved(enis=(WARM, SINGLE)), [own_range], Limits())
    assert finding.evidence["single_addresses"] == 2


def test_a_subnet_whose_reservations_were_refused_is_unknown() -> None:
    for check in (own_range, effective_reservations):
        found = run(BLIND, [check], Limits())
        assert {each.status for each in found} == {Status.UNKNOWN}
