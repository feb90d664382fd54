"""How a repair of a phone asks what a text is: one answer at a time, or those of many repairs in rounds.

A repair is written as a generator. It yields each text that it wants to be read, with the region, and goes on with the
form. One value's repair is answered at once; of many, all texts that wait for their forms are read as one column.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from schemas.contact.numbering.library import PhoneForm

#: A text, and the region that is assumed for national forms.
Question = tuple[str, str | None]
Result = TypeVar("Result")
Asking = Generator[Question, PhoneForm, Result]


def answer_one(asking: Asking[Result], read: Callable[[str, str | None], PhoneForm]) -> Result:
    """Answer each question as it comes; return what comes out."""
    try:
        question = next(asking)
        while True:
            question = asking.send(read(*question))
    except StopIteration as end:
        result: Result = end.value
        return result


def answer_all(
    asking: Sequence[Asking[Result]], read: Callable[[Sequence[Question]], Sequence[PhoneForm]]
) -> list[Result]:
    """Answer one question of each in every round; return what comes out, in the same order."""
    results: dict[int, Result] = {}
    waiting: list[int] = []
    questions: list[Question] = []
    for place, each in enumerate(asking):
        try:
            questions.append(next(each))
            waiting.append(place)
        except StopIteration as end:
            results[place] = end.value
    while waiting:
        forms, asked, waiting, questions = read(questions), waiting, [], []
        for place, form in zip(asked, forms, strict=True):
            try:
                questions.append(asking[place].send(form))
                waiting.append(place)
            except StopIteration as end:
                results[place] = end.value
    return [results[place] for place in range(len(asking))]
