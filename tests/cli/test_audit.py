"""The command's contract: exit codes, one line for bad input, data on stdout only."""

import dataclasses
import json
import pathlib
from collections.abc import Callable

import pytest

from eksnet.cli import main
from eksnet.collect import saved
from eksnet.model.snapshot import Blind, Facet, Snapshot
from tests.build import cluster, snapshot, subnet, vpc


@dataclasses.dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")

    def ran(*words: object) -> Ran:
        monkeypatch.setattr("sys.argv", ["eksnet", *map(str, words)])
        with pytest.raises(SystemExit) as end:
            main()
        text = capsys.readouterr()
        code = end.value.code
        return Ran(code if isinstance(code, int) else 0, text.out, text.err)

    return ran


@pytest.fixture
def recorded(tmp_path: pathlib.Path) -> pathlib.Path:
    return written(tmp_path, network(200))


def network(free: int) -> Snapshot:
    subnets = [subnet(each, free_ips=free) for each in ("subnet-a", "subnet-b")]
    return snapshot(clusters=[cluster()], subnets=subnets, vpcs=[vpc()])


def written(folder: pathlib.Path, seen: Snapshot) -> pathlib.Path:
    path = folder / "snapshot.json"
    saved.write(seen, path)
    return path


def test_a_healthy_check_exits_0_and_prints_the_contract(run: Run, recorded: pathlib.Path) -> None:
    ran = run("audit", "--from", recorded, "--check", "XEN002", "--json")
    assert ran.code == 0
    report = json.loads(ran.out)
    assert set(report) == {"schema_version", "run", "coverage", "summary", "findings"}
    assert {each["status"] for each in report["findings"]} == {"pass"}
    assert {each["severity"] for each in report["findings"]} == {None}


def test_a_fail_exits_1_from_the_severity_asked_for(run: Run, tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, network(10))
    words = ("audit", "--from", path, "--check", "XEN002")
    assert run(*words).code == 0
    assert run(*words, "--fail-on", "medium").code == 1


def test_what_is_unseen_exits_3_unless_it_is_accepted(run: Run, tmp_path: pathlib.Path) -> None:
    blind = Blind(facet=Facet.SUBNETS, api="ec2:DescribeSubnets", error="UnauthorizedOperation")
    path = written(tmp_path, dataclasses.replace(network(200), blinds=(blind,)))
    words = ("audit", "--from", path, "--check", "XEN002")
    ran = run(*words)
    assert ran.code == 3
    assert "UnauthorizedOperation" in ran.out
    assert run(*words, "--unknown-ok").code == 0


def test_status_narrows_what_is_shown_and_not_what_is_judged(
    run: Run, tmp_path: pathlib.Path
) -> None:
    path = written(tmp_path, network(4))
    ran = run("audit", "--from", path, "--check", "XEN002", "--json", "--status", "pass")
    assert ran.code == 1
    assert json.loads(ran.out)["findings"] == []


