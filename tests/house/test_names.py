"""Names say what a thing is. Some words say nothing, so they are in no name of a module, class or function."""

from __future__ import annotations

import ast
import re

import pytest

from house.sources import Module, modules

EMPTY_WORDS = frozenset(
    {"manager", "helper", "helpers", "util", "utils", "common", "misc", "process", "do", "data", "info"}
)
ALLOWED = {
    "work_info": "the glossary's word for what technicians write down",
    "data_directory": "the setting of that name; operators know the term",
    "base_process": "the glossary's noun: the process that a workflow describes",
    "data_received": "asyncio calls it by this name",
    "smtp_DATA": "the SMTP command DATA; aiosmtpd finds it by this name",
    "process_bind_param": "SQLAlchemy calls it by this name",
    "process_result_value": "SQLAlchemy calls it by this name",
}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+")


def _names(module: Module) -> list[str]:
    defined = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    parts = module.name.removesuffix(".py").split("/")
    return [*parts, *(node.name for node in ast.walk(module.tree) if isinstance(node, defined))]


def _empty_words(name: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(name)} & EMPTY_WORDS


def test_no_name_has_an_empty_word() -> None:
    found = {
        f"{module.name}: {name}"
        for module in modules()
        for name in _names(module)
        if _empty_words(name) and name not in ALLOWED
    }

    assert found == set()


def test_every_allowed_name_is_in_use() -> None:
    used = {name for module in modules() for name in _names(module)}

    assert set(ALLOWED) - used == set()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        pytest.param("CaseManager", {"manager"}, id="class"),
        pytest.param("do_it", {"do"}, id="function"),
        pytest.param("smtp_DATA", {"data"}, id="capitals"),
        pytest.param("HTTPInfo", {"info"}, id="acronym"),
        pytest.param("document_information", set(), id="part-of-a-word"),
    ],
)
def test_words_are_told_apart(name: str, found: set[str]) -> None:
    assert _empty_words(name) == found
