"""One VPC that may be changed, and what is done to it: the ground of the tests of plans."""

import dataclasses
import datetime as dt
import random
from typing import Any

from eksnet.model.action import (
    Action,
    AssociateCidr,
    AssociateRouteTable,
    CreateFlowLog,
    CreateSubnet,
    DeleteFlowLog,
    ReservePrefixes,
    TagSubnet,
    UpdateAddon,
)
from eksnet.model.network import (
    CidrReservation,
    NetworkAcl,
    Peering,
    PeerVpc,
    Route,
    RouteTable,
    VpcEndpoint,
)
from eksnet.model.plan import OPT_IN_TAG, OPTED_IN, About
from eksnet.model.snapshot import Snapshot
from eksnet.plan.kind import Key
from eksnet.plan.simulate import simulate
from tests import build

NEW = "100.64.0.0/18"
PODS = "100.64.0.0/20"
RESERVED = "100.64.8.0/21"
GROUP = f"arn:aws:logs:{build.REGION}:{build.ACCOUNT}:log-group:pods"
SETTINGS = '{"eniConfig":{"subnets":{"euw1-az1":{"id":"${subnet:100.64.0.0/20}"}}}}'

ASSOCIATE = AssociateCidr(vpc_id=build.VPC, cidr=NEW)
CREATE = CreateSubnet(vpc_id=build.VPC, cidr=PODS, az_id="euw1-az1", tags={"Name": "pods-a"})
ROUTE = AssociateRouteTable(vpc_id=build.VPC, subnet_cidr=PODS, route_table_id="rtb-2")
RESERVE = ReservePrefixes(vpc_id=build.VPC, subnet_cidr=PODS, cidr=RESERVED)
TAG = TagSubnet(vpc_id=build.VPC, subnet_cidr=PODS, key="kubernetes.io/role/cni", value="1")
UPDATE = UpdateAddon(
    cluster="payments", vpc_id=build.VPC, addon="vpc-cni", before="null", after=SETTINGS
)
LOG = CreateFlowLog(
    vpc_id=build.VPC,
    traffic_type="ALL",
    destination_type="cloud-watch-logs",
    destination=GROUP,
    role_arn=f"arn:aws:iam::{build.ACCOUNT}:role/flow",
    log_format=build.POD_FORMAT,
    aggregation_seconds=60,
)
OLD_LOG = CreateFlowLog(
    vpc_id=build.VPC,
    traffic_type="REJECT",
    destination_type="s3",
    destination="arn:aws:s3:::logs",
    log_format="${srcaddr} ${dstaddr}",
    aggregation_seconds=600,
)
UNLOG = DeleteFlowLog(flow_log_id="fl-old", log=OLD_LOG, replaced_by=LOG)

POD_STEPS: tuple[Action, ...] = (ASSOCIATE, CREATE, ROUTE, RESERVE, TAG, UPDATE)
STEPS: tuple[Action, ...] = (*POD_STEPS, LOG, UNLOG)
BEFORE: dict[str, int] = {action.kind: number for number, action in enumerate(STEPS)}


def world(**parts: Any) -> Snapshot:
    """Return one cluster in a VPC that may be changed, beside a VPC that nobody asked about."""
    values: dict[str, Any] = {
        "vpcs": [build.vpc(tags={OPT_IN_TAG: OPTED_IN}), build.vpc("vpc-0b", "10.9.0.0/16")],
        "subnets": [
            build.subnet("subnet-a"),
            build.subnet("subnet-b"),
            build.subnet("subnet-other", vpc_id="vpc-0b", cidr="10.0.0.0/24"),
        ],
        "route_tables": [build.route_table("rtb-1"), _private()],
        "network_acls": [
            NetworkAcl(
                id="acl-1", vpc_id=build.VPC, owner_id=build.ACCOUNT, is_default=True, tags={}
            )
        ],
        "peerings": [peering()],
        "clusters": [build.cluster(created_at=build.NOW, remote_pod_cidrs=("10.80.0.0/16",))],
        "addons": [build.addon()],
        "flow_logs": [old_log()],
        "zones": build.zones(),
    }
    return build.snapshot(**{**values, **parts})


