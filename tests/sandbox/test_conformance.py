"""What AWS is known to do, asked of every offline AWS there is; each fact names its source."""

import functools
import json
from collections.abc import Iterator

import pytest

from sandbox import offline
from tests.sandbox import aws_place
from tests.sandbox.clients import Aws
from tests.sandbox.places import PLAN, Caller, WorldPlace


class Kept(Aws):
    """Clients that are made once: to read botocore's models takes longer than any fact."""

    client = functools.cache(Aws.client)


kept = functools.cache(Kept)


@pytest.fixture(params=["world", "corrected moto"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Caller]:
    if request.param == "world":
        yield Caller(WorldPlace())
        return
    monkeypatch.setattr(aws_place, "Aws", kept)
    with offline():
        yield Caller(aws_place.AwsPlace())


# AssociateVpcCidrBlock: https://docs.aws.amazon.com/vpc/latest/userguide/vpc-cidr-blocks.html


def test_a_new_block_is_associating_first_and_associated_later(place: Caller) -> None:
    """EC2 API reference, VpcCidrBlockState."""
    place.do(place.block("100.64.0.0/16"))
    first = place.blocks()
    place.settle()
    assert first["100.64.0.0/16"] == "associating"
    assert place.blocks()["100.64.0.0/16"] == "associated"


def test_associating_answers_with_the_associations_id(place: Caller) -> None:
    """EC2 API reference, AssociateVpcCidrBlock: CidrBlockAssociation."""
    made = place.do(place.block("100.64.0.0/16"))
    shown = [each.association_id for vpc in place.look().vpcs for each in vpc.cidrs]
    assert made in shown


@pytest.mark.parametrize("cidr", ["100.64.0.0/15", "100.64.0.0/29"])
def test_a_block_is_a_16_to_a_28(place: Caller, cidr: str) -> None:
    """VPC user guide, VPC CIDR blocks."""
    assert place.refusal(place.block(cidr)).code == "InvalidVpc.Range"


@pytest.mark.parametrize("cidr", ["100.64.0.0/16", "100.127.255.240/28", "10.5.0.0/17"])
def test_blocks_of_every_size_in_between_are_given(place: Caller, cidr: str) -> None:
    """VPC user guide, VPC CIDR blocks: the row of 10.0.0.0/8 permits them."""
    place.do(place.block(cidr))
    assert cidr in place.blocks()


@pytest.mark.parametrize("cidr", ["0.0.0.0/16", "127.0.0.0/16", "169.254.0.0/16", "224.0.0.0/16"])
def test_some_ranges_are_never_given(place: Caller, cidr: str) -> None:
    """VPC user guide, VPC CIDR blocks: "You can't specify the following CIDR blocks"."""
    assert place.refusal(place.block(cidr)).code == "InvalidVpc.Range"


@pytest.mark.parametrize("cidr", ["172.16.0.0/16", "192.168.0.0/16", "198.19.0.0/16"])
def test_private_ranges_are_not_mixed(place: Caller, cidr: str) -> None:
    """VPC user guide, VPC CIDR blocks: the association table, row 10.0.0.0/8."""
    assert place.refusal(place.block(cidr)).code == "InvalidVpc.Range"


def test_beside_a_public_or_shared_block_comes_no_other_private_range(place: Caller) -> None:
    """VPC user guide, VPC CIDR blocks: the association table, last row."""
    place.do(place.block("100.64.0.0/16"))
    place.settle()
    assert place.refusal(place.block("192.168.0.0/16")).code == "InvalidVpc.Range"


@pytest.mark.parametrize("cidr", ["10.0.0.0/16", "10.0.128.0/17", "10.0.4.0/24"])
def test_a_block_does_not_overlap_the_vpcs_own(place: Caller, cidr: str) -> None:
    """VPC user guide, VPC CIDR blocks."""
    assert place.refusal(place.block(cidr)).code == "CidrConflict"


def test_the_same_block_twice_exists(place: Caller) -> None:
    """VPC user guide, VPC CIDR blocks: it overlaps itself."""
    place.do(place.block("100.64.0.0/16"))
    place.settle()
    problem = place.refusal(place.block("100.64.0.0/16"))
    assert (problem.code, problem.exists) == ("CidrConflict", True)


def test_a_block_that_is_still_associating_counts(place: Caller) -> None:
    """EC2 API reference, VpcCidrBlockState: it is in the association set."""
    place.do(place.block("100.64.0.0/16"))
    assert place.refusal(place.block("100.64.0.0/17")).code == "CidrConflict"


@pytest.mark.parametrize("cidr", ["100.64.8.0/24", "100.64.8.0/23", "100.64.0.0/16"])
def test_a_block_is_neither_a_routes_destination_nor_larger(place: Caller, cidr: str) -> None:
    """VPC user guide, VPC CIDR blocks: the example of 10.0.0.0/24."""
    place.person_adds_route("100.64.8.0/24")
    assert place.refusal(place.block(cidr)).code == "CidrConflict"


@pytest.mark.parametrize("cidr", ["100.64.8.0/25", "100.64.9.0/24"])
def test_a_block_may_be_smaller_than_a_routes_destination(place: Caller, cidr: str) -> None:
    """VPC user guide, VPC CIDR blocks: the example of 10.0.0.0/25."""
    place.person_adds_route("100.64.8.0/24")
    place.do(place.block(cidr))
    assert cidr in place.blocks()


def test_a_default_route_forbids_no_block(place: Caller) -> None:
    """VPC user guide, VPC CIDR blocks: it is larger than any block."""
    place.person_adds_route("0.0.0.0/0")
    place.do(place.block("198.51.100.0/24"))
    assert "198.51.100.0/24" in place.blocks()


def test_host_bits_are_dropped(place: Caller) -> None:
    """EC2 API reference, AssociateVpcCidrBlock: CidrBlock is modified to its canonical form."""
    place.do(place.block("100.64.3.7/24"))
    assert "100.64.3.0/24" in place.blocks()


def test_a_vpc_has_five_blocks_unless_the_quota_was_raised(place: Caller) -> None:
    """VPC user guide, Amazon VPC quotas: IPv4 CIDR blocks per VPC."""
    for number in range(4):
        place.do(place.block(f"100.{64 + number}.0.0/16"))
        place.settle()
    assert place.refusal(place.block("100.70.0.0/16")).code == "CidrLimitExceeded"


# DisassociateVpcCidrBlock: the same guide


def test_a_block_is_disassociating_first_and_gone_later(place: Caller) -> None:
    """EC2 API reference, VpcCidrBlockState."""
    made = place.do(place.block("100.64.0.0/16"))
    place.settle()
    place.undo(place.block("100.64.0.0/16"), made)
    first = place.blocks()
    place.settle()
    assert first["100.64.0.0/16"] == "disassociating"
    assert place.blocks().get("100.64.0.0/16", "disassociated") == "disassociated"


def test_a_block_with_a_subnet_in_it_stays(place: Caller) -> None:
    """VPC user guide, "Disassociate a CIDR block": first delete its subnets."""
    made = place.do(place.block("100.64.0.0/16"))
    place.settle()
    place.person_makes_subnet("100.64.0.0/24")
    problem = place.refusal_to_undo(place.block("100.64.0.0/16"), made)
    assert (problem.sure, problem.exists) == (True, False)
    assert place.blocks()["100.64.0.0/16"] == "associated"


def test_the_primary_block_stays(place: Caller) -> None:
    """EC2 API reference, DisassociateVpcCidrBlock."""
    [vpc] = [each for each in place.look().vpcs if each.id == place.vpc_id]
    primary = place.block("10.0.0.0/16")
    problem = place.refusal_to_undo(primary, vpc.cidrs[0].association_id)
    assert problem.code == "OperationNotPermitted"


def test_a_freed_block_can_be_associated_again(place: Caller) -> None:
    """VPC user guide, VPC CIDR blocks: nothing keeps what was disassociated."""
    made = place.do(place.block("100.64.0.0/16"))
    place.settle()
    place.undo(place.block("100.64.0.0/16"), made)
    place.settle()
    place.do(place.block("100.64.0.0/16"))
    place.settle()
    assert place.blocks()["100.64.0.0/16"] == "associated"


# CreateSubnet, DeleteSubnet: EC2 API reference and its error codes


def test_a_subnet_is_made_with_its_tags_and_the_plans_name(place: Caller) -> None:
    """CreateSubnet: TagSpecifications are of the same call."""
    made = place.do(place.subnet("10.0.8.0/24", team="net"))
    subnet = place.shown("10.0.8.0/24")
    assert (subnet.id, subnet.az_id) == (made, place.zone_id)
    assert (subnet.tags["team"], subnet.tags["eksnet:plan"]) == ("net", PLAN)


def test_a_subnet_has_five_addresses_less_than_its_block(place: Caller) -> None:
    """VPC user guide, subnet sizing."""
    place.do(place.subnet("10.0.8.0/28"))
    assert place.shown("10.0.8.0/28").free_ips == 11


def test_a_subnet_maps_no_public_addresses_by_itself(place: Caller) -> None:
    """EC2 API reference, ModifySubnetAttribute: MapPublicIpOnLaunch is false by default."""
    place.do(place.subnet("10.0.8.0/24"))
    assert place.shown("10.0.8.0/24").map_public_ip is False


@pytest.mark.parametrize("cidr", ["10.0.8.0/24", "10.0.8.128/25", "10.0.0.0/20"])
def test_a_subnet_does_not_overlap_another(place: Caller, cidr: str) -> None:
    """Error codes: InvalidSubnet.Conflict."""
    place.person_makes_subnet("10.0.8.0/24")
    problem = place.refusal(place.subnet(cidr))
    assert (problem.code, problem.exists) == ("InvalidSubnet.Conflict", True)


@pytest.mark.parametrize("cidr", ["100.64.0.0/24", "10.1.0.0/24", "10.0.0.0/15"])
def test_a_subnet_is_within_a_block_of_its_vpc(place: Caller, cidr: str) -> None:
    """Error codes: InvalidSubnet.Range."""
    assert place.refusal(place.subnet(cidr)).code == "InvalidSubnet.Range"


@pytest.mark.parametrize("cidr", ["10.0.8.0/29", "10.0.8.0/32"])
def test_a_subnet_is_no_smaller_than_a_28(place: Caller, cidr: str) -> None:
    """Error codes: InvalidSubnet.Range."""
    assert place.refusal(place.subnet(cidr)).code == "InvalidSubnet.Range"


def test_a_block_on_its_way_takes_no_subnet(place: Caller) -> None:
    """EC2 API reference, VpcCidrBlockState: usable when associated."""
    place.do(place.block("100.64.0.0/16"))
    assert place.refusal(place.subnet("100.64.0.0/24")).code == "InvalidSubnet.Range"


def test_a_block_that_has_come_takes_subnets(place: Caller) -> None:
    """VPC user guide, "Add an IPv4 CIDR block": then create subnets in it."""
    place.do(place.block("100.64.0.0/16"))
    place.settle()
    place.look()
    place.do(place.subnet("100.64.0.0/18"))
    assert place.shown("100.64.0.0/18").free_ips == 2**14 - 5


def test_an_unknown_zone_is_refused(place: Caller) -> None:
    """Error codes: InvalidParameterValue."""
    place.place.zone_id = "euw9-az9"
    assert place.refusal(place.subnet("10.0.8.0/24")).code == "InvalidParameterValue"


def test_an_unknown_vpc_is_refused(place: Caller) -> None:
    """Error codes: InvalidVpcID.NotFound."""
    place.place.vpc_id = "vpc-0123456789abcdef0"
    assert place.refusal(place.subnet("10.0.8.0/24")).code == "InvalidVpcID.NotFound"


def test_a_deleted_subnet_is_gone_and_its_block_is_free(place: Caller) -> None:
    """EC2 API reference, DeleteSubnet."""
    made = place.do(place.subnet("10.0.8.0/24"))
    place.undo(place.subnet("10.0.8.0/24"), made)
    assert place.shown("10.0.8.0/24") is None
    assert place.do(place.subnet("10.0.8.0/24")) != made


def test_a_subnet_with_an_interface_stays(place: Caller) -> None:
    """Error codes: DependencyViolation."""
    made = place.do(place.subnet("10.0.8.0/24"))
    place.person_makes_interface(made)
    problem = place.refusal_to_undo(place.subnet("10.0.8.0/24"), made)
    assert (problem.code, problem.sure, problem.exists) == ("DependencyViolation", True, False)
    assert place.shown("10.0.8.0/24").id == made


def test_a_deleted_subnet_leaves_its_route_table(place: Caller) -> None:
    """EC2 API reference, DeleteSubnet: what hangs on it goes with it."""
    made = place.do(place.subnet("10.0.8.0/24"))
    place.do(place.link("10.0.8.0/24"))
    place.undo(place.subnet("10.0.8.0/24"), made)
    assert made not in place.linked(place.other_table)


def test_deleting_what_is_gone_says_so(place: Caller) -> None:
    """Error codes: InvalidSubnetID.NotFound."""
    made = place.do(place.subnet("10.0.8.0/24"))
    place.undo(place.subnet("10.0.8.0/24"), made)
    problem = place.refusal_to_undo(place.subnet("10.0.8.0/24"), made)
    assert (problem.code, problem.sure) == ("InvalidSubnetID.NotFound", True)


# AssociateRouteTable, DisassociateRouteTable: EC2 API reference


def test_a_subnet_is_associated_with_a_table(place: Caller) -> None:
    """AssociateRouteTable: the answer names the association."""
    made = place.do(place.subnet("10.0.8.0/24"))
    link = place.do(place.link("10.0.8.0/24"))
    assert link.startswith("rtbassoc-")
    assert made in place.linked(place.other_table)


def test_the_same_association_again_changes_nothing(place: Caller) -> None:
    """AssociateRouteTable: one association of a subnet."""
    made = place.do(place.subnet("10.0.8.0/24"))
    first = place.do(place.link("10.0.8.0/24"))
    assert place.do(place.link("10.0.8.0/24")) == first
    assert place.linked(place.other_table).count(made) == 1


def test_a_subnet_has_one_table(place: Caller) -> None:
    """Error codes: Resource.AlreadyAssociated."""
    place.do(place.subnet("10.0.8.0/24"))
    place.do(place.link("10.0.8.0/24"))
    main = next(
        each.id for each in place.look().route_tables if each.vpc_id == place.vpc_id and each.main
    )
    problem = place.refusal(place.link("10.0.8.0/24", main))
    assert (problem.code, problem.exists) == ("Resource.AlreadyAssociated", True)


def test_a_table_of_another_vpc_is_refused(place: Caller) -> None:
    """AssociateRouteTable: subnet and route table must be in the same VPC."""
    place.do(place.subnet("10.0.8.0/24"))
    assert place.refusal(place.link("10.0.8.0/24", place.far_table)).sure


def test_an_unknown_table_is_refused(place: Caller) -> None:
    """Error codes: InvalidRouteTableID.NotFound."""
    place.do(place.subnet("10.0.8.0/24"))
    problem = place.refusal(place.link("10.0.8.0/24", "rtb-0123456789abcdef0"))
    assert problem.code == "InvalidRouteTableID.NotFound"


def test_an_ended_association_leaves_the_table(place: Caller) -> None:
    """DisassociateRouteTable: the subnet then uses the main table."""
    made = place.do(place.subnet("10.0.8.0/24"))
    link = place.do(place.link("10.0.8.0/24"))
    place.undo(place.link("10.0.8.0/24"), link)
    assert made not in place.linked(place.other_table)


# CreateTags, DeleteTags: EC2 API reference


def test_a_tag_is_set_beside_the_others(place: Caller) -> None:
    """CreateTags: adds."""
    place.do(place.subnet("10.0.8.0/24", team="net"))
    place.do(place.tag("10.0.8.0/24", "kubernetes.io/role/cni", "1"))
    tags = place.shown("10.0.8.0/24").tags
    assert (tags["kubernetes.io/role/cni"], tags["team"]) == ("1", "net")


def test_a_tag_is_overwritten(place: Caller) -> None:
    """CreateTags: or overwrites only the specified tags."""
    place.do(place.subnet("10.0.8.0/24", team="net"))
    place.do(place.tag("10.0.8.0/24", "team", "pods"))
    assert place.shown("10.0.8.0/24").tags["team"] == "pods"


def test_only_the_tag_itself_is_deleted(place: Caller) -> None:
    """DeleteTags: the specified tags."""
    place.do(place.subnet("10.0.8.0/24", team="net"))
    place.do(place.tag("10.0.8.0/24", "kubernetes.io/role/cni", "1"))
    place.undo(place.tag("10.0.8.0/24", "kubernetes.io/role/cni", "1"), None)
    tags = place.shown("10.0.8.0/24").tags
    assert "kubernetes.io/role/cni" not in tags
    assert tags["team"] == "net"


def test_a_tag_of_another_value_is_not_deleted(place: Caller) -> None:
    """DeleteTags: with a value, only if it has this value."""
    made = place.do(place.subnet("10.0.8.0/24"))
    place.do(place.tag("10.0.8.0/24", "kubernetes.io/role/cni", "1"))
    place.person_tags(made, "kubernetes.io/role/cni", "0")
    place.undo(place.tag("10.0.8.0/24", "kubernetes.io/role/cni", "1"), None)
    assert place.shown("10.0.8.0/24").tags["kubernetes.io/role/cni"] == "0"


def test_deleting_a_tag_that_is_not_there_is_no_error(place: Caller) -> None:
    """DeleteTags: answers true."""
    place.do(place.subnet("10.0.8.0/24"))
    place.undo(place.tag("10.0.8.0/24", "kubernetes.io/role/cni", "1"), None)
    assert "kubernetes.io/role/cni" not in place.shown("10.0.8.0/24").tags


def test_tags_that_are_awss_own_are_refused(place: Caller) -> None:
    """EC2 user guide, tag restrictions: the aws: prefix is reserved."""
    place.do(place.subnet("10.0.8.0/24"))
    assert place.refusal(place.tag("10.0.8.0/24", "aws:x", "1")).sure


# CreateSubnetCidrReservation: VPC user guide, "Subnet CIDR reservations"


def test_a_reservation_is_shown(place: Caller) -> None:
    """GetSubnetCidrReservations."""
    place.do(place.subnet("10.0.8.0/24"))
    made = place.do(place.reservation("10.0.8.0/24", "10.0.8.128/25"))
    shown = {each.id: (each.cidr, each.kind) for each in place.look().cidr_reservations}
    assert shown[made] == ("10.0.8.128/25", "prefix")


@pytest.mark.parametrize("cidr", ["10.0.9.0/28", "10.0.0.0/20"])
def test_a_reservation_is_within_its_subnet(place: Caller, cidr: str) -> None:
    """CreateSubnetCidrReservation: Cidr is of the subnet."""
    place.do(place.subnet("10.0.8.0/24"))
    assert place.refusal(place.reservation("10.0.8.0/24", cidr)).sure


def test_reservations_do_not_overlap(place: Caller) -> None:
    """VPC user guide: multiple CIDR reservations, no overlapping ranges."""
    place.do(place.subnet("10.0.8.0/24"))
    place.do(place.reservation("10.0.8.0/24", "10.0.8.128/25"))
    assert place.refusal(place.reservation("10.0.8.0/24", "10.0.8.128/28")).sure


def test_a_reservation_is_taken_back(place: Caller) -> None:
    """DeleteSubnetCidrReservation."""
    place.do(place.subnet("10.0.8.0/24"))
    made = place.do(place.reservation("10.0.8.0/24", "10.0.8.128/25"))
    place.undo(place.reservation("10.0.8.0/24", "10.0.8.128/25"), made)
    assert made not in {each.id for each in place.look().cidr_reservations}


# CreateFlowLogs, DeleteFlowLogs: EC2 API reference


def test_a_flow_log_keeps_what_was_asked(place: Caller) -> None:
    """DescribeFlowLogs."""
    made = place.do(place.log())
    log = place.logs()[made]
    asked = (log.traffic_type, log.destination_type, log.destination, log.aggregation_seconds)
    assert asked == ("ALL", "s3", "arn:aws:s3:::kept", 60)
    assert (log.status, log.tags["eksnet:plan"]) == ("ACTIVE", PLAN)


def test_a_flow_log_tells_when_it_was_made(place: Caller) -> None:
    """DescribeFlowLogs: CreationTime."""
    made = place.do(place.log())
    seen = place.look()
    [log] = (each for each in seen.flow_logs if each.id == made)
    assert log.created_at
    assert abs((seen.captured_at - log.created_at).total_seconds()) < 60


def test_a_flow_log_tells_in_time_that_it_delivers(place: Caller) -> None:
    """DescribeFlowLogs: DeliverLogsStatus."""
    made = place.do(place.log())
    place.settle()
    assert place.logs()[made].deliver_status == "SUCCESS"


def test_a_flow_log_tells_who_delivers_it(place: Caller) -> None:
    """DescribeFlowLogs: DeliverLogsPermissionArn."""
    log = place.log(
        destination_type="cloud-watch-logs", destination=place.group, role_arn=place.role
    )
    made = place.do(log)
    assert place.logs()[made].role_arn == place.role


def test_a_flow_log_keeps_its_format(place: Caller) -> None:
    """CreateFlowLogs.LogFormat: shown as it was given."""
    made = place.do(place.log())
    assert place.logs()[made].log_format == place.log().log_format


def test_the_same_token_and_request_is_the_same_log(place: Caller) -> None:
    """EC2 API reference, "Ensuring idempotency"."""
    first = place.do(place.log(), token="one")
    assert place.do(place.log(), token="one") == first
    assert len(place.logs()) == 1


def test_the_same_token_for_another_request_is_refused(place: Caller) -> None:
    """Error codes: IdempotentParameterMismatch."""
    place.do(place.log(), token="one")
    problem = place.refusal(place.log(traffic_type="REJECT"), token="one")
    assert problem.code == "IdempotentParameterMismatch"


def test_the_same_log_again_exists(place: Caller) -> None:
    """Error codes: FlowLogAlreadyExists."""
    place.do(place.log())
    problem = place.refusal(place.log())
    assert (problem.code, problem.exists) == ("FlowLogAlreadyExists", True)


def test_what_comes_in_unsuccessful_is_a_refusal(place: Caller) -> None:
    """CreateFlowLogs: HTTP 200 with Unsuccessful, and no FlowLogIds."""
    problem = place.refusal(place.log(destination="arn:aws:s3:::nowhere"))
    assert (problem.sure, problem.exists) == (True, False)
    assert not place.logs()


def test_a_log_of_an_unknown_vpc_is_refused(place: Caller) -> None:
    """CreateFlowLogs: the resource must be there."""
    assert place.refusal(place.log(vpc_id="vpc-0123456789abcdef0")).sure


@pytest.mark.parametrize("seconds", [7, 61, 3600])
def test_records_are_gathered_for_one_minute_or_ten(place: Caller, seconds: int) -> None:
    """CreateFlowLogs.MaxAggregationInterval: 60 or 600."""
    assert place.refusal(place.log(aggregation_seconds=seconds)).sure


def test_a_log_to_cloudwatch_needs_a_role(place: Caller) -> None:
    """CreateFlowLogs.DeliverLogsPermissionArn: required for CloudWatch Logs."""
    log = place.log(destination_type="cloud-watch-logs", destination=place.group)
    assert place.refusal(log).sure


def test_a_log_goes_to_cloudwatch_with_a_role(place: Caller) -> None:
    """CreateFlowLogs.LogDestination: the ARN of a log group."""
    log = place.log(
        destination_type="cloud-watch-logs", destination=place.group, role_arn=place.role
    )
    made = place.do(log)
    assert place.logs()[made].destination_type == "cloud-watch-logs"


def test_two_logs_of_a_vpc_may_go_to_two_places(place: Caller) -> None:
    """VPC user guide, "Work with flow logs": several of one resource."""
    place.do(place.log())
    log = place.log(
        destination_type="cloud-watch-logs", destination=place.group, role_arn=place.role
    )
    place.do(log)
    assert len(place.logs()) == 2


def test_a_deleted_log_is_gone(place: Caller) -> None:
    """DeleteFlowLogs."""
    made = place.do(place.log())
    place.undo(place.log(), made)
    assert not place.logs()


def test_deleting_a_log_that_is_gone_says_so(place: Caller) -> None:
    """Error codes: InvalidFlowLogId.NotFound."""
    made = place.do(place.log())
    place.undo(place.log(), made)
    problem = place.refusal_to_undo(place.log(), made)
    assert (problem.code, problem.sure) == ("InvalidFlowLogId.NotFound", True)


# UpdateAddon: EKS API reference


def test_an_addon_is_updating_before_it_is_active_again(place: Caller) -> None:
    """AddonStatus."""
    place.do(place.update('{"env":{"WARM_IP_TARGET":"5"}}'))
    first = place.addon().status
    place.settle()
    assert (first, place.addon().status) == ("UPDATING", "ACTIVE")


def test_the_configuration_is_what_was_given(place: Caller) -> None:
    """UpdateAddon.configurationValues."""
    place.do(place.update('{"env":{"WARM_IP_TARGET":"5"}}'))
    place.settle()
    assert json.loads(place.addon().configuration) == {"env": {"WARM_IP_TARGET": "5"}}


def test_the_configuration_is_set_as_a_whole(place: Caller) -> None:
    """EKS user guide, "Update an add-on": what is left out is no longer set."""
    place.do(place.update('{"env":{"WARM_IP_TARGET":"5"}}'))
    place.settle()
    place.do(place.update('{"env":{"MINIMUM_IP_TARGET":"9"}}'))
    place.settle()
    assert json.loads(place.addon().configuration) == {"env": {"MINIMUM_IP_TARGET": "9"}}


def test_one_update_at_a_time(place: Caller) -> None:
    """UpdateAddon: ResourceInUseException."""
    place.do(place.update('{"env":{"WARM_IP_TARGET":"5"}}'))
    problem = place.refusal(place.update('{"env":{"WARM_IP_TARGET":"6"}}'))
    assert (problem.code, problem.wait) == ("ResourceInUseException", True)


def test_the_same_token_is_the_same_update(place: Caller) -> None:
    """UpdateAddon.clientRequestToken: idempotent."""
    wanted = place.update('{"env":{"WARM_IP_TARGET":"5"}}')
    place.do(wanted, token="one")
    place.do(wanted, token="one")
    place.settle()
    assert place.addon().status == "ACTIVE"


def test_what_is_no_configuration_is_refused(place: Caller) -> None:
    """UpdateAddon: InvalidParameterException."""
    assert place.refusal(place.update("[1]")).code == "InvalidParameterException"


# DryRun: EC2 API reference, common parameters


@pytest.mark.parametrize("kind", ["subnet", "log"])
def test_a_rehearsal_changes_nothing(place: Caller, kind: str) -> None:
    """DryRun: checks the permission without making the request."""
    action = place.subnet("10.0.8.0/24") if kind == "subnet" else place.log()
    place.hands.rehearse(action, plan_id=PLAN, seen=place.look())
    assert place.shown("10.0.8.0/24") is None
    assert not place.logs()


def test_a_rehearsal_of_what_would_fail_is_no_refusal(place: Caller) -> None:
    """DryRun tells of permissions; the interface promises nothing else."""
    place.person_makes_subnet("10.0.8.0/24")
    place.hands.rehearse(place.subnet("10.0.8.0/24"), plan_id=PLAN, seen=place.look())
    assert place.shown("10.0.8.0/24").tags == {}


# What is gone, and what comes by itself


def test_taking_back_a_reservation_that_is_gone_says_so(place: Caller) -> None:
    """DeleteSubnetCidrReservation: the id must be there."""
    place.do(place.subnet("10.0.8.0/24"))
    wanted = place.reservation("10.0.8.0/24", "10.0.8.128/25")
    made = place.do(wanted)
    place.undo(wanted, made)
    assert place.refusal_to_undo(wanted, made).code.endswith(".NotFound")


def test_ending_an_association_that_is_gone_says_so(place: Caller) -> None:
    """Error codes: InvalidAssociationID.NotFound."""
    place.do(place.subnet("10.0.8.0/24"))
    made = place.do(place.link("10.0.8.0/24"))
    place.undo(place.link("10.0.8.0/24"), made)
    problem = place.refusal_to_undo(place.link("10.0.8.0/24"), made)
    assert problem.code == "InvalidAssociationID.NotFound"


def test_disassociating_a_block_that_is_gone_says_so(place: Caller) -> None:
    """DisassociateVpcCidrBlock: the association id must be there."""
    wanted = place.block("100.64.0.0/16")
    problem = place.refusal_to_undo(wanted, "vpc-cidr-assoc-0123456789abcdef0")
    assert (problem.sure, problem.exists) == (True, False)


def test_every_table_routes_to_a_new_block_locally(place: Caller) -> None:
    """VPC user guide, route table concepts: a local route for each block."""
    place.do(place.block("100.64.0.0/16"))
    place.settle()
    tables = [each for each in place.look().route_tables if each.vpc_id == place.vpc_id]
    local = [{route.destination for route in each.routes} for each in tables]
    assert len(tables) == 2
    assert all("100.64.0.0/16" in each for each in local)


def test_a_resource_has_fifty_tags(place: Caller) -> None:
    """EC2 user guide, tag restrictions; error codes: TagLimitExceeded."""
    place.do(place.subnet("10.0.8.0/24", **{f"k{number}": "v" for number in range(49)}))
    assert place.refusal(place.tag("10.0.8.0/24", "one-more", "v")).code == "TagLimitExceeded"


# Known differences: what neither documentation nor the two decide the same way


def test_a_log_of_another_format_to_the_same_place_is_undecided(
    place: Caller, request: pytest.FixtureRequest
) -> None:
    """FlowLogAlreadyExists is for "the same configuration and log destination".

    Moto looks at the destination alone. Remedies give a new log a destination of its own.
    """
    place.do(place.log())
    other = place.log(log_format="${version} ${srcaddr}")
    if "world" in request.node.callspec.id:
        assert place.do(other)
    else:
        assert place.refusal(other).exists


def test_host_bits_of_a_subnets_block_are_dropped_in_the_world_alone(
    place: Caller, request: pytest.FixtureRequest
) -> None:
    """CreateSubnet.CidrBlock: modified to its canonical form. Plans are canonical to begin with."""
    place.do(place.subnet("10.0.8.7/24"))
    dropped = place.shown("10.0.8.0/24") is not None
    assert dropped is ("world" in request.node.callspec.id)


def test_the_code_for_an_unknown_association_of_a_block_is_undocumented(
    place: Caller, request: pytest.FixtureRequest
) -> None:
    """EC2 API reference, error codes, names none; both end as such codes do."""
    wanted = place.block("100.64.0.0/16")
    code = place.refusal_to_undo(wanted, "vpc-cidr-assoc-0123456789abcdef0").code
    assert code.endswith(".NotFound")
    assert ("Error" in code) is ("world" not in request.node.callspec.id)
