"""Audits for the tests of reports: a realistic one, and one whose every name is hostile."""

import dataclasses
import datetime as dt
from collections.abc import Iterator

from eksnet.model.audit import (
    Audit,
    Counted,
    ExpiredSuppression,
    ForecastShown,
    GroupShown,
    Run,
    SubnetShown,
    SubnetUse,
    TargetCoverage,
    VerdictShown,
    ZoneVerdict,
)
from eksnet.model.finding import Finding, Severity, Status, Suppression, Unread, finding_id
from eksnet.model.snapshot import Blind, Facet, Resource, Target
from tests.build import NOW

IRELAND = Target(account_id="111122223333", region="eu-west-1")
VIRGINIA = Target(account_id="111122223333", region="us-east-1")
OHIO = Target(account_id="444455556666", region="us-east-2")
DENIED = Unread(api="eks:DescribeAddon", error="AccessDeniedException")
NO_FLOW_LOGS = Unread(api="ec2:DescribeFlowLogs", error="UnauthorizedOperation")
SOURCE = "https://docs.aws.amazon.com/eks/latest/userguide/network-reqs.html"
TITLES = {
    "XEN003": "The control plane can be upgraded and scaled now",
    "XEN002": "Cluster subnets have room for an upgrade",
    "IPH001": "Node subnets have free addresses",
    "IPH003": "Pods have room in every availability zone",
    "EPA001": "The public endpoint is narrowed to known networks",
    "CNI001": "The VPC CNI add-on is current enough",
    "CNI004": "The warm pool fits the subnets",
    "SGP003": "Nodes have branch interfaces left",
    "FLO001": "Flow logs cover the cluster",
    "FLO003": "Flow logs show pod addresses",
    "RTE002": "Node subnets reach the internet or the endpoints they need",
    "ENI001": "No leaked network interface holds addresses",
    "VPC002": "The VPC resolves and names hosts",
}
ADVICE = {
    "XEN003": "Give the cluster a subnet with five free addresses in a second availability zone.",
    "XEN002": "Take leaked interfaces out of the subnet, or give the cluster another in that zone.",
    "IPH003": "Add a pod subnet from a 100.64.0.0/10 block in each zone.",
}
_USED = ("cluster-subnet", "node-group", "instance")


def finding(
    check: str,
    status: Status,
    severity: Severity | None,
    target: Target,
    cluster: str | None,
    resource: Resource,
    message: str,
    unknown: Unread | None = None,
    **evidence: object,
) -> Finding:
    return Finding(
        finding_id=finding_id(check, target, cluster, resource),
        check_id=check,
        title=TITLES.get(check, check),
        status=status,
        severity=severity,
        account_id=target.account_id,
        region=target.region,
        cluster=cluster,
        resource=resource,
        message=message,
        evidence=evidence,
        unknown=unknown,
        remedies=("cluster-subnets",) if check == "XEN002" and status is Status.FAIL else (),
        source=SOURCE,
        first_seen=NOW,
        last_seen=NOW,
    )


def subnet(target: Target, number: int) -> Resource:
    name = f"subnet-{number:017x}"
    return Resource(type="AWS::EC2::Subnet", id=name, arn=target.arn("ec2", f"subnet/{name}"))


def cluster(target: Target, name: str) -> Resource:
    return Resource(type="AWS::EKS::Cluster", id=name, arn=target.arn("eks", f"cluster/{name}"))


def _payments() -> Iterator[Finding]:
    name, fail = "payments", Status.FAIL
    yield finding(
        "XEN003", fail, Severity.CRITICAL, IRELAND, name, cluster(IRELAND, name),
        "upgrade: no; only euw1-az1 has a subnet with 5 free addresses, two zones are needed",
        verdict="no", best_free_by_zone={"euw1-az1": 31, "euw1-az2": 3},
    )  # fmt: skip
    yield finding(
        "XEN002", fail, Severity.CRITICAL, IRELAND, name, subnet(IRELAND, 0xB2),
        "3 free addresses in 10.20.1.0/28, 5 needed", free_ips=3, needed=5, az_id="euw1-az2",
    )  # fmt: skip
    yield finding(
        "XEN002", fail, Severity.MEDIUM, IRELAND, name, subnet(IRELAND, 0xA3),
        "14 free addresses in 10.20.2.0/26, 16 needed", free_ips=14, needed=16, az_id="euw1-az3",
    )  # fmt: skip
    for number in range(24):
        eni = Resource(type="AWS::EC2::NetworkInterface", id=f"eni-{number:017x}")
        yield finding(
            "ENI001", fail, Severity.LOW, IRELAND, name, eni,
            f"unattached for {number + 2} hours, holds 15 addresses", hours=number + 2, held=15,
        )  # fmt: skip