@pytest.mark.parametrize("format_", ["table", "json", "csv", "html"])
def test_every_format_goes_to_stdout_or_to_a_file(
    run: Run, recorded: pathlib.Path, tmp_path: pathlib.Path, format_: str
) -> None:
    words = ("audit", "--from", recorded, "--check", "XEN002", "--format", format_)
    printed = run(*words)
    assert printed.out
    target = tmp_path / "report"
    assert run(*words, "--output", target).out == ""
    assert target.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--from", "{recorded}", "--check", "XEN999"), "unknown check 'XEN999'"),
        (("--from", "{recorded}", "--cluster", "search"), "no cluster 'search'"),
        (("--from", "{recorded}", "--status", "bad"), "unknown status 'bad'"),
        (("--from", "{recorded}", "--all-regions"), "--from is one region's record"),
        (("--from", "{folder}/none.json"), "no such file"),
        (("--from", "{folder}/cut.json"), "cut.json"),
        (("--from", "{folder}/future.json"), "future.json"),
        (("--from", "{recorded}", "--suppressions", "{folder}/typo.yaml"), "typo.yaml:2: unknown"),
        (("--from", "{recorded}", "--config", "{folder}/config.yaml"), "config.yaml:2: unknown"),
        (("--partial",), "go with --from"),
        (("--region", "eu-west-9"), "unknown region 'eu-west-9'"),
        ((), "no region"),
    ],
)
def test_bad_input_is_one_clear_line_and_exit_2(
    run: Run, recorded: pathlib.Path, tmp_path: pathlib.Path, words: tuple[str, ...], said: str
) -> None:
    text = recorded.read_text(encoding="utf-8")
    (tmp_path / "cut.json").write_text(text[: len(text) // 2], encoding="utf-8")
    future = {**json.loads(text), "schema_version": 99}
    (tmp_path / "future.json").write_text(json.dumps(future), encoding="utf-8")
    entry = "suppressions:\n  - {rule: XEN002, reason: r, owner: o, expires: 2030-01-01}\n"
    (tmp_path / "typo.yaml").write_text(entry, encoding="utf-8")
    (tmp_path / "config.yaml").write_text("limits:\n  nodes: 1\n", encoding="utf-8")
    filled = [word.format(recorded=recorded, folder=tmp_path) for word in words]
    ran = run("audit", *filled)
    assert (ran.code, ran.out) == (2, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1
    assert "Traceback" not in ran.err


def test_no_credentials_is_one_line_and_exit_4(run: Run) -> None:
    ran = run("audit", "--region", "eu-west-1", "--check", "XEN002")
    assert (ran.code, ran.out) == (4, "")
    assert "redentials" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.parametrize(
    ("free", "code", "answer"), [((200, 200), 0, "YES"), ((4, 200), 1, "NO"), ((4, 4), 1, "NO")]
)
def test_the_verdict_is_an_exit_code(
    run: Run, tmp_path: pathlib.Path, free: tuple[int, int], code: int, answer: str
) -> None:
    subnets = [subnet(f"subnet-{az}", free_ips=n) for az, n in zip("ab", free, strict=True)]
    path = written(tmp_path, snapshot(clusters=[cluster()], subnets=subnets))
    ran = run("verdict", "--from", path)
    assert ran.code == code
    assert ran.out.startswith(answer)


def test_a_verdict_of_what_was_not_seen_is_unknown(run: Run, tmp_path: pathlib.Path) -> None:
    blind = Blind(facet=Facet.SUBNETS, api="ec2:DescribeSubnets", error="UnauthorizedOperation")
    path = written(tmp_path, dataclasses.replace(network(200), blinds=(blind,)))
    ran = run("verdict", "--from", path, "--json")
    assert ran.code == 3
    assert json.loads(ran.out)["verdicts"][0]["answer"] == "unknown"


def test_a_snapshot_is_judged_as_the_account_it_was_taken_of(
    run: Run, recorded: pathlib.Path
) -> None:
    again = recorded.with_name("again.json.gz")
    assert run("snapshot", "--from", recorded, "-o", again).code == 0
    assert saved.read(again) == saved.read(recorded)


def test_the_policy_grants_what_the_checks_read_and_nothing_more(run: Run) -> None:
    policy = json.loads(run("iam-policy", "--check", "XEN002").out)
    assert policy["Statement"][0]["Action"] == [
        "ec2:DescribeRegions",
        "ec2:DescribeSubnets",
        "eks:DescribeCluster",
        "eks:ListClusters",
        "sts:GetCallerIdentity",
    ]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("AWS_PROFILE", "nope", "nope"),
        ("AWS_RETRY_MODE", "bogus", "bogus"),
        ("AWS_ENDPOINT_URL", "garbage", "garbage"),
    ],
)
def test_a_wrong_sdk_setting_is_one_line(
    run: Run, monkeypatch: pytest.MonkeyPatch, name: str, value: str, said: str
) -> None:
    monkeypatch.setenv(name, value)
    ran = run("audit", "--region", "eu-west-1", "--check", "XEN002")
    assert (ran.code, ran.out) == (4, "")
    assert said in ran.err
    assert ran.err.count("\n") == 1


def test_hostile_names_do_not_reach_the_terminal_in_an_error(
    run: Run, tmp_path: pathlib.Path
) -> None:
    seen = dataclasses.replace(network(200), cluster_names=("\x1b[31m\u202eevil",))
    ran = run("audit", "--from", written(tmp_path, seen), "--cluster", "search")
    assert ran.code == 2
    assert "\\x1b[31m\\u202eevil" in ran.err
    assert "\x1b" not in ran.err


def test_a_snapshot_of_one_cluster_says_nothing_of_another(
    run: Run, tmp_path: pathlib.Path
) -> None:
    narrowed = dataclasses.replace(
        network(200), selected=("payments",), cluster_names=("payments", "search")
    )
    path = written(tmp_path, narrowed)
    for command in ("audit", "verdict"):
        ran = run(command, "--from", path, "--cluster", "search")
        assert (ran.code, ran.out) == (2, "")
        assert "taken of payments only" in ran.err


def test_a_filtered_list_never_ends_in_all_clear(run: Run, tmp_path: pathlib.Path) -> None:
    path = written(tmp_path, snapshot())
    for command in ("audit", "verdict"):
        assert run(command, "--from", path, "--partial").code == 3


def test_one_region_named_and_all_of_them_exclude_each_other(run: Run) -> None:
    ran = run("audit", "--all-regions", "--region", "eu-west-1")
    assert (ran.code, ran.out) == (2, "")
