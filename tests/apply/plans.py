"""The plans that these tests carry out: pod subnets in two zones, and a better flow log."""

from collections.abc import Iterable

from eksnet.model import action as act
from eksnet.model.action import Action
from sandbox.world.ground import CLUSTER, VPC, shown
from sandbox.world.plans import planned

PODS, LOGS = "pod-subnets", "flow-logs"
ZONES = {"100.64.0.0/18": ("euw1-az1", "rtb-a"), "100.64.64.0/18": ("euw1-az2", "rtb-b")}
BEFORE = '{"env":{"WARM_ENI_TARGET":"1"}}'
AFTER = '{"env":{"ENABLE_SUBNET_DISCOVERY":"true","WARM_ENI_TARGET":"1"}}'
POOR = shown().flow_logs[0]


def _pods() -> Iterable[Action]:
    """1 block, 2-5 a subnet a zone and its routes, 6 a reservation, 7 settings, 8-9 tags."""
    yield act.AssociateCidr(vpc_id=VPC, cidr="100.64.0.0/16")
    for cidr, (zone, table) in ZONES.items():
        yield act.CreateSubnet(vpc_id=VPC, cidr=cidr, az_id=zone, tags={"Name": f"pods-{zone}"})
        yield act.AssociateRouteTable(vpc_id=VPC, subnet_cidr=cidr, route_table_id=table)
    yield act.ReservePrefixes(vpc_id=VPC, subnet_cidr="100.64.0.0/18", cidr="100.64.32.0/19")
    yield settings(AFTER)
    for cidr in ZONES:
        yield act.TagSubnet(vpc_id=VPC, subnet_cidr=cidr, key="kubernetes.io/role/cni", value="1")


def settings(after: str) -> act.UpdateAddon:
    """Return the setting of the CNI's configuration."""
    return act.UpdateAddon(cluster=CLUSTER, vpc_id=VPC, addon="vpc-cni", before=BEFORE, after=after)


def _logs() -> Iterable[Action]:
    """1 a log that shows pods, 2 the poor one away."""
    new, poor = (
        act.CreateFlowLog(
            vpc_id=VPC,
            traffic_type="ALL",
            destination_type="s3",
            destination=destination,
            log_format=fields,
            aggregation_seconds=seconds,
        )
        for destination, fields, seconds in (
            ("arn:aws:s3:::new", "${pkt-srcaddr} ${pkt-dstaddr}", 60),
            (POOR.destination or "", POOR.log_format or "", POOR.aggregation_seconds or 0),
        )
    )
    yield new
    yield act.DeleteFlowLog(flow_log_id=POOR.id, log=poor, replaced_by=new)


PLANS = {PODS: planned(shown(), PODS, _pods()), LOGS: planned(shown(), LOGS, _logs())}