def _accepted() -> Iterator[Finding]:
    name, fail = "payments", Status.FAIL
    accepted = Suppression(
        reason="office range, reviewed", owner="net@example.com", expires=dt.date(2026, 9, 1)
    )
    open_endpoint = finding(
        "EPA001", fail, Severity.HIGH, IRELAND, name, cluster(IRELAND, name),
        "the public endpoint answers 0.0.0.0/0", public_access_cidrs=("0.0.0.0/0",),
    )  # fmt: skip
    yield dataclasses.replace(open_endpoint, suppressed=accepted)
    yield finding(
        "SGP003", Status.UNKNOWN, Severity.HIGH, IRELAND, name,
        Resource(type="AWS::EC2::Instance", id="i-0fedcba9876543210"),
        "the limits of x9z.metal are not known",
        Unread(api="ec2:DescribeInstanceTypes", error="InvalidInstanceType"),
    )  # fmt: skip


def _others() -> Iterator[Finding]:
    yield finding(
        "IPH003", Status.FAIL, Severity.HIGH, VIRGINIA, "search-prod",
        Resource(type="Eksnet::ClusterZone", id="search-prod/use1-az4"),
        "11 free addresses in the best pod subnet of use1-az4, 16 needed",
        free_ips=11, needed=16, az_id="use1-az4",
    )  # fmt: skip
    for check in ("CNI001", "CNI004", "SGP003"):
        yield finding(
            check, Status.UNKNOWN, Severity.HIGH, VIRGINIA, "search-prod",
            cluster(VIRGINIA, "search-prod"),
            "could not be judged: eks:DescribeAddon answered AccessDeniedException", DENIED,
        )  # fmt: skip
    yield finding(
        "RTE002", Status.FAIL, Severity.MEDIUM, OHIO, None, subnet(OHIO, 0xC1),
        "the default route of rtb-0123456789abcdef0 is a blackhole",
        route_table="rtb-0123456789abcdef0", destination="0.0.0.0/0", next_hop="nat-0dead",
    )  # fmt: skip
    for check in ("FLO001", "FLO003"):
        yield finding(
            check, Status.UNKNOWN, Severity.MEDIUM, OHIO, None,
            Resource(type="AWS::Region", id=OHIO.region),
            "could not be judged: ec2:DescribeFlowLogs answered UnauthorizedOperation",
            NO_FLOW_LOGS,
        )  # fmt: skip


def _passes() -> Iterator[Finding]:
    homes = ((IRELAND, "payments"), (VIRGINIA, "search-prod"), (OHIO, "batch"), (OHIO, "tools"))
    for target, name in homes:
        for number, check in enumerate(("IPH001", "VPC002", "CNI004", "XEN002", "RTE002")):
            yield finding(
                check, Status.PASS, None, target, name, subnet(target, 0xF0 + number),
                "as it should be",
            )  # fmt: skip


def _subnets() -> Iterator[SubnetUse]:
    rows = (
        (IRELAND, "payments", 0xA1, "euw1-az1", "10.20.0.0/26", 59, 31, 1, _USED),
        (IRELAND, "payments", 0xB2, "euw1-az2", "10.20.1.0/28", 11, 3, 1, ("cluster-subnet",)),
        (IRELAND, "payments", 0xA3, "euw1-az3", "10.20.2.0/26", 59, 14, 0, _USED),
        (IRELAND, "payments", 0xA4, "euw1-az1", "100.64.0.0/18", 16379, 9120, 0, ("eni-config",)),
        (IRELAND, "payments", 0xA5, "euw1-az2", "100.64.64.0/18", 16379, 1300, 0, ("pod-eni",)),
        (VIRGINIA, "search-prod", 0xD1, "use1-az4", "172.31.0.0/24", 251, 11, 2, _USED),
        (VIRGINIA, "search-prod", 0xD2, "use1-az6", "172.31.1.0/24", 251, 180, 0, ("tag-cluster",)),
        (OHIO, "batch", 0xE1, "use2-az1", "10.9.0.0/22", 1019, 998, 1, _USED),
    )
    for target, name, number, zone, cidr, usable, free, x_enis, found in rows:
        yield SubnetUse(
            target=target,
            cluster=name,
            subnet_id=subnet(target, number).id,
            az_id=zone,
            cidr=cidr,
            usable=usable,
            free_ips=free,
            x_enis=x_enis,
            found=found,
        )


