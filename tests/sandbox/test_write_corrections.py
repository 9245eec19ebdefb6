"""What EC2 and EKS do with the writes of a repair, each rule by its name in their documentation."""

from typing import Any

import pytest
from botocore.exceptions import ClientError

from sandbox import denials
from tests.sandbox.clients import Aws, connect

BLOCK = "100.64.0.0/16"


def code(raised: pytest.ExceptionInfo[ClientError]) -> str:
    return raised.value.response["Error"]["Code"]


def associated(aws: Aws, vpc: str) -> str:
    made = aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=BLOCK)
    aws.block_states(vpc, BLOCK, looks=2)
    return made["CidrBlockAssociation"]["AssociationId"]


def test_vpc_cidr_block_state_associating_comes_before_associated(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=BLOCK)
    assert aws.block_states(vpc, BLOCK, looks=3) == ["associating", "associated", "associated"]


def test_vpc_cidr_block_state_disassociating_comes_before_a_block_is_gone(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.ec2.disassociate_vpc_cidr_block(AssociationId=associated(aws, vpc))
    states = aws.block_states(vpc, BLOCK, looks=4)
    assert states[0] == "disassociating"
    assert states[-2:] == ["disassociated", ""]


def test_a_block_on_its_way_takes_no_subnet_but_conflicts_already(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=BLOCK)
    with pytest.raises(ClientError) as refused:
        aws.subnet(vpc, "100.64.0.0/24")
    assert code(refused) == "InvalidSubnet.Range"
    with pytest.raises(ClientError) as refused:
        aws.ec2.associate_vpc_cidr_block(VpcId=vpc, CidrBlock=BLOCK)
    assert code(refused) == "CidrConflict"


def test_a_disassociated_block_takes_no_subnet(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.ec2.disassociate_vpc_cidr_block(AssociationId=associated(aws, vpc))
    with pytest.raises(ClientError) as refused:
        aws.subnet(vpc, "100.64.0.0/24")
    assert code(refused) == "InvalidSubnet.Range"


def test_create_subnet_takes_an_availability_zone_id_of_its_region(aws: Aws) -> None:
    vpc = aws.vpc()
    made = aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24", AvailabilityZoneId="use1-az2")[
        "Subnet"
    ]
    zones = aws.ec2.describe_availability_zones(ZoneIds=["use1-az2"])["AvailabilityZones"]
    assert made["AvailabilityZone"] == zones[0]["ZoneName"]
    assert (made["MapPublicIpOnLaunch"], made["DefaultForAz"]) == (False, False)
    with pytest.raises(ClientError) as refused:
        aws.ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24", AvailabilityZoneId="euw1-az1")
    assert code(refused) == "InvalidParameterValue"


def test_a_deleted_subnet_leaves_its_route_table_and_its_acl(aws: Aws) -> None:
    vpc = aws.vpc()
    subnet = aws.subnet(vpc, "10.0.0.0/24")
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    aws.ec2.delete_subnet(SubnetId=subnet)
    wanted = [{"Name": "vpc-id", "Values": [vpc]}]
    shown = [
        each.get("SubnetId")
        for kind, listed in (
            ("RouteTables", aws.ec2.describe_route_tables(Filters=wanted)),
            ("NetworkAcls", aws.ec2.describe_network_acls(Filters=wanted)),
        )
        for holder in listed[kind]
        for each in holder["Associations"]
    ]
    assert subnet not in shown


def test_resource_already_associated_with_another_route_table(aws: Aws) -> None:
    vpc = aws.vpc()
    subnet = aws.subnet(vpc, "10.0.0.0/24")
    one, other = (
        aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2)
    )
    first = aws.ec2.associate_route_table(RouteTableId=one, SubnetId=subnet)["AssociationId"]
    again = aws.ec2.associate_route_table(RouteTableId=one, SubnetId=subnet)["AssociationId"]
    assert again == first
    with pytest.raises(ClientError) as refused:
        aws.ec2.associate_route_table(RouteTableId=other, SubnetId=subnet)
    assert code(refused) == "Resource.AlreadyAssociated"


