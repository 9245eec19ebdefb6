"""The VPC that plans are tried on: a cluster in two full zones, a flow log that shows no pods."""

import datetime as dt
from collections.abc import Mapping

from eksnet.model.cluster import Addon, Cluster, NodeGroup
from eksnet.model.network import (
    AclEntry,
    CidrAssociation,
    FlowLog,
    Instance,
    NetworkAcl,
    Route,
    RouteTable,
    Rule,
    SecurityGroup,
    Subnet,
    Vpc,
    Zone,
)
from eksnet.model.plan import OPT_IN_TAG, OPTED_IN
from eksnet.model.snapshot import Facet, Snapshot, Target

NOW = dt.datetime(2026, 3, 1, 8, 0, tzinfo=dt.UTC)
ACCOUNT, REGION, VPC, CLUSTER = "111122223333", "eu-west-1", "vpc-0a", "payments"
TARGET = Target(account_id=ACCOUNT, region=REGION)
POOR = "${version} ${srcaddr} ${dstaddr}"


def shown() -> Snapshot:
    """Return the VPC before any plan, wholly seen."""
    return Snapshot(
        target=TARGET,
        captured_at=NOW,
        seen=frozenset(Facet),
        clusters=(_cluster(),),
        cluster_names=(CLUSTER,),
        node_groups=(_node_group(),),
        instances=tuple(map(_node, "ab")),
        addons=(_addon(),),
        **_network(),  # type: ignore[arg-type]
    )


def _cluster() -> Cluster:
    return Cluster(
        name=CLUSTER,
        arn=f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}",
        version="1.33",
        status="ACTIVE",
        created_at=NOW - dt.timedelta(days=90),
        vpc_id=VPC,
        subnet_ids=("subnet-a", "subnet-b"),
        cluster_security_group_id="sg-1",
        endpoint_public=False,
        endpoint_private=True,
        role_arn=f"arn:aws:iam::{ACCOUNT}:role/{CLUSTER}",
        service_ipv4_cidr="172.20.0.0/16",
        tags={},
    )


def _addon() -> Addon:
    return Addon(
        cluster=CLUSTER,
        name="vpc-cni",
        arn=f"arn:aws:eks:{REGION}:{ACCOUNT}:addon/{CLUSTER}/vpc-cni/1",
        version="v1.20.4-eksbuild.1",
        status="ACTIVE",
        configuration='{"env":{"WARM_ENI_TARGET":"1"}}',
        tags={},
    )


def _network() -> Mapping[str, tuple[object, ...]]:
    subnets = tuple(
        Subnet(
            id=f"subnet-{zone}",
            arn=TARGET.arn("ec2", f"subnet/subnet-{zone}"),
            vpc_id=VPC,
            owner_id=ACCOUNT,
            cidr=f"10.0.{number}.0/24",
            az=f"{REGION}{zone}",
            az_id=f"euw1-az{number}",
            free_ips=5,
            map_public_ip=False,
            tags={},
        )
        for number, zone in enumerate("ab", start=1)
    )
    zones = tuple(
        Zone(name=each.az, id=each.az_id, kind="availability-zone", state="available")
        for each in subnets
    )
    return {
        "vpcs": (_vpc(),),
        "subnets": subnets,
        "network_acls": (_acl(),),
        "security_groups": (_group(),),
        "zones": zones,
        "route_tables": tuple(map(_table, ("main", "a", "b"))),
        "flow_logs": (_poor_log(),),
    }


def _vpc() -> Vpc:
    primary = CidrAssociation(cidr="10.0.0.0/16", state="associated", association_id="assoc-0")
    return Vpc(id=VPC, owner_id=ACCOUNT, cidrs=(primary,), tags={OPT_IN_TAG: OPTED_IN})


def _acl() -> NetworkAcl:
    return NetworkAcl(
        id="acl-1",
        vpc_id=VPC,
        owner_id=ACCOUNT,
        is_default=True,
        subnet_ids=("subnet-a", "subnet-b"),
        entries=tuple(
            AclEntry(number=100, egress=out, allow=True, protocol="-1", cidr="0.0.0.0/0")
            for out in (False, True)
        ),
        tags={},
    )


def _group() -> SecurityGroup:
    return SecurityGroup(
        id="sg-1",
        name="nodes",
        vpc_id=VPC,
        owner_id=ACCOUNT,
        egress=(Rule(protocol="-1", cidrs=("0.0.0.0/0",)),),
        tags={},
    )


def _node_group() -> NodeGroup:
    return NodeGroup(
        cluster=CLUSTER,
        name="workers",
        arn=f"arn:aws:eks:{REGION}:{ACCOUNT}:nodegroup/{CLUSTER}/workers/1",
        status="ACTIVE",
        subnet_ids=("subnet-a", "subnet-b"),
        instance_types=("m5.large",),
        min_size=2,
        max_size=6,
        desired_size=2,
        tags={},
    )


def _node(zone: str) -> Instance:
    return Instance(
        id=f"i-{zone}",
        type="m5.large",
        vpc_id=VPC,
        subnet_id=f"subnet-{zone}",
        az=f"{REGION}{zone}",
        state="running",
        launched_at=NOW - dt.timedelta(days=1),
        tags={f"kubernetes.io/cluster/{CLUSTER}": "owned"},
    )


def _table(name: str) -> RouteTable:
    local = Route(destination="10.0.0.0/16", target="local", origin="CreateRouteTable")
    out = Route(destination="0.0.0.0/0", target=f"nat-{name}", origin="CreateRoute")
    main = name == "main"
    return RouteTable(
        id=f"rtb-{name}",
        vpc_id=VPC,
        owner_id=ACCOUNT,
        main=main,
        subnet_ids=() if main else (f"subnet-{name}",),
        routes=(local,) if main else (local, out),
        tags={},
    )


def _poor_log() -> FlowLog:
    return FlowLog(
        id="fl-poor",
        resource_id=VPC,
        traffic_type="ALL",
        status="ACTIVE",
        deliver_status="SUCCESS",
        log_format=POOR,
        destination_type="s3",
        destination="arn:aws:s3:::old",
        aggregation_seconds=600,
        created_at=NOW - dt.timedelta(days=30),
        tags={},
    )
