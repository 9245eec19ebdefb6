from collections.abc import Callable
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from sandbox import denials, offline
from tests.sandbox.clients import Aws, connect

ONCE = Config(retries={"max_attempts": 0})


def refusal(call: Callable[..., Any], **asked: Any) -> tuple[str, int]:
    with pytest.raises(ClientError) as refused:
        call(**asked)
    answer = refused.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ec2:DescribeSubnets", ("UnauthorizedOperation", 403)),
        ("ec2:DescribeSubnets=throttled", ("RequestLimitExceeded", 503)),
        ("ec2:DescribeSubnets=broken", ("InternalError", 500)),
        ("ec2:DescribeSubnets=OptInRequired", ("OptInRequired", 400)),
    ],
)
@pytest.mark.usefixtures("aws")
def test_ec2_refuses_with_its_own_codes(text: str, expected: tuple[str, int]) -> None:
    ec2 = connect("ec2", "us-east-1", config=ONCE)
    with denials.denied(text):
        assert refusal(ec2.describe_subnets) == expected
    assert ec2.describe_subnets()["Subnets"]


def test_eks_iam_and_sts_refuse_with_their_own_codes(aws: Aws) -> None:
    texts = ("eks:ListClusters", "iam:ListRoles", "sts:GetCallerIdentity")
    with denials.denied(*texts):
        assert refusal(aws.eks.list_clusters) == ("AccessDeniedException", 403)
        assert refusal(aws.iam.list_roles) == ("AccessDenied", 403)
        sts = connect("sts", "us-east-1")
        assert refusal(sts.get_caller_identity) == ("AccessDenied", 403)


def test_a_denial_meets_only_its_resource(aws: Aws) -> None:
    _, subnets = aws.two_subnets()
    for name in ("payments", "search"):
        aws.cluster(subnets, name)
    with denials.denied("eks:DescribeCluster@payments"):
        assert refusal(aws.eks.describe_cluster, name="payments")[1] == 403
        assert aws.eks.describe_cluster(name="search")["cluster"]["name"] == "search"


@pytest.mark.usefixtures("aws")
def test_a_denial_meets_only_its_account_and_region() -> None:
    with denials.denied("222233334444/eu-west-1/ec2:DescribeVpcs"):
        for account, region, refused in (
            ("222233334444", "eu-west-1", True),
            ("222233334444", "us-east-1", False),
            ("111122223333", "eu-west-1", False),
        ):
            key = f"AKIA{account}DEMO"
            ec2 = connect("ec2", region, aws_access_key_id=key, aws_secret_access_key="sandbox")
            if refused:
                assert refusal(ec2.describe_vpcs)[0] == "UnauthorizedOperation"
            else:
                assert ec2.describe_vpcs()["Vpcs"]


def test_the_environment_can_name_denials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(denials.VARIABLE, "ec2:DescribeSubnets, eks:ListClusters=throttled")
    with offline():
        assert refusal(connect("ec2", "us-east-1").describe_subnets)[1] == 403
        eks = connect("eks", "us-east-1", config=ONCE)
        assert refusal(eks.list_clusters) == ("ThrottlingException", 429)


def test_nothing_stays_refused_in_the_next_block() -> None:
    with offline():
        denials.add("ec2:DescribeVpcs")
    with offline():
        assert connect("ec2", "us-east-1").describe_vpcs()["Vpcs"]


def test_text_that_is_no_denial_is_refused() -> None:
    with pytest.raises(ValueError, match="not a denial"):
        denials.parse("DescribeSubnets")