def test_a_route_table_serves_subnets_of_its_own_vpc(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/24")
    table = aws.ec2.create_route_table(VpcId=aws.vpc("10.1.0.0/16"))["RouteTable"]["RouteTableId"]
    with pytest.raises(ClientError) as refused:
        aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    assert code(refused) == "InvalidParameterValue"


def test_a_reservation_keeps_the_tags_it_was_made_with(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/24")
    tags = [{"Key": "team", "Value": "network"}]
    specifications = [{"ResourceType": "subnet-cidr-reservation", "Tags": tags}]
    aws.ec2.create_subnet_cidr_reservation(
        SubnetId=subnet,
        Cidr="10.0.0.128/25",
        ReservationType="prefix",
        TagSpecifications=specifications,
    )
    [kept] = aws.ec2.get_subnet_cidr_reservations(SubnetId=subnet)["SubnetIpv4CidrReservations"]
    assert kept["Tags"] == tags


def test_tag_restrictions_reserve_the_keys_of_aws(aws: Aws) -> None:
    subnet = aws.subnet(aws.vpc(), "10.0.0.0/24")
    with pytest.raises(ClientError) as refused:
        aws.ec2.create_tags(Resources=[subnet], Tags=[{"Key": "aws:mine", "Value": "1"}])
    assert code(refused) == "InvalidParameterValue"


def test_the_primary_block_stays_whatever_is_in_it(aws: Aws) -> None:
    vpc = aws.vpc()
    aws.subnet(vpc, "10.0.0.0/24")
    [block] = aws.ec2.describe_vpcs(VpcIds=[vpc])["Vpcs"][0]["CidrBlockAssociationSet"]
    with pytest.raises(ClientError) as refused:
        aws.ec2.disassociate_vpc_cidr_block(AssociationId=block["AssociationId"])
    assert code(refused) == "OperationNotPermitted"


def log(aws: Aws, vpc: str, **more: Any) -> dict[str, Any]:
    asked = {
        "ResourceType": "VPC",
        "ResourceIds": [vpc],
        "TrafficType": "ALL",
        "LogDestinationType": "s3",
        "LogDestination": "arn:aws:s3:::flows/prod/",
        **more,
    }
    return aws.ec2.create_flow_logs(**asked)


def bucket() -> None:
    connect("s3", "us-east-1").create_bucket(Bucket="flows")


def test_create_flow_logs_makes_one_log_a_client_token(aws: Aws) -> None:
    bucket()
    vpc = aws.vpc()
    first, again = (log(aws, vpc, ClientToken="step-1")["FlowLogIds"] for _ in range(2))
    assert first == again
    assert len(aws.ec2.describe_flow_logs()["FlowLogs"]) == 1
    with pytest.raises(ClientError) as refused:
        log(aws, vpc, ClientToken="step-1", TrafficType="REJECT")
    assert code(refused) == "IdempotentParameterMismatch"
    with pytest.raises(ClientError) as refused:
        log(aws, vpc, ClientToken="step-2")
    assert code(refused) == "FlowLogAlreadyExists"


def test_create_flow_logs_takes_a_bucket_with_a_prefix(aws: Aws) -> None:
    bucket()
    log(aws, aws.vpc())
    [shown] = aws.ec2.describe_flow_logs()["FlowLogs"]
    assert shown["LogDestination"] == "arn:aws:s3:::flows/prod/"


def test_create_flow_logs_answers_200_for_a_bucket_that_is_not_there(aws: Aws) -> None:
    answer = log(aws, aws.vpc(), ClientToken="step-1")
    assert answer["FlowLogIds"] == []
    assert answer["Unsuccessful"]
    bucket()
    assert log(aws, aws.vpc("10.1.0.0/16"), ClientToken="step-1")["FlowLogIds"]


@pytest.mark.parametrize(("there", "status"), [(True, "SUCCESS"), (False, "FAILED")])
def test_a_log_group_is_named_by_its_arn(aws: Aws, *, there: bool, status: str) -> None:
    if there:
        connect("logs", "us-east-1").create_log_group(logGroupName="/flows")
    log(
        aws,
        aws.vpc(),
        LogDestinationType="cloud-watch-logs",
        LogDestination="arn:aws:logs:us-east-1:111122223333:log-group:/flows",
        DeliverLogsPermissionArn="arn:aws:iam::111122223333:role/flow-logs",
    )
    [shown] = aws.ec2.describe_flow_logs()["FlowLogs"]
    assert shown["DeliverLogsStatus"] == status


def test_delete_flow_logs_answers_200_with_what_it_could_not_delete(aws: Aws) -> None:
    bucket()
    [made] = log(aws, aws.vpc())["FlowLogIds"]
    answer = aws.ec2.delete_flow_logs(FlowLogIds=[made, "fl-0123456789abcdef0"])
    [failed] = answer["Unsuccessful"]
    assert failed["Error"]["Code"] == "InvalidFlowLogId.NotFound"
    assert aws.ec2.describe_flow_logs()["FlowLogs"] == []


@pytest.mark.parametrize("operation", ["CreateFlowLogs", "DeleteFlowLogs"])
def test_a_denial_can_answer_200_and_unsuccessful(aws: Aws, operation: str) -> None:
    bucket()
    vpc = aws.vpc()
    with denials.denied(f"ec2:{operation}=unsuccessful"):
        if operation == "CreateFlowLogs":
            answer = log(aws, vpc)
            assert answer.get("FlowLogIds", []) == []
        else:
            answer = aws.ec2.delete_flow_logs(FlowLogIds=["fl-0123456789abcdef0"])
    [failed] = answer["Unsuccessful"]
    assert failed["Error"]["Code"] == "InternalError"


def test_associating_and_disassociating_route_tables_can_be_rehearsed(aws: Aws) -> None:
    vpc = aws.vpc()
    subnet = aws.subnet(vpc, "10.0.0.0/24")
    table = aws.ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    with pytest.raises(ClientError) as rehearsed:
        aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet, DryRun=True)
    assert code(rehearsed) == "DryRunOperation"
    [shown] = aws.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert shown["Associations"] == []
    made = aws.ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)["AssociationId"]
    with pytest.raises(ClientError) as rehearsed:
        aws.ec2.disassociate_route_table(AssociationId=made, DryRun=True)
    assert code(rehearsed) == "DryRunOperation"
    [shown] = aws.ec2.describe_route_tables(RouteTableIds=[table])["RouteTables"]
    assert len(shown["Associations"]) == 1


