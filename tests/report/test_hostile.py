"""Whatever a stranger calls a thing, no report lets the name do anything."""

import csv
import dataclasses
import io
import json
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from eksnet.model.finding import Status
from eksnet.report.csv_report import FORMULA, to_csv
from eksnet.report.escape import visible
from eksnet.report.html import link, to_html
from eksnet.report.json_report import row, to_json
from eksnet.report.table import to_table
from tests.report.sample import ADVICE, hostile, realistic

ALL = frozenset(Status)
NAMES = {
    "formula": '=HYPERLINK("http://x")',
    "plus": "+1+cmd|' /C calc'!A0",
    "minus": "-2+3",
    "at": "@SUM(1)",
    "tab": "\t=1",
    "return": "\r=1",
    "space": "\u00a0=1",
    "script": "<script>alert(1)</script>",
    "attribute": '" onmouseover="alert(1)" x="',
    "closing": "</style></script></details><img src=x onerror=alert(1)>",
    "link": "javascript:alert(1)",
    "template": "{{ 7 * 7 }}{% raw %}",
    "ansi": "\x1b[31mred\x1b]8;;http://x\x07",
    "c1": "\x9b31m",
    "override": "gnp.\u202efdp\u2066x\u2069",
    "lines": "one\ntwo\r\nthree\u2028four",
    "surrogate": "\ud800lone",
    "markup": "[bold red]x[/] [link=http://x]y[/link] :boom:",
    "wide": "漢字" * 60,
    "long": "x" * 255,
}
each_name = pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
LINKS = {"href", "src", "action", "style", "srcset", "formaction"}


class Page(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[tuple[str, str]] = set()
        self.urls: set[str] = set()
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes |= {(tag, key) for key, _ in attrs}
        self.urls |= {value or "" for key, value in attrs if key in LINKS}

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def page(name: str) -> str:
    return to_html(hostile(name), ALL, advice=ADVICE.get)


def unseen(text: str) -> set[str]:
    return {each for each in text if not each.isprintable() and unicodedata.category(each) != "Zs"}


@each_name
def test_the_page_gains_no_element_no_attribute_and_no_link(name: str) -> None:
    plain, dirty = Page(page("plain")), Page(page(name))
    assert dirty.tags == plain.tags
    assert dirty.tags.count("script") == 1
    assert dirty.attributes == plain.attributes
    assert not any(key.startswith("on") for _, key in dirty.attributes)
    assert dirty.urls == {"#findings"}
    assert visible(name) in "".join(dirty.words)


@each_name
def test_the_page_hides_no_character(name: str) -> None:
    assert unseen(page(name)) <= {"\n"}


def test_only_https_becomes_a_link() -> None:
    assert link("https://docs.aws.amazon.com/x") == "https://docs.aws.amazon.com/x"
    for bad in ("http://x", "javascript:alert(1)", "HTTPS://x", " https://x", "https://x\n"):
        assert link(bad) is None


@each_name
@pytest.mark.parametrize("color", (False, True))
def test_the_table_steers_no_terminal_and_keeps_its_width(name: str, *, color: bool) -> None:
    text = to_table(hostile(name), ALL, advice=ADVICE.get, width=100, color=color)
    if color:
        assert "\x1b[31mred" not in text
        return
    assert unseen(text) == {"\n"}
    assert max(map(cell_len, text.splitlines())) <= 100
    text.encode()


def test_the_table_takes_no_name_for_markup() -> None:
    text = to_table(hostile("[bold]x[/]"), ALL, advice=ADVICE.get, width=100, color=False)
    assert "[bold]x[/]" in text


@each_name
def test_no_cell_is_a_formula_and_no_row_is_forged(name: str) -> None:
    audit = hostile(name)
    text = to_csv(audit, ALL)
    text.encode()
    rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
    assert len(rows) == 1 + len(audit.findings)
    cells = [each for line in rows for each in line]
    assert not [each for each in cells if each.strip().startswith(FORMULA)]
    assert not unseen("".join(cells))


@each_name
def test_json_read_back_is_what_was_found(name: str) -> None:
    audit = hostile(name)
    text = to_json(audit, ALL)
    text.encode()
    assert unseen(text) <= {"\n"}
    found = json.loads(text)["findings"]
    assert found == [json.loads(json.dumps(row(each))) for each in audit.findings]
    assert found[0]["cluster"] == name


@given(st.text(st.characters()))
def test_visible_text_shows_every_character(text: str) -> None:
    assert not unseen(visible(text))
    assert visible(visible(text)) == visible(text)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=8,
    )
)
def test_any_evidence_is_valid_json(value: object) -> None:
    audit = realistic()
    finding = dataclasses.replace(audit.findings[0], evidence={"value": value})
    text = to_json(dataclasses.replace(audit, findings=(finding,)), ALL)
    assert json.loads(text, parse_constant=pytest.fail)["findings"][0]["check_id"] == "XEN003"
