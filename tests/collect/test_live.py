"""The collector against the offline AWS: whole lists, honest blinds, no call too many."""

import collections
from collections.abc import Iterator

import botocore.session
import pytest

from eksnet.checks import catalogue
from eksnet.collect import facets
from eksnet.collect.live import collect
from eksnet.collect.session import Session
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.errors import InputError, NoAccessError
from eksnet.model.finding import Finding, Status
from eksnet.model.snapshot import Facet, Snapshot
from sandbox import denials, offline

REGION = "eu-west-1"
ACTIONS = {
    action: facet
    for facet in sorted(facets.READABLE)
    for action in facets.iam_actions([facet])
    if action not in facets.iam_actions([Facet.CLUSTERS])
}


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")


@pytest.fixture
def network() -> Iterator[None]:
    with offline():
        session = botocore.session.get_session()
        ec2 = session.create_client("ec2", region_name=REGION)
        eks = session.create_client("eks", region_name=REGION)
        iam = session.create_client("iam", region_name=REGION)
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        subnets = [
            ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.0.{n}.0/24", AvailabilityZone=REGION + az)[
                "Subnet"
            ]["SubnetId"]
            for n, az in enumerate("ab")
        ]
        role = iam.create_role(RoleName="control-plane", AssumeRolePolicyDocument="{}")["Role"]
        node = iam.create_role(RoleName="node", AssumeRolePolicyDocument="{}")["Role"]
        for name in ("payments", "search"):
            eks.create_cluster(
                name=name,
                roleArn=role["Arn"],
                resourcesVpcConfig={"subnetIds": subnets},
            )
        eks.create_nodegroup(
            clusterName="payments",
            nodegroupName="workers",
            subnets=subnets,
            nodeRole=node["Arn"],
            instanceTypes=["m5.large"],
        )
        eks.create_addon(clusterName="payments", addonName="vpc-cni")
        eks.create_fargate_profile(
            clusterName="payments",
            fargateProfileName="jobs",
            podExecutionRoleArn=node["Arn"],
            subnets=subnets,
            selectors=[{"namespace": "jobs"}],
        )
        for n in range(7):
            ec2.create_network_interface(SubnetId=subnets[n % 2])
        ec2.create_network_interface(SubnetId=subnets[0], Ipv4PrefixCount=1)
        yield


def look(wanted: frozenset[Facet] = facets.READABLE) -> Snapshot:
    return collect(Session(), REGION, wanted)


def findings(seen: Snapshot) -> dict[str, Finding]:
    return {each.finding_id: each for each in run(seen, catalogue(), Limits())}


@pytest.mark.usefixtures("network")
def test_everything_there_is_seen_and_nothing_is_blind() -> None:
    seen = look()
    assert seen.blinds == ()
    assert seen.target.account_id == "111122223333"
    assert seen.cluster_names == ("payments", "search")
    assert {each.name for each in seen.clusters} == {"payments", "search"}
    assert [(each.cluster, each.name) for each in seen.node_groups] == [("payments", "workers")]
    assert [each.cluster for each in seen.addons] == ["payments"]
    assert [each.name for each in seen.instance_types] == ["m5.large"]
    used = {each.vpc_id for each in seen.clusters}
    assert all(vpc.dns_support is not None for vpc in seen.vpcs if vpc.id in used)


