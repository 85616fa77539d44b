"""The documents that list what the code has. When a test fails, it prints the table to paste."""

import re
from dataclasses import MISSING, fields
from pathlib import Path

import errors
from config import BASE, PREFIX, Settings

ERRORS = BASE / "docs" / "errors.md"
README = BASE / "README.md"


def refusals():
    """The failures in the order of errors.py."""
    for each in vars(errors).values():
        if isinstance(each, type) and issubclass(each, errors.Refusal) and each != errors.Refusal:
            yield each


def render_errors():
    """The table of docs/errors.md."""
    rows = [
        f"| {each.status.value} | `{each.error}` | {each.message} | {meaning_of(each)} |"
        for each in refusals()
    ]
    return "\n".join(["| status | `error` | `message` | meaning |", "|---|---|---|---|", *rows])


def meaning_of(refusal):
    return " ".join((refusal.__doc__ or "").split())


def name_of(setting):
    return f"{PREFIX}{setting.name.upper()}"


def shown_default(setting):
    """A default as the README shows it."""
    special = {"instance_path": "`instance/`", "workers": "cores, at most 4"}
    if setting.name in special:
        return special[setting.name]
    if setting.default in ("", (), None):
        return "(empty)"
    if hasattr(setting.default, "days"):
        return f"`{setting.default.days}`"
    return f"`{setting.default}`"


def render_settings():
    """The table of the README."""
    rows = [
        f"| `{name_of(each)}` | {shown_default(each)} | {each.metadata['description']} |"
        for each in fields(Settings)
    ]
    return "\n".join(["| setting | default | meaning |", "|---|---|---|", *rows])


def rows_of(text, first_cell):
    """The cells of the rows whose first cell looks like this; backticks do not matter."""
    lines = [line.strip().strip("|") for line in text.splitlines() if line.startswith("|")]
    rows = [[cell.strip().replace("`", "") for cell in line.split(" | ")] for line in lines]
    return [row for row in rows if re.fullmatch(first_cell, row[0])]


def text_of(path: Path):
    return path.read_text(encoding="utf-8") if path.exists() else ""


def test_the_list_of_errors_is_that_of_the_code():
    written = [row[:3] for row in rows_of(text_of(ERRORS), r"\d{3}")]
    wanted = [row[:3] for row in rows_of(render_errors(), r"\d{3}")]
    assert sorted(written) == sorted(wanted), f"docs/errors.md needs:\n\n{render_errors()}\n"


def test_every_error_of_the_list_says_what_it_means():
    rows = rows_of(text_of(ERRORS), r"\d{3}")
    assert rows, "docs/errors.md has no table"
    assert all(len(row) == 4 and row[3] for row in rows)


def test_the_settings_of_the_readme_are_those_of_the_code():
    written = rows_of(text_of(README), f"{PREFIX}[A-Z_]+")
    wanted = rows_of(render_settings(), f"{PREFIX}[A-Z_]+")
    assert sorted(written) == sorted(wanted), f"README.md needs:\n\n{render_settings()}\n"


def test_every_error_has_a_code_of_its_own():
    codes = [each.error for each in refusals()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_every_error_has_a_sentence_and_a_meaning():
    for each in refusals():
        assert each.message.endswith("."), each
        assert meaning_of(each).endswith("."), each


def test_every_setting_has_a_default_and_a_description():
    for each in fields(Settings):
        assert each.default is not MISSING, each
        assert each.metadata["description"].endswith("."), each
