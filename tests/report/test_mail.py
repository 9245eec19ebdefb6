"""The mail: what it says letter for letter, and what it never does whatever it is told."""

import dataclasses
import datetime as dt
import os
import pathlib
import re
import time
import unicodedata
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eksnet.model.audit import Audit, TargetCoverage
from eksnet.model.finding import Finding, Severity, Status
from eksnet.model.history import NO_ANSWER, RunKind
from eksnet.model.snapshot import Blind, Facet, Target
from eksnet.model.tracked import Changes, Mark, Resolution, State, Tracked
from eksnet.report.escape import visible
from eksnet.report.forecast_lines import ENDS_SHOWN
from eksnet.report.mail import CHANGES_SHOWN, Mail, mail
from eksnet.report.mail_coverage import UNSEEN_SHOWN
from eksnet.report.mail_subject import SUBJECT_LENGTH
from eksnet.report.mail_text import COLUMNS, NAME_BYTES, TEXT_BYTES, columns, fold
from tests.build import NOW
from tests.report.sample import ADVICE, IRELAND, ahead, cluster, finding, hostile, realistic, subnet

GOLDEN = pathlib.Path(__file__).parent / "golden"
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "mail.md"
MESSAGE_BYTES = 262_144  # https://docs.aws.amazon.com/sns/latest/api/API_Publish.html, Message
EARLIER = NOW - dt.timedelta(days=1)
LONG_AGO = NOW - dt.timedelta(days=9)
SILENT = Target(account_id="222233334444", region="eu-west-1")
ORGANIZATION = Blind(
    facet=Facet.REGIONS, api="organizations:ListAccounts", error="AccessDeniedException"
)
REPORT = "s3://eksnet-reports/reports/20260301T080000Z-full.html"
LEFT_OUT = re.compile(r"^and ([0-9,]+) more findings?\b", re.MULTILINE)
HOSTILE = (
    "one\ntwo\r\n\nMORE\n- forged",
    "gnp.\u202efdp\u2066x\u2069",
    '=HYPERLINK("http://x")',
    "<script>alert(1)</script>",
    "\x1b[31mred\x1b]8;;http://x\x07\x9b31m",
    "\ud800lone \u2028 end",
    "漢字" * 60,
    "x" * 5000,
    "",
)


def written(audit: Audit, changes: Changes | None = None, **parts: object) -> Mail:
    whole = {
        "kind": RunKind.FULL,
        "since": EARLIER,
        "advice": ADVICE.get,
        "table": "eksnet",
        **parts,
    }
    return mail(audit, changes or Changes(), **whole)  # type: ignore[arg-type]


def unanswered(target: Target = SILENT) -> TargetCoverage:
    blind = Blind(facet=Facet.CLUSTERS, api=NO_ANSWER[0], error=NO_ANSWER[1])
    return TargetCoverage(
        target=target, captured_at=NOW, clusters_known=None, clusters_assessed=0, blinds=(blind,)
    )


def quiet() -> Audit:
    base = realistic()
    passes = tuple(each for each in base.findings if each.status is Status.PASS)
    coverage = tuple(
        dataclasses.replace(each, blinds=(), clusters_known=each.clusters_assessed)
        for each in base.coverage
    )
    return dataclasses.replace(
        base, findings=passes, coverage=coverage, expired=(), forecasts=(), unforecast=0
    )


def tracked(each: Finding, state: State = State.OPEN, **parts: object) -> Tracked:
    mark = Mark(run_id="r", at=NOW)
    return Tracked(finding=each, state=state, seen=mark, **parts)  # type: ignore[arg-type]


def changes() -> Changes:
    findings = realistic().findings
    passed = next(each for each in findings if each.status is Status.PASS)
    gone = finding(
        "ENI001", Status.FAIL, Severity.LOW, IRELAND, "payments", subnet(IRELAND, 9), "leaked"
    )
    opened = Mark(run_id="q", at=LONG_AGO)
    return Changes(
        opened=(tracked(findings[1]), tracked(findings[3])),
        worsened=(tracked(findings[0]),),
        eased=(tracked(findings[2]),),
        resolved=(
            tracked(passed, State.RESOLVED, opened=opened, resolution=Resolution.PASSED),
            tracked(gone, State.RESOLVED, opened=opened, resolution=Resolution.GONE),
        ),
    )