def account(target: Target, number: int, zone: str, cidr: str, **parts: object) -> SubnetShown:
    values: dict[str, object] = {
        "target": target,
        "subnet_id": subnet(target, number).id,
        "az_id": zone,
        "cidr": cidr,
        "clusters": ("payments",),
        **parts,
    }
    return SubnetShown(**values)  # type: ignore[arg-type]


def _ledgers() -> Iterator[SubnetShown]:
    yield account(
        IRELAND, 0xB2, "euw1-az2", "10.20.1.0/28", usable=11, free_ips=3,
        owners={"x-eni": 1, "node-primary": 2, "leaked": 4}, not_seen=1,
        free_28=0, candidates=0, largest_free_prefix=31,
    )  # fmt: skip
    yield account(
        VIRGINIA, 0xD1, "use1-az4", "172.31.0.0/24", usable=251, free_ips=11,
        clusters=("search-prod",),
        unseen=Unread(api="ec2:DescribeNetworkInterfaces", error="UnauthorizedOperation"),
    )  # fmt: skip
    yield account(
        IRELAND, 0xA5, "euw1-az2", "100.64.64.0/18", usable=16379, free_ips=1300,
        owners={"node-primary": 40, "pod-pool": 2639, "prefix": 12400, "nat": 2, "branch": 3},
        not_seen=-5, free_28=30, candidates=247, largest_free_prefix=27, fragmentation=88,
        grid="r" + "p" * 775 + "fn" * 30 + "m" * 150 + "u" * 7 + "e" * 30 + "r",
    )  # fmt: skip
    yield account(
        IRELAND, 0xA1, "euw1-az1", "10.20.0.0/26", usable=59, free_ips=31,
        owners={"x-eni": 1, "node-primary": 3, "pod-pool": 24}, not_seen=0,
        free_28=1, candidates=2, largest_free_prefix=28, fragmentation=50, grid="rfmr",
    )  # fmt: skip


def _verdicts() -> Iterator[VerdictShown]:
    yield VerdictShown(
        target=IRELAND,
        cluster="payments",
        answer="no",
        zones=(
            ZoneVerdict(
                az_id="euw1-az1", answer="yes", subnet_id=subnet(IRELAND, 0xA1).id, free_ips=31
            ),
            ZoneVerdict(
                az_id="euw1-az2", answer="no", subnet_id=subnet(IRELAND, 0xB2).id, free_ips=3
            ),
        ),
        reasons=("1 zone has a cluster subnet with 5 or more free addresses",),
        groups=(
            GroupShown(
                node_group="spot", answers={"roll": "yes", "surge": "yes", "maximum": "yes"}
            ),
            GroupShown(
                node_group="workers",
                answers={"roll": "yes", "surge": "at-risk", "maximum": "no"},
                reasons=("12 new nodes to come, 3 have room in euw1-az2",),
            ),
        ),
    )
    yield VerdictShown(
        target=OHIO, cluster="lost", answer="unknown", reasons=("eks:X answered AccessDenied",)
    )
    yield VerdictShown(
        target=VIRGINIA,
        cluster="search-prod",
        answer="at-risk",
        zones=(
            ZoneVerdict(az_id="use1-az4", answer="at-risk", subnet_id="subnet-0d1", free_ips=11),
            ZoneVerdict(az_id="use1-az6", answer="yes", subnet_id="subnet-0d2", free_ips=180),
        ),
        reasons=("2 zones have a cluster subnet with 5 or more free addresses",),
        groups=(),
    )


def ahead(number: int, answer: str = "dated", **parts: object) -> ForecastShown:
    values: dict[str, object] = {
        "target": IRELAND,
        "clusters": ("payments",),
        "az_id": "euw1-az2",
        "subnet_id": subnet(IRELAND, number).id,
        "cidr": "100.64.64.0/18",
        "now": NOW,
        "answer": answer,
        **parts,
    }
    return ForecastShown(**values)  # type: ignore[arg-type]


