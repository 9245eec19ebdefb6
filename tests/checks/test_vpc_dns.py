from eksnet.checks.vpc_dns import cluster_vpc_dns
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status, Unread
from eksnet.model.snapshot import Blind, Facet, Resource
from tests.build import VPC, Example, cluster, snapshot, vpc


def held(**parts: object) -> object:
    return snapshot(clusters=[cluster()], vpcs=[vpc(**parts)])


EXAMPLES = {
    "VPC001": Example(
        good=(held(),),
        bad=(
            held(dns_support=False),
            held(dns_hostnames=False),
            held(dns_support=False, dns_hostnames=None),
        ),
        unknown=(
            held(dns_support=None),
            held(dns_hostnames=None),
            snapshot(clusters=[cluster()]),
        ),
    ),
}


def test_a_refused_attribute_is_unknown_for_its_vpc_with_the_error_it_gave() -> None:
    refused = Blind(
        facet=Facet.VPC_ATTRIBUTES,
        api="ec2:DescribeVpcAttribute",
        error="UnauthorizedOperation",
        resource=Resource(type="AWS::EC2::VPC", id=VPC),
    )
    seen = snapshot(
        clusters=[cluster(), cluster("search", vpc_id="vpc-0b")],
        vpcs=[vpc(dns_support=None, dns_hostnames=None), vpc("vpc-0b")],
        blinds=(refused,),
    )
    findings = {each.cluster: each for each in run(seen, [cluster_vpc_dns], Limits())}
    assert findings["payments"].unknown == Unread(api=refused.api, error=refused.error)
    assert findings["search"].status is Status.PASS


def test_a_vpc_without_a_cluster_is_not_judged() -> None:
    seen = snapshot(vpcs=[vpc(dns_support=False)])
    assert not run(seen, [cluster_vpc_dns], Limits())
