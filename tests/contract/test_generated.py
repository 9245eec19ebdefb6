"""Generated text is what the code says, and what was once given is never taken back."""

import inspect
import pathlib
import re

from eksnet.checks import catalogue
from eksnet.engine.check import check
from tools import generate

ROOT = pathlib.Path(__file__).parents[2]


def golden_lines() -> list[str]:
    return (ROOT / generate.CHECK_IDS).read_text(encoding="utf-8").splitlines()


def test_no_generated_text_is_stale() -> None:
    assert not list(generate.texts_stale(ROOT, write=False)), "run `make generate`"


def test_a_check_id_is_never_removed_nor_given_to_another_check() -> None:
    assert golden_lines() == [f"{each.id} {each.title}" for each in catalogue()]


def test_every_check_has_its_page_and_every_page_its_check() -> None:
    pages = {path.stem for path in (ROOT / generate.PAGES).glob("*.md")} - {"index"}
    assert pages == {each.id for each in catalogue()}


def test_contributing_explains_every_field_of_a_declaration() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for field in inspect.signature(check).parameters:
        assert re.search(rf"^\| `{field}` \|", text, flags=re.MULTILINE), field


def test_no_committed_requirement_names_an_index() -> None:
    for path in sorted((ROOT / "requirements").glob("*")):
        text = path.read_text(encoding="utf-8")
        assert "://" not in text, path.name
        assert "--index" not in text, path.name


def test_every_locked_requirement_has_its_hash() -> None:
    for path in sorted((ROOT / "requirements").glob("*.txt")):
        text = path.read_text(encoding="utf-8").replace("\\\n", " ")
        for line in filter(str.strip, text.splitlines()):
            assert "--hash=sha256:" in line, (path.name, line)
