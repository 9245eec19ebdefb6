"""`eksnet report`: the deployed audit's runs, read from its table."""

import csv
import dataclasses
import datetime as dt
import json
import pathlib
from collections.abc import Callable, Iterator

import pytest

from eksnet.cli import main
from eksnet.model.history import Judgement, Latest, RunKind, RunRecord
from eksnet.model.snapshot import Target
from eksnet.model.tracked import Mark, State, Tracked
from eksnet.store.dynamodb import DynamoStore
from sandbox import denials, offline
from tests.build import NOW
from tests.report.sample import IRELAND, realistic
from tests.store.tables import REGION, TABLE, client, make

SILENT = Target(account_id="222233334444", region="eu-west-1")
FIRST, SECOND, CHANGE = "2026-02-28T08:00:00Z", "2026-03-01T08:00:00Z", "2026-03-01T09:00:00Z-c"


@dataclasses.dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str


Run = Callable[..., Ran]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "EKSNET_TABLE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"):
        monkeypatch.setenv(name, "/nonexistent")
    monkeypatch.setenv("AWS_REGION", REGION)
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")

    def ran(*words: object) -> Ran:
        monkeypatch.setattr("sys.argv", ["eksnet", *map(str, words)])
        try:
            main()
            code: object = 0
        except SystemExit as end:
            code = end.code
        text = capsys.readouterr()
        return Ran(code if isinstance(code, int) else 0, text.out, text.err)

    return ran


@pytest.fixture
def store() -> Iterator[DynamoStore]:
    with offline():
        dynamodb = client()
        yield DynamoStore(dynamodb, make(dynamodb), history_days=400)


@pytest.fixture
def kept(store: DynamoStore) -> DynamoStore:
    """Keep two full runs and a change; one target of the second gave no answer."""
    ireland, virginia, ohio = (each.target for each in realistic().coverage)
    day = dt.timedelta(days=1)
    begin(store, FIRST, NOW - day, ireland)
    store.mark_reported(FIRST, NOW - day)
    begin(store, SECOND, NOW, ireland, virginia, ohio, SILENT)
    begin(store, CHANGE, NOW + day / 24, ireland, kind=RunKind.CHANGE)
    for each in realistic().coverage:
        judge(store, SECOND, each.target, NOW)
    judge(store, CHANGE, ireland, NOW)
    mark = Mark(run_id=SECOND, at=NOW)
    latest = Latest(run_id=SECOND, captured_at=NOW, complete=True)
    store.claim(IRELAND, latest)
    opened = realistic().findings[1]
    store.track(
        IRELAND, latest, [Tracked(finding=opened, state=State.OPEN, seen=mark, opened=mark)]
    )
    return store


def begin(
    store: DynamoStore,
    run_id: str,
    at: dt.datetime,
    *targets: Target,
    kind: RunKind = RunKind.FULL,
) -> None:
    store.begin(
        RunRecord(
            id=run_id, kind=kind, started_at=at, execution="e", version="0.2.0", targets=targets
        )
    )


def judge(store: DynamoStore, run_id: str, target: Target, at: dt.datetime) -> None:
    audit = realistic()
    here = (target.account_id, target.region)
    store.put_judgement(
        Judgement(
            run_id=run_id,
            version="0.2.0",
            coverage=next(each for each in audit.coverage if each.target == target),
            findings=tuple(
                each for each in audit.findings if (each.account_id, each.region) == here
            ),
            finished_at=at + dt.timedelta(seconds=9),
            notes=("config/suppressions.yaml can't be read",),
        )
    )


@pytest.mark.usefixtures("kept")
def test_the_newest_full_run_is_told_as_its_mail(run: Run) -> None:
    ran = run("report", "--table", TABLE)
    assert (ran.code, ran.err) == (0, "")
    subject = ran.out.splitlines()[0]
    assert subject.startswith("Subject: eksnet: 1 cluster cannot upgrade, 2 critical findings")
    assert "1 of 4 targets not seen" in subject
    assert "the audit of 222233334444 eu-west-1 gave no answer" in ran.out
    assert "note: config/suppressions.yaml can't be read" in ran.out
    assert "SINCE 2026-02-28 08:00 UTC\n1 new:\n- CRITICAL XEN002" in ran.out
    assert f"eksnet report --table {TABLE} --run {SECOND}" in ran.out


@pytest.mark.usefixtures("kept")
def test_a_run_is_told_by_its_id(run: Run) -> None:
    ran = run("report", "--table", TABLE, "--run", CHANGE)
    assert ran.code == 0
    assert ran.out.startswith("Subject: eksnet: changed in 111122223333 eu-west-1: ")


@pytest.mark.usefixtures("kept")
def test_the_table_may_come_from_the_environment(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("EKSNET_TABLE", TABLE)
    assert run("report").code == 0


@pytest.mark.usefixtures("kept")
def test_json_holds_every_status_and_the_target_without_answer(run: Run) -> None:
    ran = run("report", "--table", TABLE, "--json")
    report = json.loads(ran.out)
    assert ran.code == 0
    assert {each["status"] for each in report["findings"]} == {"fail", "unknown", "pass"}
    assert {each["account_id"] for each in report["coverage"]["targets"]} >= {"222233334444"}


@pytest.mark.usefixtures("kept")
def test_every_format_goes_to_a_file_and_status_narrows_it(
    run: Run, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "report"
    words = ("report", "--table", TABLE, "--output", path)
    for format_, sign in (("html", "<!doctype html"), ("table", "XEN002"), ("mail", "Subject: ")):
        ran = run(*words, "--format", format_)
        assert (ran.code, ran.out) == (0, "")
        assert sign in path.read_text().replace("<!DOCTYPE", "<!doctype")
    run(*words, "--format", "csv", "--status", "unknown")
    rows = list(csv.DictReader(path.read_text().splitlines()))
    assert {each["status"] for each in rows} == {"unknown"}


@pytest.mark.usefixtures("kept")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("--table", TABLE, "--run", "never"), "'never'"),
        ((), "--table"),
        (("--table", ""), "--table"),
        (("--table", TABLE, "--status", "fail"), "--status"),
        (("--table", TABLE, "--format", "json", "--status", "bad"), "'bad'"),
    ],
)
def test_wrong_usage_is_one_clear_line(run: Run, words: tuple[str, ...], why: str) -> None:
    ran = run("report", *words)
    assert (ran.code, ran.out) == (2, "")
    assert why in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.usefixtures("store")
def test_before_the_first_run_there_is_nothing_to_tell(run: Run) -> None:
    ran = run("report", "--table", TABLE)
    assert (ran.code, ran.out) == (2, "")
    assert "no run yet" in ran.err


@pytest.mark.usefixtures("store")
def test_a_table_that_is_not_there_is_one_line_and_exit_2(run: Run) -> None:
    ran = run("report", "--table", "elsewhere")
    assert (ran.code, ran.out) == (2, "")
    assert "no table 'elsewhere' in this Region" in ran.err
    assert ran.err.count("\n") == 1


@pytest.mark.usefixtures("store")
def test_a_table_that_refuses_is_one_line_and_exit_4(run: Run) -> None:
    with denials.denied("dynamodb:Query"):
        ran = run("report", "--table", TABLE)
    assert (ran.code, ran.out) == (4, "")
    assert "dynamodb:Query answered AccessDeniedException" in ran.err
    assert ran.err.count("\n") == 1
