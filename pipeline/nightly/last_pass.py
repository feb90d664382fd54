"""The day of the last pass: a clock that is far from it is not believed.

With a wrong day lists are too old or from the future, results expire, and retention deletes what is still to be kept.
"""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Final

from pipeline.nightly.folders import Folders
from schemas.errors import ConfigError
from schemas.support.durable import write_atomically
from schemas.support.figures import counted

#: Days that may pass between two unattended commands without anybody having to say so.
_MOST_DAYS: Final = 7


def refuse_odd_day(folders: Folders, today: date, command: str) -> None:
    """Raise `ConfigError` when the clock's day is before that of the last pass, or far behind it."""
    last = last_day(folders)
    if last is None or 0 <= (today - last).days <= _MOST_DAYS:
        return
    how = "before" if today < last else f"{counted((today - last).days, 'day')} after"
    raise ConfigError(
        [f"by this machine's clock it is {today}, {how} the last pass of {last}"],
        f"If the clock is right, say it once: {command} --as-of {today}.",
    )


def note_day(folders: Folders, day: date, today: date) -> None:
    """Remember the day of a pass. ``today``: the clock's, behind which no day is remembered.

    A pass of an earlier day, to do it again, leaves the last one as it was.
    """
    last = last_day(folders)
    if last is None or day >= last or last > today:
        folders.made(folders.hidden)
        write_atomically(_path(folders), json.dumps({"day": day.isoformat()}) + "\n")


def last_day(folders: Folders) -> date | None:
    """The day of the last pass; None when there was none, or the file is damaged."""
    try:
        return date.fromisoformat(json.loads(_path(folders).read_text(encoding="utf-8"))["day"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


_NAME: Final = "last-pass.json"


def _path(folders: Folders) -> Path:
    return folders.hidden / _NAME
