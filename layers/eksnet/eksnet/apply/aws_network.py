"""Blocks, subnets, their route tables, reservations and tags, as calls of EC2."""

from eksnet.apply.aws_request import Hand, Mark, NotSeenError, Request, subnet_of, tagged
from eksnet.model.action import (
    AssociateCidr,
    AssociateRouteTable,
    CreateSubnet,
    ReservePrefixes,
    TagSubnet,
)
from eksnet.model.snapshot import Snapshot

DISASSOCIATE_ROUTE_TABLE = "ec2:DisassociateRouteTable"


def _associate_cidr(action: AssociateCidr, _mark: Mark, _seen: Snapshot) -> Request:
    return Request(
        api="ec2:AssociateVpcCidrBlock",
        parameters={"VpcId": action.vpc_id, "CidrBlock": action.cidr},
        made=lambda answer: str(answer["CidrBlockAssociation"]["AssociationId"]),
    )


def _disassociate_cidr(
    action: AssociateCidr, resource_id: str | None, _mark: Mark, seen: Snapshot
) -> Request:
    api = "ec2:DisassociateVpcCidrBlock"
    ids = [
        block.association_id
        for vpc in seen.vpcs
        for block in vpc.cidrs
        if (vpc.id, block.cidr) == (action.vpc_id, action.cidr)
    ]
    if not (resource_id or ids):
        raise NotSeenError(api)
    return Request(api=api, parameters={"AssociationId": resource_id or ids[0]})


def _create_subnet(action: CreateSubnet, mark: Mark, _seen: Snapshot) -> Request:
    return Request(
        api="ec2:CreateSubnet",
        parameters={
            "VpcId": action.vpc_id,
            "CidrBlock": action.cidr,
            "AvailabilityZoneId": action.az_id,
            "TagSpecifications": tagged("subnet", mark, action.tags),
        },
        made=lambda answer: str(answer["Subnet"]["SubnetId"]),
    )


def _delete_subnet(
    action: CreateSubnet, resource_id: str | None, _mark: Mark, seen: Snapshot
) -> Request:
    api = "ec2:DeleteSubnet"
    subnet_id = resource_id or subnet_of(seen, action.vpc_id, action.cidr, api).id
    return Request(api=api, parameters={"SubnetId": subnet_id})


def _associate_route_table(action: AssociateRouteTable, _mark: Mark, seen: Snapshot) -> Request:
    api = "ec2:AssociateRouteTable"
    subnet = subnet_of(seen, action.vpc_id, action.subnet_cidr, api)
    return Request(
        api=api,
        parameters={"RouteTableId": action.route_table_id, "SubnetId": subnet.id},
        made=lambda answer: str(answer["AssociationId"]),
    )


def _disassociate_route_table(
    _action: AssociateRouteTable, resource_id: str | None, _mark: Mark, _seen: Snapshot
) -> Request:
    if resource_id is None:
        raise NotSeenError(DISASSOCIATE_ROUTE_TABLE)
    return Request(api=DISASSOCIATE_ROUTE_TABLE, parameters={"AssociationId": resource_id})


def _reserve(action: ReservePrefixes, mark: Mark, seen: Snapshot) -> Request:
    api = "ec2:CreateSubnetCidrReservation"
    subnet = subnet_of(seen, action.vpc_id, action.subnet_cidr, api)
    return Request(
        api=api,
        parameters={
            "SubnetId": subnet.id,
            "Cidr": action.cidr,
            "ReservationType": "prefix",
            "TagSpecifications": tagged("subnet-cidr-reservation", mark, {}),
        },
        made=lambda answer: str(answer["SubnetCidrReservation"]["SubnetCidrReservationId"]),
    )


def _unreserve(
    action: ReservePrefixes, resource_id: str | None, _mark: Mark, seen: Snapshot
) -> Request:
    api = "ec2:DeleteSubnetCidrReservation"
    subnet = subnet_of(seen, action.vpc_id, action.subnet_cidr, api)
    ids = [
        each.id
        for each in seen.cidr_reservations
        if (each.subnet_id, each.cidr) == (subnet.id, action.cidr)
    ]
    if not (resource_id or ids):
        raise NotSeenError(api)
    return Request(api=api, parameters={"SubnetCidrReservationId": resource_id or ids[0]})


def _tag(action: TagSubnet, _mark: Mark, seen: Snapshot) -> Request:
    return _tags("ec2:CreateTags", action, seen)


def _untag(action: TagSubnet, _id: str | None, _mark: Mark, seen: Snapshot) -> Request:
    """Name the value too: DeleteTags then leaves a tag alone that somebody has changed since."""
    return _tags("ec2:DeleteTags", action, seen)


def _tags(api: str, action: TagSubnet, seen: Snapshot) -> Request:
    subnet = subnet_of(seen, action.vpc_id, action.subnet_cidr, api)
    tags = [{"Key": action.key, "Value": action.value}]
    return Request(api=api, parameters={"Resources": [subnet.id], "Tags": tags})


HANDS = (
    Hand(action=AssociateCidr, do=_associate_cidr, undo=_disassociate_cidr),
    Hand(action=CreateSubnet, do=_create_subnet, undo=_delete_subnet),
    Hand(action=AssociateRouteTable, do=_associate_route_table, undo=_disassociate_route_table),
    Hand(action=ReservePrefixes, do=_reserve, undo=_unreserve),
    Hand(action=TagSubnet, do=_tag, undo=_untag),
)
