from eksnet.checks.lbs_balancers import balancer_zones, made_by_controller
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.network import Eni
from eksnet.model.snapshot import Snapshot
from tests.build import Example, cluster, eni, snapshot

IN_TREE = "a3f8c1d2e4b5f4a6c8d7e9f0a1b2c3d4"
CONTROLLER = "k8s-shop-front-1a2b3c4d5e"


def balancer(name: str, zone: str, kind: str = "net", **parts: object) -> Eni:
    description = f"ELB {name}" if kind == "classic" else f"ELB {kind}/{name}/50dc6c495c0c9188"
    values: dict[str, object] = {
        "description": description,
        "requester_id": "amazon-elb",
        "requester_managed": True,
        "interface_type": "network_load_balancer" if kind == "net" else "interface",
    }
    return eni(f"eni-{name[:4]}-{kind}-{zone}", f"subnet-{zone}", **{**values, **parts})


def net(*enis: Eni) -> Snapshot:
    return snapshot(clusters=[cluster()], enis=list(enis))


TWO = (balancer(CONTROLLER, "a"), balancer(CONTROLLER, "b"))
EXAMPLES = {
    "LBS005": Example(
        good=(net(*TWO), net(balancer(CONTROLLER, "a", "app"))),
        bad=(net(balancer(IN_TREE, "a", "classic")), net(balancer(IN_TREE, "a"))),
    ),
    "LBS006": Example(
        good=(
            net(*TWO),
            net(balancer(CONTROLLER, "a", "app"), balancer(CONTROLLER, "b", "app")),
        ),
        bad=(net(balancer(CONTROLLER, "a")), net(balancer(IN_TREE, "b"))),
    ),
}


def test_a_load_balancer_that_kubernetes_did_not_name_is_not_judged() -> None:
    others = net(
        balancer("website", "a"),
        balancer("a" * 32, "a", "classic"),
        balancer(CONTROLLER, "a", vpc_id="vpc-other"),
        eni("eni-x", description=f"ELB {IN_TREE}"),
    )
    assert run(others, [made_by_controller, balancer_zones], Limits()) == ()


def test_a_classic_one_is_no_matter_of_zones() -> None:
    assert run(net(balancer(IN_TREE, "a", "classic")), [balancer_zones], Limits()) == ()


def test_the_interfaces_of_one_load_balancer_are_one_answer() -> None:
    (finding,) = run(net(*TWO), [made_by_controller], Limits())
    assert finding.resource.type == "AWS::ElasticLoadBalancingV2::LoadBalancer"
    assert finding.resource.id == CONTROLLER
    assert finding.evidence["zones"] == ["eu-west-1a", "eu-west-1b"]