def _forecasts() -> Iterator[ForecastShown]:
    seen = tuple((day, 1300 - 205 * day - 40 * (day % 3)) for day in range(-40, 1))
    yield ahead(
        0xA5, free=1300, days=6, earliest=4, latest=9, level=1290.0, per_day=-205.0, points=seen
    )
    yield ahead(
        0xA5, counted=Counted.BLOCKS, free=30, days=12, earliest=0, latest=None, level=30.0,
        per_day=-2.25, points=((-20, 75), (0, 30)),
    )  # fmt: skip
    yield ahead(
        0, subnet_id=None, cidr="", az_id="euw1-az3", free=14, days=80, earliest=60, latest=99,
        per_day=-0.5,
    )  # fmt: skip
    yield ahead(0xB2, "exhausted", free=0)
    yield ahead(0xA4, "not_within_horizon", free=9120, earliest=20)
    yield ahead(0xD1, "too_little_data", target=VIRGINIA, missing="9 more days")


def _coverage() -> Iterator[TargetCoverage]:
    addon = Blind(
        facet=Facet.ADDON_VPC_CNI, api=DENIED.api, error=DENIED.error, cluster="search-prod"
    )
    logs = Blind(facet=Facet.FLOW_LOGS, api=NO_FLOW_LOGS.api, error=NO_FLOW_LOGS.error)
    for target, known, assessed, blinds in (
        (IRELAND, 1, 1, ()),
        (VIRGINIA, 1, 1, (addon,)),
        (OHIO, 3, 2, (logs,)),
    ):
        yield TargetCoverage(
            target=target,
            captured_at=NOW,
            clusters_known=known,
            clusters_assessed=assessed,
            blinds=blinds,
        )


def realistic() -> Audit:
    """Return an audit of four clusters in three targets, with a bit of everything."""
    expired = ExpiredSuppression(
        where="suppressions.yaml:12",
        reason="until the migration is over",
        owner="ops@example.com",
        expires=dt.date(2026, 1, 31),
    )
    return Audit(
        run=Run(
            id="20260301T080000Z-full",
            started_at=NOW,
            finished_at=NOW + dt.timedelta(seconds=9),
            version="0.1.0",
        ),
        coverage=tuple(_coverage()),
        findings=(*_payments(), *_accepted(), *_others(), *_passes()),
        subnets=tuple(_subnets()),
        expired=(expired,),
        ledgers=tuple(_ledgers()),
        verdicts=tuple(_verdicts()),
        forecasts=tuple(_forecasts()),
        unforecast=2,
    )


def _renamed(each: Finding, text: str, thing: Resource) -> Finding:
    accepted = each.suppressed
    return dataclasses.replace(
        each,
        cluster=text,
        resource=thing,
        message=text,
        source=text,
        evidence={"tag": text, text: [text, {text: text}]},
        unknown=Unread(api=text, error=text) if each.unknown else None,
        suppressed=accepted and dataclasses.replace(accepted, reason=text, owner=text),
    )


def _renamed_pictures(base: Audit, text: str) -> dict[str, object]:
    unread = Unread(api=text, error=text)
    names = {"az_id": text, "cidr": text, "clusters": (text,)}
    return {
        "ledgers": tuple(
            dataclasses.replace(each, subnet_id=text, unseen=each.unseen and unread, **names)
            for each in base.ledgers
        ),
        "forecasts": tuple(
            dataclasses.replace(each, subnet_id=each.subnet_id and text, missing=text, **names)
            for each in base.forecasts
        ),
        "verdicts": tuple(
            dataclasses.replace(
                each,
                cluster=text,
                reasons=(text,),
                groups=each.groups
                and tuple(
                    dataclasses.replace(group, node_group=text, reasons=(text,))
                    for group in each.groups
                ),
                zones=tuple(
                    dataclasses.replace(zone, az_id=text, subnet_id=text) for zone in each.zones
                ),
            )
            for each in base.verdicts
        ),
    }


def hostile(text: str) -> Audit:
    """Return an audit in which everything a stranger can name is ``text``."""
    base = realistic()
    thing = Resource(type="AWS::EC2::Subnet", id=text, arn=text)
    findings = tuple(_renamed(each, text, thing) for each in base.findings)
    blind = Blind(facet=Facet.SUBNETS, api=text, error=text, cluster=text, resource=thing)
    return dataclasses.replace(
        base,
        run=dataclasses.replace(base.run, id=text),
        findings=findings,
        coverage=tuple(
            dataclasses.replace(each, blinds=(blind,), asked=(text,)) for each in base.coverage
        ),
        subnets=tuple(
            dataclasses.replace(each, cluster=text, subnet_id=text, az_id=text, cidr=text)
            for each in base.subnets
        ),
        **_renamed_pictures(base, text),  # type: ignore[arg-type]
        expired=tuple(
            dataclasses.replace(each, where=text, owner=text, reason=text) for each in base.expired
        ),
    )
