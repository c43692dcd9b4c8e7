"""What a request may say: only fields that exist, and of a choice only what is offered, with a hint at what was meant.

Serializers of requests begin here. What is ignored in silence is lost: `ammount` would store a sample without its
amount, `expires` make a token that never ends.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from rest_framework import serializers
from rest_framework.exceptions import ValidationError

_LONGEST_SHOWN = 60


def meant(name: str, known: Iterable[str]) -> str:
    """What an unknown name was probably meant to be, else all that there are; no sentence, to end one with.

    >>> meant("ammount", ["amount", "code"])
    'did you mean amount?'
    >>> meant("colour", ["amount", "code"])
    'there are amount, code.'
    """
    names = list(known)
    if not names:
        return "there are none here."
    near = get_close_matches(name, names, n=2, cutoff=0.7)
    return f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}."


class KnownFields:
    """Mixin of serializers: refuses what there is no field for. What can only be read may be sent, and does nothing."""

    def to_internal_value(self, data: Any) -> Any:
        """What the request says.

        Raises:
            ValidationError: It names a field that does not exist.
        """
        if isinstance(data, Mapping):
            fields: dict[str, Any] = self.fields  # type: ignore[attr-defined]
            writable = [name for name, field in fields.items() if not field.read_only]
            unknown = [str(name) for name in data if name not in fields]
            if unknown:
                raise ValidationError(
                    {name[:_LONGEST_SHOWN]: [f"There is no such field; {meant(name, writable)}"] for name in unknown}
                )
        return super().to_internal_value(data)  # type: ignore[misc]


class AskedSerializer(KnownFields, serializers.Serializer[Any]):
    """Base of what requests say that is no record."""


class OfferedField(serializers.ChoiceField):
    """A choice; what is not offered is answered with what is."""

    is_stored_as_shown = True

    def __init__(self, choices: Any, **kwargs: Any) -> None:
        super().__init__(choices, **kwargs)
        self.error_messages["required"] = f"Needed: one of {self._offered()}."

    def to_internal_value(self, data: Any) -> Any:
        """The value.

        Raises:
            ValidationError: It is not offered; the message says what is.
        """
        try:
            return super().to_internal_value(data)
        except ValidationError as error:
            hint = meant(str(data)[:_LONGEST_SHOWN], map(str, self.choices))
            raise ValidationError(f'"{str(data)[:_LONGEST_SHOWN]}" is not offered; {hint}') from error

    def _offered(self) -> str:
        return ", ".join(str(value) for value in self.choices if value != "")