def daily() -> Mail:
    base = realistic()
    stale = dataclasses.replace(base.findings[0], first_seen=LONG_AGO)
    audit = dataclasses.replace(
        base,
        findings=(stale, *base.findings[1:]),
        coverage=(*base.coverage, unanswered()),
    )
    notes = ("config/suppressions.yaml can't be read: nothing is suppressed",)
    return written(audit, changes(), report=REPORT, notes=notes, unlisted=(ORGANIZATION,))


def one_target() -> Audit:
    base = realistic()
    return dataclasses.replace(
        base,
        findings=tuple(each for each in base.findings if each.region == IRELAND.region),
        coverage=base.coverage[:1],
        expired=(),
        forecasts=tuple(each for each in base.forecasts if each.target == IRELAND),
        unforecast=0,
    )


def named_by_strangers(name: str) -> Mail:
    audit = hostile(name)
    marked = tuple(tracked(each) for each in audit.findings[:3])
    shown = Changes(opened=marked, worsened=marked, eased=marked, resolved=marked)
    return written(audit, shown, report=name, notes=(name,), unlisted=audit.coverage[0].blinds)


MAILS: dict[str, Callable[[], Mail]] = {
    "mail_first.txt": lambda: written(realistic(), since=None, report=REPORT),
    "mail_daily.txt": daily,
    "mail_quiet.txt": lambda: written(quiet(), report=REPORT),
    "mail_change.txt": lambda: written(one_target(), changes(), kind=RunKind.CHANGE, since=None),
    "mail_hostile.txt": lambda: named_by_strangers("a\n- b\x1b[1m\u202e<script>=H()"),
}


