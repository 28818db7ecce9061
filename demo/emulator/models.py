"""Service models of botocore say what a request and an answer may hold, and we hold both to them.

botocore's own clients check types and required members only. The limits on length, range, pattern and
enumeration stand in the same models but are left to the service, so they are enforced here.
"""

import os
import re
import textwrap
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from typing import Any

import botocore.session
from botocore.model import ListShape, MapShape, ServiceModel, Shape, StringShape, StructureShape

_TYPES: Mapping[str, tuple[type, ...]] = {
    "structure": (dict,),
    "list": (list, tuple),
    "map": (dict,),
    "string": (str,),
    "character": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "long": (int,),
    "float": (int, float),
    "double": (int, float),
    "timestamp": (datetime, int, float, str),
    "blob": (bytes, str),
}
# The models' patterns are Java's; Python's `re` has no Unicode categories, so these are its nearest classes.
_CATEGORIES = {r"\p{L}": r"\w", r"\p{M}": r"\w", r"\p{N}": r"\d", r"\p{S}": r"\W", r"\p{P}": r"\W", r"\p{Z}": r"\s"}


@cache
def isolated_session() -> botocore.session.Session:
    """A session that looks at no profile, file or certificate bundle of the machine."""
    nothing = dict.fromkeys(("profile", "ca_bundle"), (None, None, None, None))
    files = dict.fromkeys(("config_file", "credentials_file"), (None, None, os.devnull, None))
    return botocore.session.Session(session_vars={**nothing, **files})


@cache
def service_model(service: str) -> ServiceModel:
    """The model of a service, read once in a process."""
    return isolated_session().get_service_model(service)


def allowed_values(service: str, shape_name: str) -> frozenset[str]:
    """The values of an enumeration."""
    shape = service_model(service).shape_for(shape_name)
    return frozenset(shape.enum) if isinstance(shape, StringShape) else frozenset()


@cache
def paged_results(service: str) -> Mapping[str, str]:
    """Which member of each operation's answer is paged, for operations that page one list by Marker."""
    loader = isolated_session().get_component("data_loader")
    pages = loader.load_service_model(service, "paginators-1")["pagination"]
    return {
        action: config["result_key"]
        for action, config in pages.items()
        if isinstance(config["result_key"], str) and config.get("input_token") == "Marker"
    }


@cache
def _pattern(text: str) -> re.Pattern[str] | None:
    for category, nearest in _CATEGORIES.items():
        text = text.replace(category, nearest)
    try:
        return re.compile(text, re.DOTALL)
    except re.error:
        return None


def violations(shape: Shape | None, value: object, at: str = "") -> Iterator[str]:
    """Every constraint of the shape that the value breaks, in the services' own wording."""
    if shape is None:
        return
    expected = _TYPES[shape.type_name]
    if not isinstance(value, expected) or (isinstance(value, bool) and bool not in expected):
        yield f"Value of type {type(value).__name__} at '{at}' is not of type {shape.type_name}"
        return
    yield from _limits(shape, value, at)
    if isinstance(shape, StructureShape) and isinstance(value, dict):
        yield from _members(shape, value, at)
    elif isinstance(shape, ListShape) and isinstance(value, list | tuple):
        for number, item in enumerate(value, 1):
            yield from violations(shape.member, item, f"{at}.{number}.member")
    elif isinstance(shape, MapShape) and isinstance(value, dict):
        for key, item in value.items():
            yield from violations(shape.key, key, f"{at}.key")
            yield from violations(shape.value, item, f"{at}.{key}")


def _members(shape: StructureShape, value: dict[str, Any], at: str) -> Iterator[str]:
    for name in shape.required_members:
        if name not in value:
            yield f"Value null at '{_join(at, name)}' failed to satisfy constraint: Member must not be null"
    for name, item in value.items():
        if name not in shape.members:
            yield f"Unknown member '{_join(at, name)}'"
        else:
            yield from violations(shape.members[name], item, _join(at, name))


def _limits(shape: Shape, value: Any, at: str) -> Iterator[str]:
    failed = f"Value '{_short(value)}' at '{at}' failed to satisfy constraint: Member must"
    limits = shape.metadata
    if shape.type_name != "timestamp":
        number = isinstance(value, int | float)
        noun, size = ("value", value) if number else ("length", len(value))
        if size < limits.get("min", size):
            yield f"{failed} have {noun} greater than or equal to {limits['min']}"
        if size > limits.get("max", size):
            yield f"{failed} have {noun} less than or equal to {limits['max']}"
    if isinstance(shape, StringShape) and shape.enum and value not in shape.enum:
        yield f"{failed} satisfy enum value set: [{', '.join(shape.enum)}]"
    pattern = _pattern(limits["pattern"]) if "pattern" in limits else None
    if pattern is not None and not pattern.fullmatch(value):
        yield f"{failed} satisfy regular expression pattern: {limits['pattern']}"


def _join(at: str, name: str) -> str:
    name = name[:1].lower() + name[1:]
    return f"{at}.{name}" if at else name


def _short(value: object) -> str:
    return textwrap.shorten(str(value), 60, placeholder="...")


def validation_message(found: list[str]) -> str:
    """The message of a validation error, as the services word it."""
    return f"{len(found)} validation error{'s' * (len(found) > 1)} detected: {'; '.join(found)}"
