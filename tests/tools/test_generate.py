import pathlib
import shutil

import pytest

from eksnet.checks import catalogue
from tools import generate

ROOT = pathlib.Path(__file__).parents[2]
SOURCES = (
    "README.md",
    "CONTRIBUTING.md",
    "Makefile",
    "docs/configuration.md",
    "docs/deploy.md",
    "organization/audit-role.yaml",
    "organization/remediation-role.yaml",
    "template.yaml",
    "tests/checks",
)


@pytest.fixture
def tree(tmp_path: pathlib.Path) -> pathlib.Path:
    for name in SOURCES:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, tmp_path / name)
        else:
            shutil.copy(ROOT / name, tmp_path / name)
    assert list(generate.texts_stale(tmp_path, write=True))
    return tmp_path


def stale(tree: pathlib.Path) -> list[str]:
    return list(generate.texts_stale(tree, write=False))


def test_what_was_just_written_is_not_stale(tree: pathlib.Path) -> None:
    assert stale(tree) == []


def test_looking_writes_nothing(tree: pathlib.Path) -> None:
    page = tree / generate.PAGES / "XEN002.md"
    page.write_text("edited by hand")
    assert stale(tree) == ["docs/checks/XEN002.md"]
    assert page.read_text() == "edited by hand"


def test_writing_restores_an_edited_page_and_removes_one_whose_check_is_gone(
    tree: pathlib.Path,
) -> None:
    folder = tree / generate.PAGES
    (folder / "XEN002.md").write_text("edited by hand")
    (folder / "XEN999.md").write_text("a check of the past")
    assert len(list(generate.texts_stale(tree, write=True))) == 2
    assert (folder / "XEN002.md").read_text().startswith(generate.GENERATED)
    assert not (folder / "XEN999.md").exists()


def test_the_golden_list_keeps_ids_that_are_gone_and_titles_as_they_were(
    tree: pathlib.Path,
) -> None:
    path = tree / generate.CHECK_IDS
    path.write_text("ZZZ001 Gone\nXEN002 An older title\n")
    lines = generate.golden(path, catalogue()).splitlines()
    assert {"ZZZ001 Gone", "XEN002 An older title"} <= set(lines)
    assert lines == sorted(lines)
    assert {line.split()[0] for line in lines} == {"ZZZ001"} | {c.id for c in catalogue()}


def test_a_file_without_its_markers_is_refused(tree: pathlib.Path) -> None:
    (tree / "README.md").write_text("no markers here")
    with pytest.raises(ValueError, match=r"README\.md lacks the markers"):
        generate.texts(tree)


def test_the_shown_check_is_the_code_itself(tree: pathlib.Path) -> None:
    shown = generate.shown_check(tree)
    assert '@check(\n    id="XEN002"' in shown
    assert "def _tier(" in shown
    assert '"XEN002": Example(' in shown


def test_every_threshold_is_listed_with_its_source() -> None:
    table = generate.limits_table()
    assert "| `cluster_subnet_critical` | 5 | an update" in table
    assert table.count("\n") == len(generate.limits.Limits.__dataclass_fields__) + 1


def test_every_target_of_the_makefile_says_what_it_does() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    (phony,) = (line for line in makefile.splitlines() if line.startswith(".PHONY:"))
    named = set(phony.split()[1:]) - {"help"}
    table = generate.make_table(makefile)
    assert named == {line.split("`")[1].removeprefix("make ") for line in table.splitlines()[2:]}