def sized(count: int, length: int, *, apart: bool) -> Audit:
    """Return an audit of ``count`` fails in clusters with names of ``length``, all unlike."""
    base = realistic()
    whole = tuple(
        dataclasses.replace(
            base.findings[1],
            check_id=f"XEN{number % 7:03}",
            cluster=f"{number % 50 if apart else 0:x>{length}}",
            resource=subnet(IRELAND, number),
            message="m " * (TEXT_BYTES // 2),
            title="t" * length,
        )
        for number in range(count)
    )
    return dataclasses.replace(base, findings=whole)


@pytest.mark.parametrize("name", MAILS)
def test_the_mail_reads_as_it_was_approved(name: str) -> None:
    sent = MAILS[name]()
    text = f"Subject: {sent.subject}\n\n{sent.body}"
    path = GOLDEN / name
    if os.environ.get("EKSNET_UPDATE_GOLDEN"):
        path.write_bytes(text.encode())
    assert text.encode() == path.read_bytes()


def test_the_page_about_mails_shows_one_as_it_is() -> None:
    assert (GOLDEN / "mail_daily.txt").read_text() in PAGE.read_text()


@given(st.text(max_size=80))
def test_whatever_things_are_called_subject_and_body_are_harmless(name: str) -> None:
    sent = named_by_strangers(name)
    assert sent.subject.isascii()
    assert sent.subject.isprintable()
    assert 0 < len(sent.subject) <= SUBJECT_LENGTH
    hidden = {each for each in sent.body if not each.isprintable()} - {"\n"}
    assert {each for each in hidden if unicodedata.category(each) != "Zs"} == set()


@given(st.text(max_size=30), st.text(max_size=30), st.integers(0, 10**60), st.sampled_from(RunKind))
def test_no_target_and_no_number_breaks_the_subject(
    account: str, region: str, number: int, kind: RunKind
) -> None:
    base = quiet()
    target = Target(account_id=account, region=region)
    seen = dataclasses.replace(
        base.coverage[0], target=target, clusters_known=number, clusters_assessed=number
    )
    subject = written(dataclasses.replace(base, coverage=(seen,)), kind=kind).subject
    assert subject.isascii()
    assert subject.isprintable()
    assert 0 < len(subject) <= SUBJECT_LENGTH


@pytest.mark.parametrize("name", HOSTILE, ids=range(len(HOSTILE)))
def test_no_line_is_wider_than_a_phone_unless_it_is_one_word_or_a_command(name: str) -> None:
    for line in named_by_strangers(name).body.splitlines():
        bare = line.removeprefix("- ").strip()
        command = line.startswith(("aws s3 cp ", "eksnet report "))
        assert columns(line) <= COLUMNS or " " not in bare or command


@given(st.text(), st.sampled_from(("", "- ")))
def test_folding_loses_no_word_and_adds_none(text: str, mark: str) -> None:
    lines = list(fold(text, mark, " " * len(mark)))
    assert " ".join(each[len(mark) :] for each in lines).split() == text.split()


def test_a_stranger_cannot_forge_a_line() -> None:
    lines = named_by_strangers("one\ntwo\n\nMORE\n- forged").body.splitlines()
    assert lines.count("MORE") == 1
    assert "- forged" not in lines


@pytest.mark.parametrize("apart", (False, True))
def test_every_finding_is_shown_or_counted(*, apart: bool) -> None:
    body = written(sized(20_000, NAME_BYTES, apart=apart)).body
    worst = body[body.index("WORST FIRST") : body.index("EXPIRED")]
    shown = sum(line.startswith("- ") for line in worst.splitlines())
    left = sum(int(each.replace(",", "")) for each in LEFT_OUT.findall(worst))
    assert shown + left == 20_000
    assert shown > 0


def test_the_longest_mail_is_one_message() -> None:
    audit = sized(20_000, NAME_BYTES, apart=True)
    word = "w" * NAME_BYTES
    targets = [Target(account_id=f"{number:x>300}", region=word) for number in range(1700)]
    blind = Blind(facet=Facet.CLUSTERS, api=word, error=word)
    dark = [dataclasses.replace(unanswered(each), blinds=(blind,)) for each in targets]
    more = [dataclasses.replace(blind, api=f"{number:x>300}") for number in range(100)]
    dark[0] = dataclasses.replace(dark[0], blinds=tuple(more))
    ends = dataclasses.replace(
        audit.forecasts[0], subnet_id=word, az_id=word, clusters=(word,) * 100, target=targets[0]
    )
    lacks = [ahead(0, "too_little_data", missing=f"{n:x>{NAME_BYTES}}") for n in range(100)]
    audit = dataclasses.replace(audit, coverage=tuple(dark), forecasts=(*(ends,) * 30_000, *lacks))
    every = tuple(tracked(each) for each in audit.findings)
    notes = [f"{number:x>{TEXT_BYTES}}" for number in range(100)]
    sent = written(
        audit,
        Changes(opened=every, worsened=every, eased=every, resolved=every),
        notes=notes,
        unlisted=more,
    )
    assert len(sent.body.encode()) <= MESSAGE_BYTES
    assert f"and {1700 - UNSEEN_SHOWN:,} more targets not seen" in sent.body
    assert f"and {20_000 - CHANGES_SHOWN:,} more new" in sent.body
    assert f"and {30_000 - ENDS_SHOWN:,} more within 30 days" in sent.body


def test_it_is_written_in_time_however_much_there_is() -> None:
    audit = sized(40_000, 20, apart=True)
    seen = [
        dataclasses.replace(unanswered(), target=Target(account_id=str(number), region="eu-west-1"))
        for number in range(1700)
    ]
    began = time.process_time()
    written(dataclasses.replace(audit, coverage=tuple(seen)))
    assert (
        time.process_time() - began < 2
    )  # a third of the findings, all of the time: slow machines


def test_a_text_too_long_for_a_mail_is_named_and_never_cut() -> None:
    audit = one_target()
    long = dataclasses.replace(audit.findings[0], cluster="payments-" * 100)
    body = written(dataclasses.replace(audit, findings=(long,))).body
    assert "(900 characters, in the report)" in body
    assert "payments-" not in body


def test_a_target_whose_audit_gave_no_answer_is_named_before_what_others_refused() -> None:
    sent = daily()
    assert "1 of 4 targets not seen" in sent.subject
    assert "the audit of 222233334444 eu-west-1 gave no answer" in sent.body
    order = (
        "gave no answer",
        "eks:DescribeAddon answered",
        "SINCE",
        "RUNS OUT",
        "WORST FIRST",
        "COUNTS",
    )
    places = [sent.body.index(each) for each in order]
    assert places == sorted(places)


def test_nothing_that_could_not_be_seen_is_called_fine() -> None:
    base = quiet()
    assert written(base).subject == "eksnet: nothing fails in 4 clusters"
    dark = dataclasses.replace(base, coverage=(*base.coverage, unanswered()))
    assert written(dark).subject == "eksnet: nothing seen fails, 1 of 4 targets not seen"
    unlisted = written(base, unlisted=(ORGANIZATION,))
    assert unlisted.subject == "eksnet: nothing seen fails, not all targets are known"
    empty = dataclasses.replace(base, findings=(), coverage=(unanswered(),))
    assert written(empty).subject == "eksnet: nothing was judged, target not seen"
    unknown = dataclasses.replace(
        base, findings=tuple(each for each in realistic().findings if each.unknown)
    )
    assert written(unknown).subject == "eksnet: nothing seen fails, 6 questions unanswered"


def test_lists_that_others_filtered_are_told() -> None:
    base = quiet()
    partial = dataclasses.replace(base.coverage[0], partial=True)
    sent = written(dataclasses.replace(base, coverage=(partial, *base.coverage[1:])))
    assert sent.subject == "eksnet: nothing seen fails, 1 of 3 targets seen in part"
    assert "the lists of 1 target were incomplete" in sent.body


def test_a_change_in_several_targets_says_how_many() -> None:
    sent = written(quiet(), kind=RunKind.CHANGE, since=None)
    assert sent.subject == "eksnet: changed in 3 targets: nothing fails in 4 clusters"


def test_a_subject_without_room_still_tells_the_worst() -> None:
    base = quiet()
    many = dataclasses.replace(base.coverage[0], clusters_known=10**60, clusters_assessed=10**60)
    sent = written(dataclasses.replace(base, coverage=(many,)))
    assert sent.subject.startswith("eksnet: nothing fails in 1,000,000,")
    assert len(sent.subject) == SUBJECT_LENGTH


def test_targets_nobody_could_list_are_no_fault_of_the_first() -> None:
    base = quiet()
    first = dataclasses.replace(base.coverage[0], blinds=(ORGANIZATION,))
    shown = dataclasses.replace(base, coverage=(first, *base.coverage[1:]))
    assert written(shown, unlisted=(ORGANIZATION,)) == written(base, unlisted=(ORGANIZATION,))
    assert "1 of 3 targets seen in part" in written(shown).subject


def test_without_targets_nothing_was_judged_and_the_reason_is_told() -> None:
    nowhere = dataclasses.replace(quiet(), findings=(), coverage=(), subnets=())
    sent = written(nowhere, unlisted=(ORGANIZATION,))
    assert sent.subject == "eksnet: nothing was judged, not all targets are known"
    assert "organizations:ListAccounts answered" in sent.body


def test_what_is_not_covered_is_the_last_thing_a_subject_drops() -> None:
    target = Target(account_id="111122223333", region="ap-southeast-2")
    base = realistic()
    stuck = tuple(
        finding(
            "XEN003", Status.FAIL, Severity.CRITICAL, target, f"c{number}",
            cluster(target, f"c{number}"), "upgrade: no", verdict="no",
        )
        for number in range(99)
    )  # fmt: skip
    seen = dataclasses.replace(base.coverage[1], target=target)
    sent = written(dataclasses.replace(base, findings=stuck, coverage=(seen,)), kind=RunKind.CHANGE)
    assert sent.subject == (
        "eksnet: changed in 111122223333 ap-southeast-2: "
        "99 clusters cannot upgrade, target seen in part"
    )


def test_what_is_suppressed_is_counted_and_not_told() -> None:
    body = written(realistic()).body
    assert "EPA001" not in body
    assert "1\nsuppressed" in body


def test_the_next_step_stands_with_its_finding() -> None:
    body = written(realistic()).body
    assert body.index("CRITICAL XEN003") < body.index("Next: Give the cluster a subnet")
    assert body.index("Next: Give the cluster a subnet") < body.index("CRITICAL XEN002")


def test_a_name_is_shown_with_nothing_hidden() -> None:
    name = "pay\u202ements\x1b[31m"
    assert visible(name) in named_by_strangers(name).body
