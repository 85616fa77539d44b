"""What counts as JSON. Come here to change which request bodies are refused as malformed.

RFC 8259 leaves open what a parser does with duplicate names, huge numbers and lone surrogates, and
`json.loads` takes them all. Two programs that read one body differently is how a check is walked
around, so Muster takes I-JSON (RFC 7493) only.
"""

import json
from math import isfinite
from typing import Any

MAX_DEPTH = 32
_MAX_INT_DIGITS = 19
_INT64 = range(-(2**63), 2**63)


class MalformedJson(ValueError):
    """The bytes are not one I-JSON text. `str()` gives the reason, safe to show to the client."""


def loads(raw: bytes) -> Any:
    """Parse UTF-8 `raw` (RFC 7493 I-JSON, at most 32 levels deep, integers of 64 bits).

    Raises `MalformedJson`, and nothing else, for everything else.
    """
    try:
        parsed = json.loads(
            raw.decode("utf-8"),
            object_pairs_hook=_object,
            parse_constant=_no_constant,
            parse_int=_int64,
            parse_float=_finite,
        )
        _check(parsed, depth=0)
    except UnicodeDecodeError as error:
        raise MalformedJson("The body is not UTF-8.") from error
    except UnicodeEncodeError as error:
        raise MalformedJson("A string holds half of a surrogate pair.") from error
    except RecursionError as error:
        raise MalformedJson(f"The body is nested deeper than {MAX_DEPTH} levels.") from error
    except json.JSONDecodeError as error:
        reason = f"The body is not JSON: {error.msg} at character {error.pos}."
        raise MalformedJson(reason) from error
    return parsed


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    parsed = dict(pairs)
    if len(parsed) != len(pairs):
        raise MalformedJson("A name stands twice in one object.")
    return parsed


def _no_constant(name: str) -> float:
    raise MalformedJson(f"{name} is not a JSON number.")


def _int64(digits: str) -> int:
    # Length first: int() of many digits costs quadratic time, and raises above 4,300.
    if len(digits.lstrip("-")) > _MAX_INT_DIGITS or int(digits) not in _INT64:
        raise MalformedJson("An integer is larger than 64 bits.")
    return int(digits)


def _finite(digits: str) -> float:
    number = float(digits)
    if not isfinite(number):
        raise MalformedJson("A number is larger than a double can hold.")
    return number


def _check(value: Any, depth: int) -> None:
    """Depth, and lone surrogates (encoding them raises)."""
    if isinstance(value, str):
        value.encode("utf-8")
    elif isinstance(value, (dict, list)):
        if depth == MAX_DEPTH:
            raise MalformedJson(f"The body is nested deeper than {MAX_DEPTH} levels.")
        for child in value:
            _check(child, depth + 1)
        if isinstance(value, dict):
            for child in value.values():
                _check(child, depth + 1)
