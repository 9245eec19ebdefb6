"""What holds of reports whatever is in them."""

import base64
import dataclasses
import hashlib
import html
import re
import subprocess
import sys
import time

import pytest

from eksnet.checks import catalogue
from eksnet.engine.limits import Limits
from eksnet.engine.run import run
from eksnet.model.audit import Audit
from eksnet.model.errors import InputError
from eksnet.model.finding import Status
from eksnet.report import FORMATS, render
from eksnet.report.advice import advice, first_step
from eksnet.report.digest import UPGRADE_CHECK, headline
from eksnet.report.html import to_html
from eksnet.report.next_step import reading_step
from tests.build import cluster, snapshot, subnet
from tests.report.sample import ADVICE, realistic

ALL = frozenset(Status)
MANY = 5000  # findings the page must stay quick on


def only(*statuses: Status, **parts: object) -> Audit:
    audit = realistic()
    found = tuple(each for each in audit.findings if each.status in statuses)
    return dataclasses.replace(audit, findings=found, **parts)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_renders_even_an_audit_of_nothing(name: str) -> None:
    nothing = dataclasses.replace(realistic(), coverage=(), findings=(), subnets=(), expired=())
    assert render(nothing, name, ALL)
    assert render(realistic(), name, ALL)


def test_an_unknown_format_is_bad_input() -> None:
    with pytest.raises(InputError, match="no report format 'pdf'"):
        render(realistic(), "pdf", ALL)


def test_the_headline_never_calls_the_unseen_fine() -> None:
    assert headline(realistic()) == "1 cluster cannot upgrade; 2 critical findings"
    assert headline(only(Status.PASS, Status.UNKNOWN)).startswith("Nothing seen fails, but 6 ques")
    assert headline(only(Status.PASS)) == "Nothing seen fails, but not everything could be seen"
    assert headline(only(Status.PASS, coverage=())) == "Nothing fails"
    assert headline(only()) != "Nothing fails"


def test_a_cluster_without_room_is_the_headline_whatever_else_there_is() -> None:
    tight = [subnet("subnet-a", free_ips=4), subnet("subnet-b", free_ips=4)]
    checks = [each for each in catalogue() if each.id == UPGRADE_CHECK]
    found = run(snapshot(clusters=[cluster()], subnets=tight), checks, Limits())
    audit = dataclasses.replace(realistic(), findings=found)
    assert headline(audit) == "1 cluster cannot upgrade; 1 critical finding"


def test_the_step_is_the_first_sentence_of_what_to_do() -> None:
    page = "Why.\n\n**What to do.** Use `a.b` of\nit, e.g. this. Then that.\n\nMore."
    assert first_step(page) == "Use a.b of it, e.g. this."
    assert first_step("Why.") is None
    assert advice("ZZZ999") is None
    assert advice("XEN002")


def test_a_refused_read_is_to_be_allowed_and_a_busy_one_repeated() -> None:
    assert "iam-policy" in reading_step("eks:DescribeAddon", "AccessDeniedException")
    assert "audit again" in reading_step("ec2:DescribeSubnets", "ThrottlingException")
    assert "capture" in reading_step("eksnet:history", "NotCollected")


def test_the_policy_admits_exactly_the_style_and_script_of_the_page() -> None:
    page = to_html(realistic(), ALL, advice=ADVICE.get)
    found = re.search(r'Content-Security-Policy" content="([^"]+)"', page)
    assert found
    policy = html.unescape(found[1])
    for tag in ("style", "script"):
        (text,) = re.findall(f"<{tag}>(.*?)</{tag}>", page, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert not re.search(r"""\b(?:src|style|on\w+)=["']""", page)


def test_five_thousand_findings_make_a_page_quickly() -> None:
    audit = realistic()
    many = (audit.findings * (MANY // len(audit.findings) + 1))[:MANY]
    start = time.process_time()
    page = to_html(dataclasses.replace(audit, findings=many), ALL, advice=ADVICE.get)
    assert time.process_time() - start < 5
    assert page.count("<details") == MANY


def test_importing_the_reports_imports_no_writer() -> None:
    code = "import sys, eksnet.report; print({'rich', 'jinja2', 'csv'} & set(sys.modules))"
    done = subprocess.run(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"
