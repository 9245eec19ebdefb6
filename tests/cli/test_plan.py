"""`eksnet plan` prints a proven plan, or why there is none, and changes nothing."""

import json
import pathlib
from collections.abc import Callable

import pytest
from pydantic import TypeAdapter

from eksnet.cli import main
from eksnet.model.plan import digest, plan_of
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import cluster, subnet, vpc
from tests.remedies.world import failing, full

GOLDEN = pathlib.Path(__file__).parent / "golden" / "plan.txt"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("EKSNET_REQUESTS_URL", "EKSNET_DECISIONS_URL", "EKSNET_TABLE"):
        monkeypatch.delenv(name, raising=False)

    def ran(*words: object) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["eksnet", *map(str, words)])
        try:
            main()
            code: object = 0
        except SystemExit as end:
            code = end.code
        said = capsys.readouterr()
        return (code if isinstance(code, int) else 0), said.out, said.err

    return ran


def saved(folder: pathlib.Path, seen: Snapshot) -> pathlib.Path:
    path = folder / "snapshot.json"
    path.write_bytes(TypeAdapter(Snapshot).dump_json(seen))
    return path


def test_a_plan_is_read_in_a_minute(run: Run, tmp_path: pathlib.Path) -> None:
    code, out, _ = run("plan", "--from", saved(tmp_path, full()), "--remedy", "secondary-cidr")
    assert code == 0
    shown = "\n".join(line for line in out.splitlines() if not line.startswith("Digest"))
    if not GOLDEN.exists():
        GOLDEN.write_text(shown, encoding="utf-8")
    assert shown == GOLDEN.read_text(encoding="utf-8")


def test_the_json_is_the_plan_itself_and_names_itself(run: Run, tmp_path: pathlib.Path) -> None:
    source = saved(tmp_path, full())
    code, out, _ = run("plan", "--from", source, "--remedy", "secondary-cidr", "--json")
    plan = plan_of(out)
    assert (code, plan.remedy) == (0, "secondary-cidr")
    _, text, _ = run("plan", "--from", source, "--remedy", "secondary-cidr")
    assert f"Digest {digest(plan)}" in text


def test_a_finding_is_named_by_its_id(run: Run, tmp_path: pathlib.Path) -> None:
    finding = failing(full(), "IPH002", "payments/euw1-az1")
    code, out, _ = run("plan", finding.finding_id, "--from", saved(tmp_path, full()))
    assert code == 0
    assert finding.message.split()[0] in out


def test_an_untagged_vpc_can_be_looked_at_all_the_same(run: Run, tmp_path: pathlib.Path) -> None:
    source = saved(tmp_path, full(vpcs=[vpc(tags={})]))
    assert run("plan", "--from", source, "--remedy", "secondary-cidr")[0] == 0


def test_what_cannot_be_planned_says_the_rule_and_what_to_do(
    run: Run, tmp_path: pathlib.Path
) -> None:
    source = saved(tmp_path, full(addons=[]))
    code, out, _ = run("plan", "--from", source, "--remedy", "secondary-cidr")
    assert code == 1
    assert out.startswith("no plan (cni-unread): ")
    code, out, _ = run("plan", "--from", source, "--remedy", "secondary-cidr", "--json")
    assert (code, json.loads(out)["rule"]) == (1, "cni-unread")


def test_what_was_not_seen_is_told_apart(run: Run, tmp_path: pathlib.Path) -> None:
    hidden = Blind(facet=Facet.ROUTE_TABLES, api="ec2:DescribeRouteTables", error="AccessDenied")
    source = saved(tmp_path, full(blinds=[hidden]))
    code, out, _ = run("plan", "--from", source, "--remedy", "secondary-cidr")
    assert (code, "ec2:DescribeRouteTables" in out) == (3, True)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((), "finding's id, or --remedy"),
        (("0" * 32, "--remedy", "flow-logs"), "finding's id, or --remedy"),
        (("0" * 32,), "no finding 0000"),
        (("--remedy", "magic"), "no remedy 'magic'"),
        (("--remedy", "secondary-cidr", "--cluster", "none"), "no cluster 'none'; those there are"),
        (("--remedy", "secondary-cidr", "--pool", "10.0.0.0"), "10.0.0.0"),
        (("--remedy", "secondary-cidr", "--prefix", "29"), "29"),
        (("--remedy", "secondary-cidr", "--avoid", "everything"), "everything"),
    ],
)
def test_bad_input_is_one_clear_line(
    run: Run, tmp_path: pathlib.Path, words: tuple[str, ...], said: str
) -> None:
    code, out, err = run("plan", *words, "--from", saved(tmp_path, full()))
    assert (code, out) == (2, "")
    assert said in err
    assert err.count("\n") == 1


def test_where_nothing_fails_there_is_no_plan(run: Run, tmp_path: pathlib.Path) -> None:
    roomy = full(subnets=[subnet(f"subnet-{az}", free_ips=900) for az in "ab"])
    code, out, _ = run("plan", "--from", saved(tmp_path, roomy), "--remedy", "secondary-cidr")
    assert (code, out.startswith("no plan (nothing-fails)")) == (1, True)


def test_hostile_names_steer_nothing(run: Run, tmp_path: pathlib.Path) -> None:
    evil = "pay\x1b[31m\u202ements\nState approved"
    groups = full().node_groups
    seen = full(
        clusters=[cluster(evil)],
        node_groups=[type(groups[0])(**{**fields(groups[0]), "cluster": evil})],
    )
    _, out, err = run("plan", "--from", saved(tmp_path, seen), "--remedy", "secondary-cidr")
    _, as_json, _ = run(
        "plan", "--from", saved(tmp_path, seen), "--remedy", "secondary-cidr", "--json"
    )
    for text in (out, err, as_json):
        assert not {"\x1b", "\u202e"} & set(text)
        assert "\nState approved" not in text


def fields(record: object) -> dict[str, object]:
    """Return a record's fields by name."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__}  # type: ignore[attr-defined]
