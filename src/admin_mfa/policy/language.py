"""Whether patterns with wildcards together match every text of a form, decided exactly.

The patterns are read as one automaton that is in many states at once, a bit for each; the form is a small automaton
beside it. Both walk the same characters, and a text of the form at whose end no pattern stands at its end is one that
the patterns leave out. Characters that no pattern names behave alike, so one stands for all of them.

Deciding this takes exponential time in the worst case, so the walk has a budget: a caller says what holds where it is
spent.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

from admin_mfa.policy.wildcard import ANY, ONE

_RUN = re.compile(f"[{ANY}{ONE}]*{ANY}[{ANY}{ONE}]*")
_MOST_STEPS = 20_000
_MOST_BITS = 16_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Part of a form: one character of a set, or any number of them."""

    characters: frozenset[str]
    repeated: bool = False


Form = tuple[Piece, ...]
"""The pieces of a form of texts, such as the names of all actions, in their order."""


def literal(text: str) -> tuple[Piece, ...]:
    """Return the pieces of a text that stands in a form as it is."""
    return tuple(Piece(characters=frozenset(character)) for character in text)


def cover(patterns: Iterable[str], form: Form, *, undecided: bool) -> bool:
    """Whether every text of a form is matched by one of the patterns.

    Args:
        patterns: Prepared, see `admin_mfa.policy.wildcard.prepare`.
        form: What must be covered.
        undecided: The answer for patterns so intricate that the budget ends before the answer is known.
    """
    return _cover(frozenset(map(_normal, patterns)), form, undecided=undecided)


def _normal(pattern: str) -> str:
    """Return the pattern with one star in each run of wildcards, behind the question marks."""
    return _RUN.sub(lambda run: ONE * run[0].count(ONE) + ANY, pattern)


@lru_cache(maxsize=8192)
def _cover(patterns: frozenset[str], form: Form, *, undecided: bool) -> bool:
    if ANY in patterns:
        return True
    # Without a star a pattern matches texts of one length only.
    if not any(ANY in pattern for pattern in patterns):
        return False
    return _walk(_Patterns(sorted(patterns)), form, undecided=undecided)


class _Patterns:
    """All patterns as one automaton: a bit for each character of each, set where what stands before it was matched."""

    __slots__ = ("_any_character", "_by_character", "_stars", "characters", "done", "ended", "size", "start")

    def __init__(self, patterns: Sequence[str]) -> None:
        self.start = self.ended = self.done = self._stars = self._any_character = 0
        by_character: dict[str, int] = {}
        bit = 0
        for pattern in patterns:
            self.start |= 1 << bit
            for character in pattern:
                if character == ANY:
                    self._stars |= 1 << bit
                elif character == ONE:
                    self._any_character |= 1 << bit
                else:
                    by_character[character] = by_character.get(character, 0) | 1 << bit
                bit += 1
            self.ended |= 1 << bit
            if pattern.endswith(ANY):
                self.done |= 1 << (bit - 1)
            bit += 1
        self._by_character = by_character
        self.characters = by_character.keys()
        self.size = bit
        self.start = self._past_stars(self.start)

    def after(self, states: int, character: str) -> int:
        """Return the states after one more character."""
        moving = states & (self._by_character.get(character, 0) | self._any_character)
        return self._past_stars(moving << 1 | states & self._stars)

    def _past_stars(self, states: int) -> int:
        # Two stars never stand together, so once is enough.
        return states | (states & self._stars) << 1


def _walk(patterns: _Patterns, form: Form, *, undecided: bool) -> bool:
    last = len(form)
    steps = [_steps(form, place, patterns) for place in range(last + 1)]
    budget = min(_MOST_STEPS, _MOST_BITS // patterns.size)
    waiting = [(place, patterns.start) for place in _places(form, 0)]
    seen = set(waiting)
    while waiting:
        place, states = waiting.pop()
        if states & patterns.done:
            continue  # a pattern that ends in a star has reached it
        if not states or (place == last and not states & patterns.ended):
            return False
        for character, following in steps[place]:
            after = patterns.after(states, character)
            for next_place in following:
                if (next_place, after) not in seen:
                    seen.add((next_place, after))
                    waiting.append((next_place, after))
        if len(seen) > budget:
            return undecided
    return True


def _places(pieces: Form, place: int) -> tuple[int, ...]:
    """Return the place and those that are reached from it by leaving out repeated pieces."""
    if place < len(pieces) and pieces[place].repeated:
        return (place, *_places(pieces, place + 1))
    return (place,)


def _steps(pieces: Form, place: int, patterns: _Patterns) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return what can follow at a place of the form, and where that leads to. What no pattern names comes last."""
    if place == len(pieces):
        return ()
    piece = pieces[place]
    named = sorted(piece.characters & patterns.characters)
    others = sorted(piece.characters - patterns.characters)[:1]
    following = (place, *_places(pieces, place + 1)) if piece.repeated else _places(pieces, place + 1)
    # The walk takes the last one first: the character that the fewest patterns match leads out the fastest.
    return tuple((character, tuple(dict.fromkeys(following))) for character in (*named, *others))
