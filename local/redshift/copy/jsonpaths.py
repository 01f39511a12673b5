"""Which value of a document goes to which column: by key ('auto') or by a jsonpaths file.

Source: copy-parameters-data-format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local.redshift.copy.failures import BAD_LINE, SourceError, ValueFaultError

_BRACKETS = re.compile(r"\[(?:'([^']*)'|\"([^\"]*)\"|(\d+))\]")
_DOTS = re.compile(r"\.([^.\[\]]+)|\[(\d+)\]")
_STRINGS = re.compile("'[^']*'|\"[^\"]*\"")
_NOT_AN_OBJECT = "Invalid JSONPath format: Member is not an object."
_NO_ELEMENT = "Invalid JSONPath format: Not an array or index out of range."


@dataclass(frozen=True)
class Getter:
    """What fetches a column's value from a document.

    :param get: returns None for a missing member; raises ValueFaultError for a missing array element.
    :param member: the member that it fetches, where that is all it does.
    """

    get: Callable[[Any], Any]
    member: str | None = None


def read_paths(body: bytes, url: str) -> list[str] | None:
    """Return the expressions of a jsonpaths file, None if its key is another one and 'auto' applies.

    Raises SourceError if it is not one JSON object with a list of non-empty strings.
    """
    context = f"jsonpaths file : {url}"
    try:
        content = json.loads(body)
    except ValueError as error:
        raise SourceError(f"stand-in: the jsonpaths file is not JSON: {error}", context=context) from error
    if not isinstance(content, dict):
        raise SourceError("stand-in: the jsonpaths file is not a JSON object", context=context)
    paths = content.get("jsonpaths")
    if "jsonpaths" not in content:
        return None
    if not isinstance(paths, list) or not all(isinstance(path, str) and path for path in paths):
        raise SourceError("stand-in: jsonpaths is not a list of non-empty strings", context=context)
    return paths


def path_getters(paths: list[str], url: str) -> list[Getter]:
    """Return what fetches each jsonpath's value from a document.

    Raises SourceError for an expression that cannot be read, and for a file that mixes bracketed with dotted ones.
    """
    getters = [path_getter(path, url) for path in paths]
    if any("['" in path or '["' in path for path in paths) and any("." in _STRINGS.sub("", path) for path in paths):
        raise SourceError("stand-in: bracketed and dotted jsonpaths in one file", context=f"jsonpaths file : {url}")
    return getters


def path_getter(path: str, url: str) -> Getter:
    """Return what fetches a jsonpath's value from a document; SourceError if the expression cannot be read."""
    steps = _steps(path)
    if steps is None:
        raise SourceError(f"stand-in: the jsonpath {path} cannot be read", context=f"jsonpaths file : {url}")
    if len(steps) == 1 and isinstance(steps[0], str):
        return _member_getter(steps[0])

    def get(document: Any) -> Any:
        value = document
        for step in steps:
            if isinstance(step, int):
                if not isinstance(value, list) or step >= len(value):
                    raise ValueFaultError(BAD_LINE, _NO_ELEMENT)
                value = value[step]
            elif value is None:
                return None
            elif isinstance(value, dict):
                value = value.get(step)
            else:
                raise ValueFaultError(BAD_LINE, _NOT_AN_OBJECT)
        return value

    return Getter(get)


def _member_getter(name: str) -> Getter:
    def get(document: Any) -> Any:
        try:
            return document.get(name)
        except AttributeError as error:
            raise ValueFaultError(BAD_LINE, _NOT_AN_OBJECT) from error

    return Getter(get, name)


def _steps(path: str) -> list[str | int] | None:
    """Return a path's members and indexes; None if it is neither in bracket nor in dot form."""
    if not path.startswith("$") or len(path) == 1:
        return None
    for pattern in (_BRACKETS, _DOTS):
        steps: list[str | int] = []
        place = 1
        while match := pattern.match(path, place):
            *names, index = match.groups()
            name = next((found for found in names if found is not None), None)
            steps.append(int(index) if name is None else name)
            place = match.end()
        if place == len(path):
            return steps
    return None


def key_getters(columns: list[str], *, ignore_case: bool) -> list[Getter]:
    """Return what fetches each column's value by its name, for 'auto' and 'auto ignorecase'."""
    if not ignore_case:
        return [_member_getter(name) for name in columns]
    return [_folded_getter(name) for name in columns]


def _folded_getter(name: str) -> Getter:
    def get(document: Any) -> Any:
        if not isinstance(document, dict):
            raise ValueFaultError(BAD_LINE, _NOT_AN_OBJECT)
        if name in document:
            return document[name]
        return next((value for key, value in document.items() if key.lower() == name), None)

    return Getter(get)
