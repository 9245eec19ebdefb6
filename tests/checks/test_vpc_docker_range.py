from eksnet.checks.vpc_docker_range import docker_range
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.finding import Status
from eksnet.model.network import CidrAssociation
from tests.build import VPC, Example, cluster, snapshot, vpc


def held(*cidrs: str) -> object:
    return snapshot(clusters=[cluster()], vpcs=[vpc(VPC, *cidrs)])


EXAMPLES = {
    "VPC002": Example(
        good=(held(), held("172.16.0.0/16", "172.18.0.0/16")),
        bad=(held("172.17.0.0/16"), held("172.16.0.0/16", "172.17.128.0/24")),
        unknown=(snapshot(clusters=[cluster()]),),
    ),
}


def test_a_block_that_was_taken_away_does_not_count() -> None:
    gone = CidrAssociation(cidr="172.17.0.0/16", state="disassociated")
    kept = CidrAssociation(cidr="172.16.0.0/16", state="associated")
    seen = snapshot(clusters=[cluster()], vpcs=[vpc(cidrs=(kept, gone))])
    (finding,) = run(seen, [docker_range], Limits())
    assert finding.status is Status.PASS
