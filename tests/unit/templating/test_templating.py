"""Templates: what the shipped ones say, what an author cannot do, and what can never leave."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from intakebot.domain.errors import TemplateError
from intakebot.templating import ALLOWED, LONGEST_SUBJECT, REQUIRED, Templates

ROOT = Path(__file__).parents[3]
SHIPPED = Templates(ROOT / "templates")
MARKER = "=-=-= Reply above this line =-=-="
CANARY = "canary-4711"


def values(**more: Any) -> dict[str, Any]:
    groups: dict[str, Any] = {
        "marker": MARKER,
        "caller": {"name": "Robin", "address": "robin@caller.example"},
        "case": {
            "number": "C-1001",
            "title": "No signal",
            "priority": "normal",
            "opened_at": "2026-03-02 09:15 UTC",
        },
        "queue": {"title": "Support", "reply_name": "Product support"},
        "resolution": {"text": "Restart it."},
        "question": {"text": "Which lights are on?"},
        "earlier": {"number": "C-1000"},
    }
    for name, value in more.items():
        groups[name] = {**groups[name], **value} if isinstance(groups.get(name), dict) else value
    return groups


def written(folder: Path, body: str, name: str = "note", *, html: str = "", subject: str = "Note") -> Templates:
    place = folder / name / "en"
    place.mkdir(parents=True)
    (place / "subject.txt").write_text(subject, encoding="utf-8")
    (place / "body.txt").write_text("{{ marker }}\n" + body, encoding="utf-8")
    if html:
        (place / "body.html").write_text(html, encoding="utf-8")
    return Templates(folder)


def problems_of(templates: Templates) -> list[str]:
    """What the check says, without the shipped templates that a test folder lacks."""
    found = templates.check(("en",))
    return [str(problem) for problem in found if problem.file.partition("/")[0] not in REQUIRED]


def test_the_shipped_templates_are_without_problems_in_both_languages() -> None:
    assert SHIPPED.check(("en", "de")) == []
    assert set(SHIPPED.names()) == {*REQUIRED, "how-to-reset"}


@pytest.mark.parametrize("name", SHIPPED.names())
@pytest.mark.parametrize("language", ["en", "de"])
def test_every_shipped_reply_carries_its_number_marker_and_signature(name: str, language: str) -> None:
    subject, text, html = SHIPPED.render(name, language, values())

    assert subject == "[C-1001] No signal"
    assert text.startswith(MARKER + "\n\n")
    assert text.rstrip().endswith("Product support")
    assert "Product support" in html
    assert "\n\n\n" not in text


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_caller_without_a_name_is_greeted_all_the_same(language: str) -> None:
    _, text, _ = SHIPPED.render("acknowledgement", language, values(caller={"name": ""}))

    assert text.splitlines()[2] in {"Hello,", "Guten Tag,"}


def test_what_is_asked_and_answered_is_in_the_reply() -> None:
    assert "Restart it." in SHIPPED.render("resolution", "en", values())[1]
    assert "Which lights are on?" in SHIPPED.render("question", "de", values())[1]
    assert "C-1000" in SHIPPED.render("reopened-as-new", "en", values())[2]


@pytest.mark.parametrize("text", ["{{7*7}}", "{% for a in b %}", "{{ case.number }}", "{# no #}"])
def test_template_signs_of_a_caller_are_printed_as_they_are(text: str) -> None:  # case H05
    subject, body, html = SHIPPED.render("resolution", "en", values(case={"title": text}, resolution={"text": text}))

    assert text in subject
    assert text in body
    assert text in html


def test_html_of_a_caller_is_escaped_in_html_only() -> None:  # case H03
    attack = "<script>alert(1)</script><img src=x onerror=y>"
    _, text, html = SHIPPED.render("resolution", "en", values(resolution={"text": attack}))

    assert attack in text
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


@given(st.text(max_size=400))
def test_a_subject_is_one_short_line_whatever_the_title(title: str) -> None:  # case H01
    subject, _, _ = SHIPPED.render("acknowledgement", "en", values(case={"title": title}))

    assert len(subject) <= LONGEST_SUBJECT
    assert len(subject.splitlines()) == 1
    assert subject.isprintable() or all(sign.isprintable() or not sign.isspace() for sign in subject)
    assert subject.startswith("[C-1001]")


@pytest.mark.parametrize("name", SHIPPED.names())
@pytest.mark.parametrize("language", ["en", "de"])
def test_what_is_internal_never_leaves(name: str, language: str) -> None:  # case H09
    internal = values(
        case={"work_info": CANARY, "markers": [CANARY], "comments": (CANARY,)},
        caller={"other_customer": CANARY},
        comments=[CANARY],
        trace=CANARY,
    )

    assert CANARY not in "".join(SHIPPED.render(name, language, internal))


@pytest.mark.parametrize(
    "body",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ case.__class__ }}",
        "{{ case.__init__.__globals__ }}",
        "{{ case['number'] }}",
        "{{ case|attr('__class__') }}",
        "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
        "{{ lipsum.__globals__ }}",
        "{{ self.__init__ }}",
        "{{ namespace() }}",
        "{{ '{0.__class__}'.format(case) }}",
        "{{ '%s'|format(case) }}",
        "{{ case.title|xmlattr }}",
        "{{ [case]|map(attribute='__class__')|list }}",
        "{% import 'x' as y %}",
        "{% include '/etc/passwd' %}",
        "{% extends 'x' %}",
        "{% macro m() %}{% endmacro %}",
        "{% set x = 1 %}",
        "{% with x = 1 %}{% endwith %}",
        "{% call case() %}{% endcall %}",
        "{% filter upper %}x{% endfilter %}",
        "{% block x %}{% endblock %}",
    ],
)
def test_an_author_cannot_leave_the_template(body: str, tmp_path: Path) -> None:  # case H06
    templates = written(tmp_path, body)

    assert problems_of(templates)
    with pytest.raises(TemplateError):
        templates.render("note", "en", values())


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        ("Hi\n{{ case.title.upper() }}", "note/en/body.txt:3: a template may not use call here"),
        ("{{ case.work_info }}", "note/en/body.txt:2: this template may not name 'case.work_info'; allowed: marker"),
        ("{{ comments }}", "note/en/body.txt:2: this template may not name 'comments'; allowed: marker"),
        ("{{ case }}", "note/en/body.txt:2: this template may not name 'case'; allowed: marker"),
        ("{{ case.title|safe }}", "note/en/body.txt:2: unknown filter 'safe'; allowed: capitalize, default"),
        ("{{ case.title is callable }}", "note/en/body.txt:2: unknown test 'callable'; allowed: defined, none"),
        ("{% if case.title %}", "note/en/body.txt:2: is no template: Unexpected end of template"),
        ("{{ question.text }}", "note/en/body.txt:2: this template may not name 'question.text'; allowed"),
    ],
)
def test_what_is_refused_is_refused_at_load_with_its_line(body: str, sentence: str, tmp_path: Path) -> None:  # case H07
    found = problems_of(written(tmp_path, body))

    assert len(found) == 1
    assert found[0].startswith(sentence)


@pytest.mark.parametrize(
    "body",
    [
        "{% for a in range(10**9) %}x{% endfor %}",
        "{% for a in case.title %}{% for b in case.title %}x{% endfor %}{% endfor %}",
        "{{ 'a' * 10**9 }}",
        "{{ 9**9**9 }}",
        "{{ case.title|center(999999999) }}",
        "{{ case.title|replace('a', 'aaaaaaaaaa') }}",
        "{{ " + "(" * 20_000,
        "{% if case.title %}" * 60 + "{% endif %}" * 60,
        "x" * 100_001,
    ],
    ids=["range", "nested-loop", "multiply", "power", "center", "replace", "parentheses", "nested-if", "long-file"],
)
def test_bombs_are_refused_before_they_run(body: str, tmp_path: Path) -> None:  # case H08
    assert len(problems_of(written(tmp_path, body))) >= 1


def test_a_value_that_the_reply_lacks_is_refused() -> None:
    lacking = {name: value for name, value in values().items() if name != "question"}

    with pytest.raises(TemplateError, match="'question' is undefined"):
        SHIPPED.render("question", "en", lacking)


def test_a_reply_that_becomes_too_long_is_refused_and_not_cut() -> None:  # case H08
    with pytest.raises(TemplateError, match="becomes longer than 100000 characters"):
        SHIPPED.render("resolution", "en", values(resolution={"text": "x" * 100_000}))


def test_the_longest_text_still_fits_when_every_character_is_escaped() -> None:
    assert SHIPPED.render("resolution", "en", values(resolution={"text": "'" * 99_000}))[2]


@pytest.mark.parametrize(
    "value", [Markup("<b>"), ["x"], {"a": 1}, object(), b"x", 1.5], ids=lambda value: type(value).__name__
)
def test_only_plain_values_are_shown(value: object) -> None:
    with pytest.raises(TemplateError, match=r"the value case\.title is a"):
        SHIPPED.render("acknowledgement", "en", values(case={"title": value}))


def test_a_template_or_language_that_does_not_exist_is_refused() -> None:
    assert SHIPPED.languages("resolution") == ("de", "en")
    assert SHIPPED.languages("nothing") == ()
    with pytest.raises(TemplateError, match="there is no template"):
        SHIPPED.render("resolution", "fr", values())
    with pytest.raises(TemplateError, match="there is no template"):
        SHIPPED.render("../../etc", "en", values())


def test_missing_languages_parts_and_strange_files_are_problems(tmp_path: Path) -> None:
    templates = written(tmp_path, "Hello.")
    (tmp_path / "note/en/body.htm").write_text("x", encoding="utf-8")
    (tmp_path / "note/en/subject.txt").write_bytes(b"\xff")

    found = [str(problem) for problem in Templates(tmp_path).check(("en", "de"))]

    assert problems_of(templates) == []
    assert "note/de/body.txt: is missing" in found
    assert "note/de/subject.txt: is missing" in found
    assert "acknowledgement/en/body.txt: is missing" in found
    assert "note/en/subject.txt: cannot be read as UTF-8 text" in found
    assert "note/en/subject.txt: is missing" not in found
    assert any(line.startswith("note/en/body.htm: is no template") for line in found)


def test_a_body_without_the_marker_is_a_problem(tmp_path: Path) -> None:
    templates = written(tmp_path, "Hello.")
    (tmp_path / "note/en/body.txt").write_text("Hello.\n", encoding="utf-8")

    assert problems_of(templates) == []
    assert problems_of(Templates(tmp_path))[0].startswith("note/en/body.txt:1: the first line has to be {{ marker }}")


@pytest.mark.parametrize("name", SHIPPED.names())
@pytest.mark.parametrize("language", ["en", "de"])
def test_in_a_chat_nobody_is_greeted_and_there_is_no_marker(name: str, language: str) -> None:
    subject, text = SHIPPED.render_chat(name, language, values())

    assert subject == "[C-1001] No signal"
    assert "C-1001" in text
    assert text == text.strip()
    for left_out in (MARKER, "Robin", "Hello", "Guten Tag", "Kind regards", "Freundliche"):
        assert left_out not in text


def test_without_a_chat_text_the_mail_is_said_without_its_marker(tmp_path: Path) -> None:
    templates = written(tmp_path, "\nHello {{ caller.name }}\n")

    assert templates.render_chat("note", "en", values()) == ("Note", "Hello Robin")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("{{ marker }}", "may not name 'marker'", id="marker"),
        pytest.param("{{ resolution.text }}", "may not name 'resolution.text'", id="value-of-another-template"),
        pytest.param("{% if %}", "is no template", id="broken"),
        pytest.param("{{ case.number }}", "", id="good"),
    ],
)
def test_a_chat_text_is_checked_like_every_other(tmp_path: Path, text: str, problem: str) -> None:
    written(tmp_path, "\nHello\n")
    (tmp_path / "note" / "en" / "chat.txt").write_text(text, encoding="utf-8")
    found = problems_of(Templates(tmp_path))

    assert bool(found) == bool(problem)
    assert all(problem in one and "note/en/chat.txt" in one for one in found)


def test_template_signs_of_a_caller_are_printed_as_they_are_in_a_chat() -> None:  # case H05
    shown = SHIPPED.render_chat("resolution", "en", values(resolution={"text": "{{ 7*7 }} <b>"}))[1]

    assert "{{ 7*7 }} <b>" in shown


def test_the_preview_of_a_chat_text_shows_samples() -> None:
    assert "Which lights are on" in SHIPPED.preview_chat("question", "en")


def test_a_preview_shows_samples() -> None:
    subject, text, html = SHIPPED.preview("question", "en")

    assert subject == "[C-1001] No signal since this morning"
    assert "Which lights are on at the front?" in text
    assert html.startswith("<!DOCTYPE html>")


def test_every_allowed_value_is_documented() -> None:
    page = (ROOT / "docs/reference/templates.md").read_text(encoding="utf-8")

    assert [path for path, allowed in ALLOWED.items() if f"| `{path}` | {allowed.meaning} |" not in page] == []
