"""Takes the answers: from a terminal, one question after another, or from a TOML file."""

from __future__ import annotations

import re
import sys
from datetime import date
from pathlib import Path
from typing import Any

import tomli

from pipeline.commands.first_hour.questions import QUESTIONS, Answers, Question
from pipeline.terminal import print_lines
from schemas.config import VENDOR_NAME
from schemas.errors import ConfigError, UsageError
from schemas.support.names import did_you_mean
from suppression.rules.loading import load_packs

_YES_NO = ("yes", "no")


def asked_answers() -> Answers:
    """Ask on the terminal. An empty answer means "not known", and a wrong one is asked for again.

    Raises `UsageError` when there is no terminal to ask on.
    """
    if not sys.stdin.isatty():
        keys = ", ".join(question.key for question in QUESTIONS)
        raise UsageError(
            "There is no terminal to ask on.", f"Write the answers to a TOML file and name it with --answers: {keys}."
        )
    answers: dict[str, str] = {}
    for question in QUESTIONS:
        if not question.applies(answers):
            continue
        print_lines("", question.asks, f"  {question.decides}")
        while True:
            sys.stdout.write(f"{question.key}> ")
            sys.stdout.flush()
            line = sys.stdin.readline()
            if not line:
                raise UsageError("The questions were not answered to their end; nothing was written.")
            wrong = fault(question, line.strip())
            if wrong is None:
                answers[question.key] = line.strip()
                break
            print_lines(f"  {wrong}")
    return answers


def read_answers(path: Path) -> Answers:
    """Read a file of answers. Raises `ConfigError` with every fault."""
    try:
        given = tomli.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
        raise ConfigError([f"{path}: cannot be read: {error}"], 'It holds lines like vendor = "acme".') from error
    known = {question.key: question for question in QUESTIONS}
    faults = [f"{path}: there is no question '{key}'. {did_you_mean(key, known)}" for key in given if key not in known]
    answers = {key: _plain(value) for key, value in given.items() if key in known}
    faults += [
        f"{path}: {question.key}: {wrong}"
        for question in QUESTIONS
        if question.applies(answers) and (wrong := fault(question, answers.get(question.key, "")))
    ]
    if faults:
        raise ConfigError(faults, "A question without an answer may be left out, unless it must have one.")
    return {key: answers.get(key, "") for key in known}


def _plain(value: Any) -> str:
    """The answer as it would be typed."""
    if isinstance(value, bool):
        return _YES_NO[0] if value else _YES_NO[1]
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def fault(question: Question, answer: str) -> str | None:
    """What is wrong with an answer; None when nothing is."""
    if not answer:
        return "This one needs an answer." if question.required else None
    words = [word.strip() for word in answer.split(",")] if question.kind == "words" else [answer]
    choices = _YES_NO if question.kind == "yes_no" else question.choices
    for word in words:
        if choices and word not in choices:
            return f"'{word}' is none of: {', '.join(choices)}. {did_you_mean(word, choices)}".strip()
    return _of_its_own(question, answer)


def _of_its_own(question: Question, answer: str) -> str | None:
    if question.key == "vendor" and re.fullmatch(VENDOR_NAME, answer) is None:
        return "A name has letters, digits, '.', '-' and '_', and begins with a letter or digit."
    if question.kind == "file" and not Path(answer).is_file():
        return f"There is no file '{answer}'."
    if question.key == "packs":
        try:
            load_packs(word.strip() for word in answer.split(","))
        except UsageError as error:
            return str(error)
    if question.key == "price" and re.fullmatch(r"\d+(\.\d+)? [A-Z]{3}", answer) is None:
        return "Write it as 2.50 USD."
    if question.key == "registry_day":
        try:
            date.fromisoformat(answer)
        except ValueError:
            return "Write it as YYYY-MM-DD."
    return None
