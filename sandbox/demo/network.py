"""Make the VPCs of the demo organization, straight in moto's EC2."""

import dataclasses
import datetime as dt
from collections.abc import Iterable, Sequence
from typing import Any

from moto.ec2.models import ec2_backends


def _fields(names: str) -> str:
    """Return a log format: every name as a field."""
    return " ".join(f"${{{name}}}" for name in names.split())


DEFAULT_FORMAT = _fields(  # VPC user guide: the default format, version 2 fields
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes "
    "start end action log-status"
)
GOOD_FORMAT = f"{DEFAULT_FORMAT} " + _fields(  # VPC user guide: those that show pods behind nodes
    "vpc-id subnet-id instance-id pkt-srcaddr pkt-dstaddr az-id flow-direction traffic-path"
)
EVERYWHERE = "0.0.0.0/0"


@dataclasses.dataclass(kw_only=True)
class Network:
    """A VPC with its subnets by role, one a zone, in the order of the zones."""

    site: "Site"
    vpc: Any
    gateway: Any
    public: list[Any]
    node: list[Any]
    control: list[Any]
    nats: list[Any]
    public_table: Any
    node_tables: list[Any]
    control_table: Any


class Site:
    """One account in one region."""

    def __init__(self, account: str, region: str, now: dt.datetime) -> None:
        """Open the account's EC2 of that region; ages are relative to ``now``."""
        self.account, self.region, self.now = account, region, now
        self.ec2: Any = ec2_backends[account][region]

    def subnet(self, vpc: Any, cidr: str, zone: str, name: str, **tags: str) -> Any:
        """Make a subnet in the zone of that letter."""
        subnet = self.ec2.create_subnet(vpc.id, cidr, availability_zone=self.region + zone)
        subnet.map_public_ip_on_launch = False
        subnet.add_tags({"Name": f"{name}-{zone}", **tags})
        return subnet

    def vpc(self, name: str, cidr: str) -> Any:
        """Make a VPC with DNS hostnames, as EKS requires."""
        vpc = self.ec2.create_vpc(cidr, tags=[{"Key": "Name", "Value": name}])
        vpc.enable_dns_hostnames = True
        return vpc

    def table(self, vpc: Any, name: str, subnets: Iterable[Any], **target: str) -> Any:
        """Make a route table for the subnets, with a default route if there is a target."""
        table = self.ec2.create_route_table(vpc.id, tags=[{"Key": "Name", "Value": name}])
        if target:
            self.ec2.create_route(table.id, EVERYWHERE, **target)
        for subnet in subnets:
            self.ec2.associate_route_table(table.id, subnet_id=subnet.id)
        return table

    def nat(self, subnet: Any) -> Any:
        """Make a public NAT gateway in the subnet."""
        address = self.ec2.allocate_address(domain="vpc")
        return self.ec2.create_nat_gateway(subnet.id, address.allocation_id)

    def network(  # noqa: PLR0913 - a network is described by what makes it
        self,
        name: str,
        base: str,
        *,
        zones: str = "abc",
        control_prefix: int = 27,
        nodes: str = "/22",
        single_nat: bool = False,
    ) -> Network:
        """Make a good VPC: public, node and dedicated cluster subnets, a NAT gateway a zone.

        ``base`` is the first half of its /16, such as ``10.20``.
        """
        vpc = self.vpc(name, f"{base}.0.0/16")
        gateway = self._internet(vpc)
        public, node, control = self._subnets(vpc, name, base, zones, (nodes, control_prefix))
        nats = [self.nat(each) for each in public[: 1 if single_nat else None]]
        tables = [
            self.table(vpc, f"{name}-node", [each], nat_gateway_id=nats[i % len(nats)].id)
            for i, each in enumerate(node)
        ]
        self._s3_endpoint(vpc, tables)
        return Network(
            site=self,
            vpc=vpc,
            gateway=gateway,
            public=public,
            node=node,
            control=control,
            nats=nats,
            public_table=self.table(vpc, f"{name}-public", public, gateway_id=gateway.id),
            node_tables=tables,
            control_table=self.table(vpc, f"{name}-control", control),
        )

    def _subnets(
        self, vpc: Any, name: str, base: str, zones: str, sizes: tuple[str, int]
    ) -> tuple[list[Any], list[Any], list[Any]]:
        """Make the public, node and cluster subnets; ``sizes`` are of the last two."""
        nodes, control_prefix = sizes
        elb, inner = {"kubernetes.io/role/elb": "1"}, {"kubernetes.io/role/internal-elb": "1"}
        public, node, control = [], [], []
        for number, zone in enumerate(zones):
            public.append(self.subnet(vpc, f"{base}.{number}.0/24", zone, f"{name}-public", **elb))
            cidr = f"{base}.{16 + 4 * number}.0{nodes}"
            node.append(self.subnet(vpc, cidr, zone, f"{name}-node", **inner))
            cidr = f"{base}.8.{32 * number}/{control_prefix}"
            control.append(self.subnet(vpc, cidr, zone, f"{name}-control"))
        return public, node, control

    def _internet(self, vpc: Any) -> Any:
        gateway = self.ec2.create_internet_gateway()
        self.ec2.attach_internet_gateway(gateway.id, vpc.id)
        return gateway

    def _s3_endpoint(self, vpc: Any, tables: Iterable[Any]) -> None:
        service, table_ids = f"com.amazonaws.{self.region}.s3", [each.id for each in tables]
        self.ec2.create_vpc_endpoint(vpc.id, service, "Gateway", None, table_ids)

    def flow_log(
        self,
        resource_id: str,
        *,
        traffic: str = "ALL",
        fields: str = GOOD_FORMAT,
        seconds: int = 60,
        failed: bool = False,
    ) -> Any:
        """Make a flow log of a VPC or subnet that goes to a Firehose stream of the account."""
        stream = f"arn:aws:firehose:{self.region}:{self.account}:deliverystream/flow-logs"
        kind = "VPC" if resource_id.startswith("vpc-") else "Subnet"
        logs, refused = self.ec2.create_flow_logs(
            kind,
            [resource_id],
            traffic,
            None,
            "kinesis-data-firehose",
            stream,
            None,
            fields,
            seconds,
        )
        if refused:
            message = f"no flow log for {resource_id}: {refused}"
            raise RuntimeError(message)
        if failed:
            logs[0].deliver_logs_status = "FAILED"
            logs[0].deliver_logs_error_message = "Access error"
        return logs[0]

    def fill(self, subnet: Any, free: int, used_by: str = "exports") -> Any:
        """Leave ``free`` addresses in the subnet; a Lambda function's interface takes the rest."""
        wanted = subnet.available_ip_address_count - free
        if wanted < 1:
            message = f"{subnet.id} has {subnet.available_ip_address_count} free, not over {free}"
            raise RuntimeError(message)
        eni = self.ec2.create_network_interface(
            subnet,
            None,
            description=f"AWS Lambda VPC ENI-{used_by}",
            secondary_ips_count=wanted - 1,
        )
        eni.interface_type, eni.status = "lambda", "in-use"
        return eni

    def group(self, vpc: Any, name: str, **tags: str) -> Any:
        """Make a security group that lets everything out."""
        return self.ec2.create_security_group(
            name, name, vpc_id=vpc.id, tags={"Name": name, **tags}
        )

    def only_egress(self, group: Any, protocol: str, port: int, cidrs: Sequence[str]) -> None:
        """Let the group out to one port only."""
        everywhere = [{"CidrIp": EVERYWHERE}]
        self.ec2.revoke_security_group_egress(
            group.id, "-1", None, None, everywhere, vpc_id=group.vpc_id
        )
        self.ec2.authorize_security_group_egress(
            group.id,
            protocol,
            port,
            port,
            [{"CidrIp": each} for each in cidrs],
            vpc_id=group.vpc_id,
        )