@pytest.mark.usefixtures("network")
def test_lists_are_read_to_their_last_page(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = look()
    small = tuple(
        facets.Sweep(
            facet=each.facet,
            operation=each.operation,
            key=each.key,
            field=each.field,
            parse=each.parse,
            page=5 if each.page else None,
        )
        for each in facets.SWEEPS
    )
    monkeypatch.setattr("eksnet.collect.live.SWEEPS", small)
    assert len(whole.enis) > 5
    assert look().enis == whole.enis


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("action", ACTIONS)
def test_a_refused_read_blinds_its_facet_and_no_answer_rests_on_it(action: str) -> None:
    before = findings(look())
    with denials.denied(action):
        seen = look()
    hidden = {blind.facet for blind in seen.blinds}
    assert hidden
    assert {blind.api for blind in seen.blinds} == {action}
    needs = {check.id: check.needs for check in catalogue()}
    for each in findings(seen).values():
        if each.status is not Status.UNKNOWN:
            assert before[each.finding_id].status is each.status, each
            whole = {b.facet for b in seen.blinds if b.cluster is None and b.resource is None}
            assert not needs[each.check_id] & whole, each


@pytest.mark.usefixtures("network")
@pytest.mark.parametrize("action", ["eks:ListClusters", "eks:DescribeCluster"])
def test_without_the_clusters_nothing_passes(action: str) -> None:
    with denials.denied(action):
        seen = look()
    needs = {check.id: check.needs for check in catalogue()}
    judged = [each for each in findings(seen).values() if Facet.CLUSTERS in needs[each.check_id]]
    assert judged
    assert {each.status for each in judged} == {Status.UNKNOWN}


@pytest.mark.usefixtures("network")
def test_a_refused_identity_leaves_the_account_to_the_clusters_arns() -> None:
    with denials.denied("sts:GetCallerIdentity"):
        assert look().target.account_id == "111122223333"


@pytest.mark.usefixtures("network")
def test_only_what_the_checks_need_is_asked_and_nothing_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: collections.Counter[str] = collections.Counter()
    create = Session.client

    def counted(self: Session, service: str, region: str) -> object:
        client = create(self, service, region)
        client.meta.events.register(
            "before-call", lambda model, **_: made.update([f"{service}:{model.name}"])
        )
        return client

    monkeypatch.setattr(Session, "client", counted)
    look(frozenset({Facet.SUBNETS}))
    assert made == {
        "sts:GetCallerIdentity": 1,
        "eks:ListClusters": 1,
        "eks:DescribeCluster": 2,
        "ec2:DescribeSubnets": 1,
    }
    made.clear()
    look()
    assert set(made) <= {*facets.iam_actions(facets.READABLE), *facets.ALWAYS}
    assert made["iam:ListAttachedRolePolicies"] == 1
    assert made["ec2:DescribeVpcAttribute"] == 2
    assert made["eks:DescribeAddon"] == 6
    assert max(made[f"ec2:{sweep.operation}"] for sweep in facets.SWEEPS) == 1


@pytest.mark.usefixtures("network")
def test_reservations_are_asked_of_every_subnet_that_prefixes_will_come_from() -> None:
    """Prefix mode was just switched on: one of the two node subnets holds no prefix yet."""
    session = botocore.session.get_session()
    ec2 = session.create_client("ec2", region_name=REGION)
    eks = session.create_client("eks", region_name=REGION)
    home = {cidr: f"{cidr[:-4]}128/25" for cidr in ("10.0.0.0/24", "10.0.1.0/24")}
    for each in look(frozenset({Facet.SUBNETS})).subnets:
        if each.cidr in home:
            ec2.create_subnet_cidr_reservation(
                SubnetId=each.id, Cidr=home[each.cidr], ReservationType="explicit"
            )
    assert len(look().cidr_reservations) == 1
    eks.create_addon(
        clusterName="search",
        addonName="vpc-cni",
        configurationValues='{"env": {"ENABLE_PREFIX_DELEGATION": "true"}}',
    )
    eks.create_nodegroup(
        clusterName="search",
        nodegroupName="workers",
        subnets=[each.id for each in look().subnets if each.cidr in home],
        nodeRole="arn:aws:iam::111122223333:role/node",
    )
    assert len(look().cidr_reservations) == 2


def test_without_credentials_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    with pytest.raises(NoAccessError, match="redentials"):
        look()


def test_nobody_answering_is_no_access_and_not_an_empty_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setattr("eksnet.collect.session.ATTEMPTS", 1)
    with pytest.raises(NoAccessError, match="no endpoint answered"):
        look(frozenset({Facet.SUBNETS}))


def test_a_region_that_does_not_exist_is_bad_input() -> None:
    Session().require_region("eu-west-1")
    with pytest.raises(InputError, match="unknown region 'eu-west-9'"):
        Session().require_region("eu-west-9")
