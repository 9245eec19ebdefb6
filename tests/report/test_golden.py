"""Each report of one audit, letter for letter; EKSNET_UPDATE_GOLDEN=1 writes them anew."""

import csv
import io
import json
import os
import pathlib
from collections.abc import Callable

import pytest
from rich.cells import cell_len

from eksnet.model.finding import Status
from eksnet.report.csv_report import COLUMNS, to_csv
from eksnet.report.html import to_html
from eksnet.report.json_report import row, to_json
from eksnet.report.table import to_table
from tests.report.sample import ADVICE, realistic

GOLDEN = pathlib.Path(__file__).parent / "golden"
ALL = frozenset(Status)
LOUD = frozenset({Status.FAIL, Status.UNKNOWN})


def table(width: int = 100, *, color: bool = False) -> str:
    return to_table(realistic(), LOUD, advice=ADVICE.get, width=width, color=color)


WRITERS: dict[str, Callable[[], str]] = {
    "audit.txt": table,
    "audit.json": lambda: to_json(realistic(), ALL),
    "audit.csv": lambda: to_csv(realistic(), ALL),
    "audit.html": lambda: to_html(realistic(), ALL, advice=ADVICE.get),
}


@pytest.mark.parametrize("name", WRITERS)
def test_the_report_reads_as_it_was_approved(name: str) -> None:
    text = WRITERS[name]()
    path = GOLDEN / name
    if os.environ.get("EKSNET_UPDATE_GOLDEN"):
        path.write_bytes(text.encode())
    assert text.encode() == path.read_bytes()


@pytest.mark.parametrize("width", (60, 100, 200))
def test_no_line_is_wider_than_asked(width: int) -> None:
    assert max(map(cell_len, table(width).splitlines())) <= width


def test_colours_only_when_asked_and_never_against_no_color(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert "\x1b" not in table()
    assert "\x1b[1;31m" in table(color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in table(color=True)


def test_coverage_comes_first_and_names_what_was_refused() -> None:
    text = table()
    assert text.index("NOT SEEN") < text.index("payments  111122223333")
    assert "4 of 5 clusters" in text
    assert "eks:DescribeAddon answered AccessDeniedException" in text
    assert "2 checks unknown: FLO001, FLO003" in text


def test_worst_place_first_and_passes_only_counted() -> None:
    text = table()
    order = [text.index(each) for each in ("payments  1", "search-prod  1", "Networks, shared")]
    assert order == sorted(order)
    assert "5 of 33 pass" in text
    assert "as it should be" not in text


def test_json_holds_every_finding_of_the_statuses_and_counts_them_all() -> None:
    audit = realistic()
    report = json.loads(to_json(audit, LOUD))
    wanted = [each for each in audit.findings if each.status in LOUD]
    assert report["findings"] == [json.loads(json.dumps(row(each))) for each in wanted]
    assert report["summary"]["status"] == {"fail": 29, "unknown": 6, "pass": 20}
    assert report["summary"]["suppressed"] == 1
    assert report["coverage"]["checks"]["XEN002"] == {"pass": 4, "fail": 2, "unknown": 0}
    assert json.loads(to_json(audit, frozenset()))["findings"] == []


def test_csv_has_a_row_for_each_finding() -> None:
    rows = list(csv.reader(io.StringIO(to_csv(realistic(), ALL), newline="")))
    assert tuple(rows[0]) == COLUMNS
    assert len(rows) == 1 + len(realistic().findings)
    assert {len(each) for each in rows} == {len(COLUMNS)}
