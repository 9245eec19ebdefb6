import dataclasses

from eksnet.checks.vpc_group_quotas import rule_quota
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.network import Rule
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, quota, security_group, snapshot, x_eni


def rules(*ingress: Rule, allowed: int = 10) -> Snapshot:
    return snapshot(
        clusters=[cluster()],
        security_groups=[security_group("sg-payments", *ingress)],
        quotas=[quota("L-0EA8095F", allowed)],
    )


def groups(count: int) -> Snapshot:
    names = tuple(f"sg-{number}" for number in range(count))
    return snapshot(
        clusters=[cluster()],
        enis=[x_eni("eni-1", groups=names), x_eni("eni-2", groups=names[:1])],
        quotas=[quota("L-2AFB9258", 5)],
    )


def cidrs(count: int, *, ipv6: bool = False) -> Rule:
    if ipv6:
        six = tuple(f"2001:db8:{each}::/48" for each in range(count))
        return Rule(protocol="tcp", from_port=443, to_port=443, ipv6_cidrs=six)
    four = tuple(f"10.{each}.0.0/16" for each in range(count))
    return Rule(protocol="tcp", from_port=443, to_port=443, cidrs=four)


SHARED = security_group("sg-payments", cidrs(10), owner_id="444455556666")
LIST = Rule(protocol="tcp", from_port=443, to_port=443, prefix_lists=("pl-0a1b2c3d",))
PEERS = Rule(protocol="-1", groups=("sg-1", "sg-2"))
EXAMPLES = {
    "VPC008": Example(
        good=(rules(cidrs(7)), rules(cidrs(7), cidrs(7, ipv6=True))),
        bad=(rules(cidrs(8)), rules(cidrs(6), PEERS), rules(cidrs(10), LIST)),
        unknown=(
            rules(LIST),
            dataclasses.replace(rules(), quotas=()),
            dataclasses.replace(rules(), security_groups=()),
            dataclasses.replace(rules(), security_groups=(SHARED,)),
        ),
    ),
    "VPC009": Example(
        good=(groups(4), dataclasses.replace(groups(1), enis=())),
        bad=(groups(5),),
        unknown=(dataclasses.replace(groups(1), quotas=()),),
    ),
}


def test_the_quota_of_a_shared_group_is_its_owners() -> None:
    seen = dataclasses.replace(rules(), security_groups=(SHARED,))
    (finding,) = run(seen, [rule_quota], Limits())
    assert finding.unknown
    assert finding.unknown.error == "OwnedByAnotherAccount"


def test_a_rule_that_names_a_group_counts_for_both_families() -> None:
    (finding,) = run(rules(cidrs(3), cidrs(4, ipv6=True), PEERS), [rule_quota], Limits())
    assert finding.evidence["used"] == 6