def _private() -> RouteTable:
    table = build.route_table("rtb-2", main=False, subnet_ids=("subnet-b",))
    routes = (
        Route(destination="100.64.0.0/10", target="tgw-1"),
        Route(destination="10.0.0.0/8", target="tgw-1"),
        Route(destination="pl-1", target="vpce-1"),
    )
    return dataclasses.replace(table, routes=(*table.routes, *routes))


def old_log(**parts: Any) -> Any:
    """Return the poor flow log that the VPC has."""
    values: dict[str, Any] = {
        "traffic_type": OLD_LOG.traffic_type,
        "destination_type": OLD_LOG.destination_type,
        "destination": OLD_LOG.destination,
        "log_format": OLD_LOG.log_format,
        "aggregation_seconds": OLD_LOG.aggregation_seconds,
    }
    return build.flow_log("fl-old", **{**values, **parts})


def new_log(**parts: Any) -> Any:
    """Return the flow log that LOG makes, as EC2 shows it."""
    return build.flow_log("fl-new", destination=GROUP, **parts)


def peering(**parts: Any) -> Peering:
    """Return a peering in force."""
    other = PeerVpc(vpc_id="vpc-far", owner_id="2", region="us-east-1", cidrs=("10.7.0.0/16",))
    own = PeerVpc(vpc_id=build.VPC, owner_id=build.ACCOUNT, region=build.REGION)
    values: dict[str, Any] = {"status": "active", "requester": own, "accepter": other}
    return Peering(id="pcx-1", tags={}, **{**values, **parts})


def before(action: Action, snapshot: Snapshot | None = None) -> Snapshot:
    """Return the world as the steps before ``action`` leave it, an hour later."""
    left = simulate(snapshot or world(), STEPS[: BEFORE[action.kind]])
    return dataclasses.replace(left, captured_at=left.captured_at + dt.timedelta(hours=1))


def reservation(subnet_id: str, cidr: str, kind: str = "prefix") -> CidrReservation:
    """Return a reservation."""
    return CidrReservation(id=f"scr-{cidr[:6]}", subnet_id=subnet_id, cidr=cidr, kind=kind)


def endpoint() -> VpcEndpoint:
    """Return something that no fact is about."""
    return VpcEndpoint(
        id="vpce-1",
        vpc_id=build.VPC,
        owner_id=build.ACCOUNT,
        service_name="s3",
        type="Gateway",
        state="available",
        tags={},
    )


def every_key(vpc_id: str = build.VPC) -> tuple[Key, ...]:
    """Return a key of each kind of fact, and of each place that the steps touch."""
    places = [f"{vpc_id}|{cidr}" for cidr in (NEW, PODS, "10.0.0.0/24", "10.0.1.0/24")]
    by_place = (
        About.SUBNETS_IN,
        About.DESTINATIONS,
        About.SUBNET,
        About.SUBNET_ROUTES,
        About.EFFECTIVE_ROUTES,
        About.RESERVATIONS,
    )
    whole = (
        About.VPC,
        About.BLOCKS,
        About.PEERINGS,
        About.CLUSTERS,
        About.FLOW_LOGS,
        About.DEFAULT_ACL,
    )
    return (
        *((about, vpc_id) for about in whole),
        *((about, each) for about in by_place for each in places),
        *((About.ROUTE_TABLE, table) for table in ("rtb-1", "rtb-2")),
        (About.ADDON, "payments|vpc-cni"),
        (About.ADDON_VERSION, "payments|vpc-cni"),
    )


def shuffled(snapshot: Snapshot, seed: int) -> Snapshot:
    """Return the same snapshot, every list of it in another order."""
    shuffle = random.Random(seed)  # noqa: S311 - a shuffle, not a secret
    lists = {
        field.name: tuple(shuffle.sample(value, len(value)))
        for field in dataclasses.fields(snapshot)
        if isinstance(value := getattr(snapshot, field.name), tuple)
    }
    return dataclasses.replace(snapshot, **lists)
