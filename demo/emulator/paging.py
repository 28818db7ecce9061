"""Lists come in pages, as short, empty or shuffled as a test wants them, and every page but the last says so."""

import base64
import binascii
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from .errors import AwsError, EmbeddedAwsError

PageSize = int | Callable[[str], Sequence[int]] | None
PageOrder = Literal["listed", "reversed", "shuffled"]
Item = TypeVar("Item")

DEFAULT_ITEMS = 100


@dataclass(slots=True, kw_only=True)
class Paging:
    """How lists are cut.

    Attributes:
        size: Most items in a page, below what the caller allows; or a function from the action's name to the
            sizes of its pages one after the other, from the start again when they are used up. A size of 0 is an
            empty page that is still followed by more. None leaves it to the caller's MaxItems.
        order: The order in which items come.
    """

    size: PageSize = None
    order: PageOrder = "listed"

    def ordered(self, action: str, items: Sequence[Item]) -> Sequence[Item]:
        """The items in the order asked for; the same one for each page of a listing."""
        if self.order == "reversed":
            return items[::-1]
        if self.order == "shuffled":
            mixed = list(items)
            random.Random(action).shuffle(mixed)
            return mixed
        return items

    def page(self, action: str, items: Sequence[Item], parameters: Any) -> tuple[Sequence[Item], str | None]:
        """One page of the items and the marker of the next one.

        Raises:
            AwsError: ValidationError for a marker that this operation did not give.
        """
        start, number = _position(action, parameters.get("Marker"))
        if start > len(items):
            raise AwsError("ValidationError", "Invalid Marker.")
        size = min(self._size(action, number), int(parameters.get("MaxItems", DEFAULT_ITEMS)))
        end = start + size
        chosen = self.ordered(action, items)[start:end]
        return chosen, _marker(action, end, number + 1) if end < len(items) else None

    def _size(self, action: str, number: int) -> int:
        if self.size is None:
            return 1000
        sizes = [self.size] if isinstance(self.size, int) else list(self.size(action)) or [1000]
        if max(sizes) < 1 or min(sizes) < 0:
            raise EmbeddedAwsError(f"page sizes {sizes} of {action} would never end")
        return sizes[number % len(sizes)]


def _marker(action: str, start: int, number: int) -> str:
    return base64.urlsafe_b64encode(f"{action} {start} {number}".encode()).decode()


def _position(action: str, marker: str | None) -> tuple[int, int]:
    if marker is None:
        return 0, 0
    try:
        name, start, number = base64.urlsafe_b64decode(marker.encode()).decode().split()
    except (binascii.Error, UnicodeDecodeError, ValueError):
        raise AwsError("ValidationError", "Invalid Marker.") from None
    if name != action:
        raise AwsError("ValidationError", "Invalid Marker.")
    return int(start), int(number)
