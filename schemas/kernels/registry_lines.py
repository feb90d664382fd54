"""Lines of a registry's flat file: a North American number each, all of one layout."""

from __future__ import annotations

from schemas.kernels.kernel import Bytes, Int64s, kernel

_AREA_NUMBERS = 10_000_000


@kernel
def registry_numbers(data: Bytes, width: int, first: int, comma: int, numbers: Int64s, areas: Bytes) -> None:
    """Read line after line, each of ``width`` bytes with its line feed, into ``numbers``.

    ``first``: where the ten digits begin; what stands before them is a 1. ``comma``: 1 where one follows the area code.
    ``areas``: marks each area code that is met. A line of another layout ends it: its number is -1.
    """
    for row in range(len(numbers)):
        start = row * width
        sound = data[start + width - 1] == ord("\n")
        if first == 1 and data[start] != ord("1"):
            sound = False
        number = 0
        at = start + first
        for place in range(10):
            if comma == 1 and place == 3:
                if data[at] != ord(","):
                    sound = False
                at += 1
            digit = int(data[at]) - ord("0")
            if digit < 0 or digit > 9:
                sound = False
            number = number * 10 + digit
            at += 1
        if not sound:
            numbers[row] = -1
            return
        numbers[row] = number
        areas[number // _AREA_NUMBERS] = 1
