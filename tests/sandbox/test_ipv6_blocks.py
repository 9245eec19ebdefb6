"""SubnetCidrBlockState of the EC2 API reference."""

from tests.sandbox.clients import Aws


def test_the_state_of_a_subnets_ipv6_block_is_a_word(aws: Aws) -> None:
    made = aws.ec2.create_vpc(CidrBlock="10.0.0.0/16", AmazonProvidedIpv6CidrBlock=True)["Vpc"]
    (vpc,) = aws.ec2.describe_vpcs(VpcIds=[made["VpcId"]])["Vpcs"]
    block = vpc["Ipv6CidrBlockAssociationSet"][0]["Ipv6CidrBlock"].replace("::/56", "::/64")
    subnet = aws.subnet(vpc["VpcId"], "10.0.0.0/24")
    aws.ec2.associate_subnet_cidr_block(SubnetId=subnet, Ipv6CidrBlock=block)
    (shown,) = aws.ec2.describe_subnets(SubnetIds=[subnet])["Subnets"]
    (association,) = shown["Ipv6CidrBlockAssociationSet"]
    assert association["Ipv6CidrBlockState"] == {"State": "associated"}
