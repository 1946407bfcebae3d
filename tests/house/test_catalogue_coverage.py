"""The list of covered cases finds what tests name, and nothing that the catalogue does not have."""

from __future__ import annotations

from pathlib import Path

from house.catalogue_coverage import case_ids, covering, report


def test_ids_are_found_in_comments_and_in_test_ids(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text('# case A06 and A07\npytest.param(1, id="D09-blocks")\nB01 = "C02"\n')

    assert covering(tmp_path) == {case: {"test_some.py"} for case in ("A06", "A07", "D09")}


def test_tests_name_only_cases_that_exist() -> None:
    assert set(covering()) - set(case_ids()) == set()


def test_the_report_has_every_case_once() -> None:
    text = report()

    assert [case for case in case_ids() if case not in text] == []
