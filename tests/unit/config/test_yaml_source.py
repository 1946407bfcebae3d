"""The one door to YAML: what words mean, and what is refused, with file and line. # case K05"""

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.config.yaml_source import load_node, parse_node
from intakebot.domain.errors import ConfigError
from intakebot.domain.positions import Place


def refusals(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_node(text, "f.yaml")
    return [str(problem) for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("word", "meaning"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0", 0),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("no", "no"),
        ("Yes", "Yes"),
        ("on", "on"),
        ("True", "True"),
        ("0123", "0123"),
        ("0x1f", "0x1f"),
        ("0o17", "0o17"),
        ("1_000", "1_000"),
        ("12:30:45", "12:30:45"),
        ("2026-12-25", "2026-12-25"),
        ("+4930123", "+4930123"),
        (".inf", ".inf"),
        ("1234567890123456789012", "1234567890123456789012"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("<<", "<<"),
    ],
)
def test_a_plain_word_means_what_it_says(word: str, meaning: object) -> None:
    value = parse_node(f"key: {word}\n", "f.yaml").plain()

    assert value == {"key": meaning}
    assert type(value["key"]) is type(meaning)


def test_every_value_and_key_keeps_its_place() -> None:
    node = parse_node("first: 1\nlist:\n  - a\n  - {x: 2}\n", "f.yaml")

    assert node.keys == {"first": Place("f.yaml", 1), "list": Place("f.yaml", 2)}
    assert [item.place.line for item in node.value["list"].value] == [3, 4]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("a: 1\nb: 2\na: 3\n", "f.yaml:3: the key 'a' is there twice; the first is in line 1"),
        ("a: &x 1\nb: 2\n", "f.yaml:1: the anchor &x is not allowed; write the value out"),
        ("a: *x\n", "f.yaml:1: the alias *x is not allowed; write the value out"),
        ("a: 1\nb: !!python/name:os.system x\n", None),
        ("a: !!str 1\n", "f.yaml:1: the tag tag:yaml.org,2002:str is not allowed; write a plain value"),
        ("a: ! 1\n", "f.yaml:1: the tag ! is not allowed; write a plain value"),
        ("a: 1\n---\nb: 2\n", "f.yaml:2: a second document begins here; one file holds one"),
        ("", "f.yaml: is empty"),
        ("# only a comment\n", "f.yaml: is empty"),
        ("? [a]\n: 1\n", "f.yaml:1: a key must be a word"),
        ('"": 1\n', "f.yaml:1: a key must be a word"),
        ("a: 1\n  b: 2\n", None),
        ("a: [1, 2\n", None),
        ("a: \x07\n", None),
        ("[" * 100, "f.yaml:1: nested deeper than 40 levels"),
        ("[" * 100_000, "f.yaml:1: nested deeper than 40 levels"),
    ],
)
def test_what_hides_meaning_is_refused(text: str, sentence: str | None) -> None:
    found = refusals(text)

    assert len(found) == 1
    assert found[0].startswith("f.yaml")
    assert sentence is None or found == [sentence]


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "f.yaml").write_bytes(b"a: 1\nb: \xff\n")

    with pytest.raises(ConfigError, match=r"f\.yaml:2: is not valid UTF-8"):
        load_node(tmp_path / "f.yaml", "f.yaml")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"f\.yaml: cannot be read: No such file"):
        load_node(tmp_path / "f.yaml", "f.yaml")


@given(st.text(max_size=200) | st.text(alphabet="a: -[]{}&*!#'\"\n|>?%@`,0", max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ConfigError):
        parse_node(text, "f.yaml")
