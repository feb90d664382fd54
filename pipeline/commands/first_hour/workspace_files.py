"""Turns answers into the files of a workspace. What was not answered is left out: it counts against contact."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from pipeline.commands.first_hour.questions import Answers, words_of
from schemas.config import Campaign, Vendor, load, raise_faults
from schemas.layout import Layout
from schemas.support.durable import write_atomically
from schemas.support.scratch import scratch_folder

#: Campaign that the answers make.
CAMPAIGN = "first"
#: Question -> kind and name of the list whose file it asks for.
_LISTS = {
    "registry": ("dnc.national", "registry"),
    "internal": ("dnc.internal", "ours"),
    "unsubscribed": ("email.unsubscribed", "unsubscribed"),
}


def write_workspace(folder: Path, answers: Answers, layout: str) -> list[Path]:
    """Write campaign, vendor and layout; returns the files.

    Raises `ConfigError` when an answer fits no key, before anything is written. Files that exist are replaced.
    """
    files = {
        folder / "leadscrub.toml": "# This folder is a leadscrub workspace. See: leadscrub check\n",
        folder / "layouts" / f"{answers['vendor']}.toml": layout,
        folder / "campaigns" / f"{CAMPAIGN}.toml": _campaign(folder, answers),
        folder / "vendors" / f"{answers['vendor']}.toml": _vendor(answers),
    }
    _check(files)
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, text)
    (folder / "inbox" / answers["vendor"]).mkdir(parents=True, exist_ok=True)
    return list(files)


def _check(files: dict[Path, str]) -> None:
    models: dict[str, type[Campaign | Vendor | Layout]] = {"campaigns": Campaign, "vendors": Vendor, "layouts": Layout}
    faults: list[str] = []
    with scratch_folder() as folder:
        for path, text in files.items():
            if (model := models.get(path.parent.name)) is not None:
                draft = folder / path.name
                draft.write_text(text, encoding="utf-8")
                load(draft, model, faults)
    raise_faults([fault.partition(": ")[2] for fault in faults])


def _campaign(folder: Path, answers: Answers) -> str:
    evidence = {key: answers[key] for key in ("country", "dialling", "texting", "passes_on") if answers.get(key)}
    declared: dict[str, Any] = dict(evidence)
    for key in ("sender_identified", "optout_offered", "dealt_with_us"):
        if answers.get(key):
            declared[key] = answers[key] == "yes"
    if goods := words_of(answers.get("product_class", "")):
        declared["product_class"] = [] if goods == ["none"] else goods
    channels = words_of(answers["channels"])
    head: dict[str, Any] = {"name": CAMPAIGN, "entity": answers.get("entity"), "channels": channels}
    head["region"] = answers.get("region")
    lists = {key: about for key, about in _LISTS.items() if answers.get(key)}
    if not lists:
        head["no_lists"] = True
    if not head["region"] and {"call", "text"} & set(channels):
        head["no_region"] = True
    text = "# Made from the answers to 'leadscrub init --from'. What was not answered is not declared.\n" + _table(head)
    if packs := words_of(answers.get("packs", "")):
        text += "\n[rules]\n" + _table({"packs": packs})
    if declared:
        text += "\n[evidence]\n" + _table(declared)
    for key, (kind, name) in lists.items():
        file = os.path.relpath(Path(answers[key]).absolute(), (folder / "campaigns").absolute())
        text += "\n[[lists]]\n" + _table({"kind": kind, "name": name, "file": file})
        if key == "registry" and answers.get("registry_day"):
            text += f"as_of = {answers['registry_day']}\n"
    return text


def _vendor(answers: Answers) -> str:
    name = answers["vendor"]
    head: dict[str, Any] = {"name": name, "campaign": CAMPAIGN, "layout": name}
    price, _, currency = answers.get("price", "").partition(" ")
    text = _table(head)
    if price:
        text += f"price = {price}\n" + _table({"currency": currency})
    evidence: dict[str, Any] = {key: answers[key] for key in ("source_type", "origin") if answers.get(key)}
    if answers.get("businesses_only"):
        evidence["businesses_only"] = answers["businesses_only"] == "yes"
    return text + ("\n[evidence]\n" + _table(evidence) if evidence else "")


def _table(values: dict[str, Any]) -> str:
    """Lines of TOML; its strings, lists and yes or no are written as JSON's are. What is empty is left out."""
    given = {key: value for key, value in values.items() if value not in (None, "")}
    return "".join(f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in given.items())
