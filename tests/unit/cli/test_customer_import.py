"""Customers from files: both formats say the same, every problem has its line, importing sends commands."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fakes.desk import RecordingDesk
from intakebot.cli.customer_files import read_customers
from intakebot.domain.commands import ImportCustomers
from intakebot.domain.customer import AgreementKind
from intakebot.domain.customer_entries import record_of
from intakebot.domain.errors import ConfigError

CONFIG = Path(__file__).parents[3] / "config"
HEAD = "schema: intakebot.customers/1\ncustomers:\n"
Write = Callable[[str, str | bytes], Path]


def test_the_shipped_examples_say_the_same_in_both_formats() -> None:
    from_yaml = read_customers(CONFIG / "customers.example.yaml")
    assert [entry.reference for entry in from_yaml] == ["ACME", "FJORD-1001", "FJORD-1002", "MUELLER"]
    assert read_customers(CONFIG / "customers.example.csv") == from_yaml


def test_the_shipped_example_has_what_both_processes_need() -> None:
    acme, active, ordered, german = read_customers(CONFIG / "customers.example.yaml")
    valid, expired = acme.accounts[0].subscriptions
    assert (valid.support_keys, valid.agreements[0].valid_to) == (("KEY-123456",), date(2099, 12, 31))
    assert (expired.support_keys, expired.agreements[0].valid_to) == (("KEY-999999",), date(2019, 12, 31))
    assert acme.agreements[0].kind is AgreementKind.CUSTOMER
    assert active.accounts[0].subscriptions[0].status == "active"
    assert ordered.accounts[0].subscriptions[0].status == "ordered"
    assert german.callers[0].language == "de"


YAML_PROBLEMS = [
    ("- {name: X}\n", [(3, "'reference' is missing")]),
    ("- {reference: A}\n", [(3, "'name' is missing")]),
    ("- {reference: A, name: X, colour: red}\n", [(3, "there is no 'colour' here")]),
    ("- {reference: A, name: X}\n- {reference: a, name: Y}\n", [(4, "is there twice; the first is in line 3")]),
    ("- reference: A\n  name: [X]\n", [(4, "'name' must be a text")]),
    ("- reference: A\n  name: true\n", [(4, "'name' must be a text")]),
    ("- {reference: A, name: X, domains: acme.example}\n", [(3, "'domains' must be a list")]),
    ("- {reference: A, name: X, callers: [{name: Y}]}\n", [(3, "a caller needs an address")]),
    ("- {reference: A, name: X, callers: [{emails: [y]}]}\n", [(3, "'y' is no mail address")]),
    ("- just text\n", [(3, "expected reference, name")]),
    (
        "- {reference: A, name: X, accounts: [{reference: B, subscriptions: [{reference: S, status: on}]}]}\n",
        [(3, "'status' is 'on'; possible: ordered, active, ended")],
    ),
    (
        "- reference: A\n  name: X\n  agreements:\n  - {reference: G, kind: gold, policy: p, valid_from: 1.1.2026}\n",
        [(6, "'kind' is 'gold'; possible: support, customer"), (6, "write a date as 2026-12-31")],
    ),
    (
        (
            "- reference: A\n  name: X\n  agreements:\n  - reference: G\n    kind: support\n    policy: p\n"
            "    valid_from: 2026-02-01\n    valid_to: 2026-01-01\n"
        ),
        [(10, "'valid_to' is before 'valid_from'")],
    ),
    ("  []\n", [(1, "there are no customers in it")]),
]


@pytest.mark.parametrize(
    ("body", "expected"), YAML_PROBLEMS, ids=lambda value: value[:40] if isinstance(value, str) else ""
)
def test_a_yaml_problem_is_named_with_its_line(written: Write, body: str, expected: list[tuple[int, str]]) -> None:
    path = written("bad.yaml", HEAD + body)
    with pytest.raises(ConfigError) as caught:
        read_customers(path)
    found = [(problem.line, problem.sentence) for problem in caught.value.problems]
    assert len(found) == len(expected), found
    for (line, sentence), (expected_line, part) in zip(sorted(found), sorted(expected), strict=True):
        assert (line, part in sentence) == (expected_line, True), sentence
    assert {problem.file for problem in caught.value.problems} == {str(path)}


COLUMNS = "customer,name,account,subscription,status,agreement,agreement_kind,policy,valid_from\n"
CSV_PROBLEMS: list[tuple[str | bytes, list[tuple[int, str]]]] = [
    ("", [(1, "the first line must name the columns")]),
    ("customer,colour,customer\n", [(1, "there is no column 'colour'"), (1, "the column 'customer' is there twice")]),
    ("customer,name\n,X\n", [(2, "the column 'customer' is empty")]),
    ("customer,name\nA,X,Y\n", [(2, "3 cells, but the first line has 2 columns")]),
    ('customer,name\nA,"X\nline"\nA,Z\n', [(4, "'name' is 'Z' here but 'X\\nline' in line 2")]),
    ('customer,name\nA,"X\n', [(2, "is not valid CSV")]),
    (COLUMNS + "A,X,,S1,,,,,\n", [(2, "a 'subscription' needs the 'account'")]),
    (COLUMNS + "A,X,B,,active,,,,\n", [(2, "status without a 'subscription'")]),
    (COLUMNS + "A,X,B,S1,on,,,,\n", [(2, "'status' is 'on'")]),
    (COLUMNS + "A,X,B,S1,,G,support,gold,\n", [(2, "'valid_from' is missing")]),
    (b"customer,name\nA,\xff\n", [(2, "is not valid UTF-8")]),
    ("customer,name\n", [(1, "there are no customers in it")]),
]


@pytest.mark.parametrize(("content", "expected"), CSV_PROBLEMS)
def test_a_csv_problem_is_named_with_its_line(
    written: Write, content: str | bytes, expected: list[tuple[int, str]]
) -> None:
    with pytest.raises(ConfigError) as caught:
        read_customers(written("bad.csv", content))
    found = [(problem.line, problem.sentence) for problem in caught.value.problems]
    assert len(found) == len(expected), found
    for (line, sentence), (expected_line, part) in zip(sorted(found), sorted(expected), strict=True):
        assert (line, part in sentence) == (expected_line, True), sentence


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("customer;name;domains\r\nA;Müller;a.example b.example\r\n", id="semicolons-and-crlf"),
        pytest.param(b"\xef\xbb\xbf" + "customer,domains,name\nA,a.example,Müller\nA,b.example,\n".encode(), id="bom"),
        pytest.param("customer,name,domains\n\nA,Müller,a.example\nA,Müller,b.example\n", id="rows-together"),
    ],
)
def test_what_spreadsheets_write_is_read(written: Write, content: str | bytes) -> None:
    (entry,) = read_customers(written("good.csv", content))
    assert (entry.name, entry.domains) == ("Müller", ("a.example", "b.example"))


def test_another_ending_is_refused(written: Write) -> None:
    with pytest.raises(ConfigError, match="must end in"):
        read_customers(written("customers.xlsx", b""))


def test_an_import_sends_all_customers_in_parts_and_adds_up(
    intakebot: Any, desk: RecordingDesk, written: Write
) -> None:
    rows = "".join(f"C{number},Name {number}\n" for number in range(450))
    result = intakebot("customer", "import", str(written("many.csv", f"customer,name\n{rows}")), "--json")
    assert result.exit_code == 0, result.stderr
    assert (result.stdout, result.stderr) == ('{\n  "customers": 450,\n  "new": 9\n}\n', "")
    parts = [command.customers for command, _ in desk.performed if isinstance(command, ImportCustomers)]
    assert [len(part) for part in parts] == [200, 200, 50]
    assert [entry.reference for entry in itertools.chain(*parts)] == [f"C{number}" for number in range(450)]


def test_a_bad_file_is_reported_whole_and_nothing_is_sent(intakebot: Any, desk: RecordingDesk, written: Write) -> None:
    path = written("bad.csv", "customer,name\n,X\nA,Y,Z\n")
    result = intakebot("customer", "import", str(path))
    assert (result.exit_code, desk.performed) == (6, [])
    assert f"{path}:2:" in result.stderr
    assert f"{path}:3:" in result.stderr


def test_an_entry_becomes_a_record_whose_parts_know_each_other() -> None:
    acme = read_customers(CONFIG / "customers.example.yaml")[0]
    record = record_of(acme, itertools.count(1).__next__)
    ids = [record.customer.id] + [
        part.id
        for parts in (record.callers, record.accounts, record.subscriptions, record.agreements)
        for part in parts
    ]
    assert len(set(ids)) == len(ids)
    by_reference = {line.reference: line for line in record.subscriptions}
    assert {key.key: key.subscription_id for key in record.support_keys} == {
        "KEY-123456": by_reference["ACME-PUMP-7"].id,
        "KEY-999999": by_reference["ACME-PUMP-3"].id,
    }
    assert {agreement.reference: agreement.subscription_id for agreement in record.agreements} == {
        "CA-ACME": None,
        "SA-ACME-7": by_reference["ACME-PUMP-7"].id,
        "SA-ACME-3": by_reference["ACME-PUMP-3"].id,
    }
    assert record.callers[0].addresses == (("email", "ann@acme.example"), ("phone", "+44 20 7946 0001"))
    assert {part.customer_id for part in (*record.callers, *record.accounts)} == {record.customer.id}
