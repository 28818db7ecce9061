"""The picture of how administrators get their permissions: users, groups, and policies.

Three columns joined by bands. A band is as wide as its number of users, and its colour is their MFA status. A few users
are drawn one by one, many as one block for each status. This module returns numbers and names; the page draws them.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from admin_mfa.findings.paths import DIRECTLY, steps
from admin_mfa.findings.people import RANK, Person, UserStatus

ONE_BY_ONE = 16
_MIDDLE_ROWS = 10
_POLICY_ROWS = 8
"""More people, groups or policies than this are drawn together."""

_OTHER_GROUPS, _OTHER_POLICIES = " other groups", " other policies"
"""With a blank in front, which no name in IAM holds."""

_COLUMNS = (196.0, 390.0, 744.0)
_WIDTH = 960.0
_NODE = 10.0
_BOX = 216.0
_TOP = 40.0
_GAP = 14.0
_LEAST = 30.0
_BAND = 12.0
_TALLEST = 300.0
"""Lengths in pixels at the picture's natural size. The middle column is a box, so that no label lies on a band."""

_WORDS = {
    UserStatus.LACKS_MFA: "without MFA",
    UserStatus.EXEMPT: "exempt",
    UserStatus.NOT_REQUIRED: "without MFA, not required",
    UserStatus.HAS_MFA: "with MFA",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A part of a block: those of one state."""

    state: UserStatus
    y: float
    height: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """One place in a column.

    Attributes:
        label: A user, a group, a policy, or a few words.
        note: How many people, in words; empty where the label is one person.
        x: Left edge.
        y: Upper edge.
        width: Of the block; bands leave at its right edge.
        height: Of the whole.
        slices: From the top, worst first.
        change: `new` for a person whose finding is new.
    """

    label: str
    note: str
    x: float
    y: float
    width: float
    height: float
    slices: tuple[Slice, ...]
    change: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """What joins two blocks: the people of one state who have the right block's rights through the left one's.

    Attributes:
        path: The outline, as SVG's path data.
        state: What colours it.
        label: What it means, in words.
    """

    path: str
    state: UserStatus
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PathSummary:
    """One line of the picture in words.

    Attributes:
        through: The group, or `DIRECTLY`.
        note: How many people, in words.
        policies: What they get by it.
        states: How many people of each state.
    """

    through: str
    note: str
    policies: tuple[str, ...]
    states: Counter[UserStatus]


@dataclass(frozen=True, slots=True, kw_only=True)
class Picture:
    """The whole picture; blocks and bands in the order in which they are drawn."""

    width: float
    height: float
    columns: tuple[tuple[str, float], ...]
    blocks: tuple[Block, ...]
    bands: tuple[Band, ...]
    ways: tuple[PathSummary, ...]


@dataclass(slots=True)
class _Flow:
    """How many people of each state go from one block to another."""

    counts: dict[tuple[str, str, UserStatus], int] = field(default_factory=lambda: defaultdict(int))

    def add(self, left: str, right: str, state: UserStatus) -> None:
        self.counts[left, right, state] += 1

    def slices(self, side: int) -> dict[str, Counter[UserStatus]]:
        """Count by block, on the left (0) or the right (1) side."""
        found: dict[str, Counter[UserStatus]] = defaultdict(Counter)
        for key, count in self.counts.items():
            found[key[side]][key[2]] += count
        return found


def picture(people: Iterable[Person]) -> Picture | None:
    """Draw the administrators among the people; None if there are none."""
    administrators = [person for person in people if person.verdict.administrator]
    if not administrators:
        return None
    taken = [
        (person, dict.fromkeys(step for grant in person.verdict.grants for step in steps(grant)))
        for person in administrators
    ]
    middle = _names((person, (holder for holder, _ in walked)) for person, walked in taken)
    right = _names((person, (policy for _, policy in walked)) for person, walked in taken)
    short_middle = _gathered(middle, _MIDDLE_ROWS, _OTHER_GROUPS, keep=DIRECTLY)
    short_right = _gathered(right, _POLICY_ROWS, _OTHER_POLICIES)
    one_by_one = len(administrators) <= ONE_BY_ONE
    first, second = _Flow(), _Flow()
    members: dict[str, Counter[UserStatus]] = defaultdict(Counter)
    carriers: dict[str, Counter[UserStatus]] = defaultdict(Counter)
    blocks: dict[str, tuple[str, str, str]] = {}
    for number, (person, walked) in enumerate(taken):
        key = str(number) if one_by_one else person.state
        if one_by_one:
            blocks[key] = (person.verdict.user_name, "", person.change)
        through = dict.fromkeys(short_middle[holder] for holder, _ in walked)
        for holder in through:
            first.add(key, holder, person.state)
            members[holder][person.state] += 1
        for holder, policy in dict.fromkeys((short_middle[h], short_right[p]) for h, p in walked):
            second.add(holder, policy, person.state)
        for policy in dict.fromkeys(short_right[p] for _, p in walked):
            carriers[policy][person.state] += 1
    if not one_by_one:
        total = Counter(person.state for person in administrators)
        blocks = {state: (f"{count} {_WORDS[state]}", "", "") for state, count in total.items()}
    return _laid_out(first, second, (blocks, _labelled(members), _labelled(carriers)), _ways(taken))


def _names(found: Iterable[tuple[Person, Iterable[str]]]) -> dict[str, Counter[UserStatus]]:
    names: dict[str, Counter[UserStatus]] = defaultdict(Counter)
    for person, own in found:
        for name in dict.fromkeys(own):
            names[name][person.state] += 1
    return names


def _worst(item: tuple[str, Counter[UserStatus]]) -> tuple[bool, int, int, str]:
    """Order blocks: those that combine several last, then most without MFA, then most people."""
    name, counts = item
    return (
        name.endswith((_OTHER_GROUPS, _OTHER_POLICIES)),
        -counts[UserStatus.LACKS_MFA],
        -counts.total(),
        name.casefold(),
    )


def _gathered(names: Mapping[str, Counter[UserStatus]], rows: int, others: str, keep: str = "") -> dict[str, str]:
    """Map each name to its block: its own, or the last one for the names of least weight."""
    ordered = [name for name, _ in sorted(names.items(), key=_worst)]
    if len(ordered) <= rows:
        return {name: name for name in ordered}
    own = set(ordered[: rows - 1]) | ({keep} & set(ordered))
    rest = f"{len(ordered) - len(own)}{others}"
    return {name: name if name in own else rest for name in ordered}


def _labelled(counted: Mapping[str, Counter[UserStatus]]) -> dict[str, tuple[str, str, str]]:
    return {name: (name, _note(counts), "") for name, counts in counted.items()}


def _note(counts: Counter[UserStatus]) -> str:
    total, lacks = counts.total(), counts[UserStatus.LACKS_MFA]
    if total == 1:
        return "1 user without MFA" if lacks else "1 user"
    return f"{total} users{f', {lacks} without MFA' if lacks else ''}"


def _laid_out(
    first: _Flow,
    second: _Flow,
    labels: tuple[Mapping[str, tuple[str, str, str]], ...],
    ways: tuple[PathSummary, ...],
) -> Picture:
    weights = (first.slices(0), _widest(first.slices(1), second.slices(0)), second.slices(1))
    heaviest = max(sum(counts.total() for counts in column.values()) for column in weights)
    scale = min(_BAND, _TALLEST / heaviest)
    orders = (
        _people_order(weights[0], first),
        sorted(weights[1], key=lambda name: _worst((name, weights[1][name]))),
        sorted(weights[2], key=lambda name: _worst((name, weights[2][name]))),
    )
    heights = [
        sum(_height(column[name], scale, number) + _GAP for name in order) - _GAP
        for number, (column, order) in enumerate(zip(weights, orders, strict=True))
    ]
    tallest = max(heights)
    blocks: list[dict[str, Block]] = []
    for number, (column, order) in enumerate(zip(weights, orders, strict=True)):
        y = _TOP + (tallest - heights[number]) / 2
        placed: dict[str, Block] = {}
        for name in order:
            height = _height(column[name], scale, number)
            label, note, change = labels[number][name]
            placed[name] = Block(
                label=label,
                note=note,
                change=change,
                x=_COLUMNS[number],
                y=y,
                width=_BOX if number == 1 else _NODE,
                height=height,
                slices=tuple(_slices(column[name], y, height, scale)),
            )
            y += height + _GAP
        blocks.append(placed)
    bands = [
        *_bands(first, blocks[0], blocks[1], orders[0], orders[1], scale, (labels[0], labels[1])),
        *_bands(second, blocks[1], blocks[2], orders[1], orders[2], scale, (labels[1], labels[2])),
    ]
    return Picture(
        width=_WIDTH,
        height=round(_TOP + tallest + 8, 1),
        columns=(("Users", _COLUMNS[0]), ("Get permissions through", _COLUMNS[1]), ("Policies", _COLUMNS[2])),
        blocks=tuple(block for column in blocks for block in column.values()),
        bands=tuple(bands),
        ways=ways,
    )


def _widest(*sides: Mapping[str, Counter[UserStatus]]) -> dict[str, Counter[UserStatus]]:
    """Take the greater number of both sides: who gets two policies through one group leaves it twice."""
    found: dict[str, Counter[UserStatus]] = defaultdict(Counter)
    for side in sides:
        for name, counts in side.items():
            found[name] |= counts
    return found


def _people_order(column: Mapping[str, Counter[UserStatus]], flow: _Flow) -> list[str]:
    """Put the worst first, and neighbours who share a group together."""
    groups: dict[str, list[str]] = defaultdict(list)
    for left, right, _ in flow.counts:
        groups[left].append(right)
    states = {name: min(counts, key=RANK.__getitem__) for name, counts in column.items()}
    return sorted(column, key=lambda name: (RANK[states[name]], sorted(groups[name])))


def _height(counts: Counter[UserStatus], scale: float, column: int) -> float:
    least = _LEAST if column else _LEAST * 0.6
    return max(least, counts.total() * scale)


def _slices(counts: Counter[UserStatus], y: float, height: float, scale: float) -> Iterable[Slice]:
    """Fill a block from its top; a block that is taller than its people need shows their shares."""
    unit = max(scale, height / counts.total())
    for state in UserStatus:
        if counts[state]:
            yield Slice(state=state, y=round(y, 2), height=round(counts[state] * unit, 2))
            y += counts[state] * unit


def _bands(  # noqa: PLR0913, PLR0917 - both ends of every band, and what to call them
    flow: _Flow,
    left: Mapping[str, Block],
    right: Mapping[str, Block],
    left_order: Sequence[str],
    right_order: Sequence[str],
    scale: float,
    labels: tuple[Mapping[str, tuple[str, str, str]], Mapping[str, tuple[str, str, str]]],
) -> Iterable[Band]:
    keys = sorted(flow.counts, key=lambda key: (RANK[key[2]], left_order.index(key[0]), right_order.index(key[1])))
    starts = _offsets(keys, flow, left, scale, side=0)
    ends = _offsets(sorted(keys, key=lambda key: (RANK[key[2]], left_order.index(key[0]))), flow, right, scale, side=1)
    for key in reversed(keys):
        source, target, state = key
        thick = flow.counts[key] * scale
        x0, x1 = left[source].x + left[source].width, right[target].x
        y0, y1 = starts[key], ends[key]
        middle = (x0 + x1) / 2
        path = (
            f"M{x0:g} {y0:.2f}C{middle:g} {y0:.2f} {middle:g} {y1:.2f} {x1:g} {y1:.2f}"
            f"V{y1 + thick:.2f}C{middle:g} {y1 + thick:.2f} {middle:g} {y0 + thick:.2f} {x0:g} {y0 + thick:.2f}Z"
        )
        count = "" if flow.counts[key] == 1 else f", {flow.counts[key]} users"
        label = f"{labels[0][source][0]} \u2013 {labels[1][target][0]}{count} {_WORDS[state]}"
        yield Band(path=path, state=state, label=label)


def _offsets(
    keys: Iterable[tuple[str, str, UserStatus]], flow: _Flow, blocks: Mapping[str, Block], scale: float, *, side: int
) -> dict[tuple[str, str, UserStatus], float]:
    """Say where each band meets its block: one below the other, all of them in the block's middle."""
    totals: Counter[str] = Counter()
    for key, count in flow.counts.items():
        totals[key[side]] += count
    at = {name: block.y + (block.height - totals[name] * scale) / 2 for name, block in blocks.items()}
    found = {}
    for key in keys:
        found[key] = at[key[side]]
        at[key[side]] += flow.counts[key] * scale
    return found


def _ways(taken: Sequence[tuple[Person, Mapping[tuple[str, str], None]]]) -> tuple[PathSummary, ...]:
    """Say the picture in words: every way in, whole, worst first."""
    members: dict[str, Counter[UserStatus]] = _names(
        (person, (holder for holder, _ in walked)) for person, walked in taken
    )
    policies: dict[str, dict[str, None]] = defaultdict(dict)
    for _, walked in taken:
        for holder, policy in walked:
            policies[holder][policy] = None
    return tuple(
        PathSummary(through=name, note=_note(counts), policies=tuple(sorted(policies[name])), states=counts)
        for name, counts in sorted(members.items(), key=_worst)
    )
