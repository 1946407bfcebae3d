"""Every folder of tests/bad_config is refused for exactly the reasons in its `expected-error`. # case K05

A folder holds the files that differ from `good`, which is a whole configuration without a problem.
"""

import shutil
from pathlib import Path

import pytest

from intakebot.config.settings import load_settings
from intakebot.domain.errors import ConfigError

FOLDERS = Path(__file__).parents[2] / "bad_config"
GOOD = FOLDERS / "good"
BAD = sorted(path for path in FOLDERS.iterdir() if path != GOOD)


def test_the_good_one_loads() -> None:
    assert load_settings(GOOD, {}).organisation.triage_queue == "first"


@pytest.mark.parametrize("folder", BAD, ids=lambda path: path.name)
def test_is_refused_for_its_reasons(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(GOOD, tmp_path, dirs_exist_ok=True)
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)

    with pytest.raises(ConfigError) as caught:
        load_settings(tmp_path, {})

    assert str(caught.value) == (folder / "expected-error").read_text(encoding="utf-8").rstrip("\n")