@pytest.fixture
def cni(aws: Aws) -> Aws:
    _, subnets = aws.two_subnets()
    aws.cluster(subnets)
    aws.eks.create_addon(
        clusterName="payments",
        addonName="vpc-cni",
        configurationValues='{"env":{"WARM_IP_TARGET":"1"}}',
        serviceAccountRoleArn="arn:aws:iam::111122223333:role/cni",
    )
    return aws


def update(aws: Aws, **more: Any) -> dict[str, Any]:
    return aws.eks.update_addon(clusterName="payments", addonName="vpc-cni", **more)["update"]


def shown(aws: Aws) -> dict[str, Any]:
    return aws.eks.describe_addon(clusterName="payments", addonName="vpc-cni")["addon"]


def test_update_addon_is_in_progress_first_and_then_in_force(cni: Aws) -> None:
    made = update(cni, configurationValues='{"env":{}}', resolveConflicts="PRESERVE")
    assert (made["status"], made["type"]) == ("InProgress", "AddonUpdate")
    first, later = shown(cni), shown(cni)
    assert (first["status"], first["configurationValues"]) == (
        "UPDATING",
        '{"env":{"WARM_IP_TARGET":"1"}}',
    )
    assert (later["status"], later["configurationValues"]) == ("ACTIVE", '{"env":{}}')
    asked = {"name": "payments", "addonName": "vpc-cni"}
    told = cni.eks.describe_update(updateId=made["id"], **asked)["update"]
    assert told["status"] == "Successful"
    assert cni.eks.list_updates(**asked)["updateIds"] == [made["id"]]


def test_update_addon_while_another_is_under_way_is_in_use(cni: Aws) -> None:
    update(cni, configurationValues='{"env":{}}')
    with pytest.raises(ClientError) as refused:
        update(cni, configurationValues="{}")
    assert code(refused) == "ResourceInUseException"


def test_update_addon_answers_the_same_token_with_the_same_update(cni: Aws) -> None:
    one, again = (
        update(cni, configurationValues="{}", clientRequestToken="step-1")["id"] for _ in range(2)
    )
    assert one == again
    with pytest.raises(ClientError) as refused:
        update(cni, configurationValues='{"env":{}}', clientRequestToken="step-1")
    assert code(refused) == "InvalidRequestException"


def test_update_addon_without_a_role_falls_back_to_the_nodes(cni: Aws) -> None:
    assert shown(cni)["serviceAccountRoleArn"]
    update(cni, configurationValues="{}")
    shown(cni)
    assert "serviceAccountRoleArn" not in shown(cni)


@pytest.mark.parametrize(
    "wrong", [{"configurationValues": "{"}, {"resolveConflicts": "FORCE"}], ids=["text", "conflict"]
)
def test_update_addon_refuses_what_it_does_not_know(cni: Aws, wrong: dict[str, str]) -> None:
    with pytest.raises(ClientError) as refused:
        update(cni, **wrong)
    assert code(refused) == "InvalidParameterException"
    with pytest.raises(ClientError) as refused:
        cni.eks.update_addon(clusterName="payments", addonName="coredns")
    assert code(refused) == "ResourceNotFoundException"
