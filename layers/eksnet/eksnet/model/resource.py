"""The names of things: CloudFormation type, id and ARN of what a finding is about."""

from eksnet.model.cluster import Cluster, NodeGroup
from eksnet.model.network import Eni, FlowLog, RouteTable, SecurityGroup, Subnet, Vpc
from eksnet.model.snapshot import Resource, Snapshot


def cluster_resource(snapshot: Snapshot, cluster: str | Cluster) -> Resource:
    """Return the resource of a cluster, known perhaps by name only."""
    name = cluster if isinstance(cluster, str) else cluster.name
    arn = snapshot.target.arn("eks", f"cluster/{name}")
    return Resource(type="AWS::EKS::Cluster", id=name, arn=arn)


def cluster_zone_resource(cluster: str, az_id: str) -> Resource:
    """Return the resource of what is judged once a cluster and availability zone."""
    return Resource(type="Eksnet::ClusterZone", id=f"{cluster}/{az_id}")


def node_group_resource(group: NodeGroup) -> Resource:
    """Return the resource of a managed node group."""
    return Resource(type="AWS::EKS::Nodegroup", id=f"{group.cluster}/{group.name}", arn=group.arn)


def vpc_resource(snapshot: Snapshot, vpc: Vpc) -> Resource:
    """Return the resource of a VPC."""
    arn = snapshot.target.arn("ec2", f"vpc/{vpc.id}", account=vpc.owner_id)
    return Resource(type="AWS::EC2::VPC", id=vpc.id, arn=arn)


def subnet_resource(subnet: str | Subnet) -> Resource:
    """Return the resource of a subnet, known perhaps by id only."""
    if isinstance(subnet, str):
        return Resource(type="AWS::EC2::Subnet", id=subnet)
    return Resource(type="AWS::EC2::Subnet", id=subnet.id, arn=subnet.arn)


def eni_resource(snapshot: Snapshot, eni: Eni) -> Resource:
    """Return the resource of a network interface."""
    arn = snapshot.target.arn("ec2", f"network-interface/{eni.id}", account=eni.owner_id)
    return Resource(type="AWS::EC2::NetworkInterface", id=eni.id, arn=arn)


def instance_resource(snapshot: Snapshot, instance_id: str) -> Resource:
    """Return the resource of an EC2 instance."""
    arn = snapshot.target.arn("ec2", f"instance/{instance_id}")
    return Resource(type="AWS::EC2::Instance", id=instance_id, arn=arn)


def flow_log_resource(snapshot: Snapshot, log: FlowLog) -> Resource:
    """Return the resource of a flow log."""
    arn = snapshot.target.arn("ec2", f"vpc-flow-log/{log.id}")
    return Resource(type="AWS::EC2::FlowLog", id=log.id, arn=arn)


def security_group_resource(snapshot: Snapshot, group: SecurityGroup) -> Resource:
    """Return the resource of a security group."""
    arn = snapshot.target.arn("ec2", f"security-group/{group.id}", account=group.owner_id)
    return Resource(type="AWS::EC2::SecurityGroup", id=group.id, arn=arn)


def route_table_resource(snapshot: Snapshot, table: RouteTable) -> Resource:
    """Return the resource of a route table."""
    arn = snapshot.target.arn("ec2", f"route-table/{table.id}", account=table.owner_id)
    return Resource(type="AWS::EC2::RouteTable", id=table.id, arn=arn)
