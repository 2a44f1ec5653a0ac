"""Typed settings: frozen, written as YAML, changed by `key=value`."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from geotamper.errors import SpecificationError


class Settings(BaseModel):
    """Base of all configurations: immutable, unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    def to_yaml(self) -> str:
        """Every value, defaults included, in the order of declaration."""
        text: str = yaml.safe_dump(self.model_dump(mode="json"), sort_keys=False)
        return text

    @classmethod
    def from_yaml(cls, text: str) -> Self:
        """Read what `to_yaml` wrote; keys left out take their defaults.

        Raises:
            SpecificationError: The text is no YAML mapping, or a value does not fit.
        """
        try:
            values = yaml.safe_load(text)
        except yaml.YAMLError as error:
            raise SpecificationError(f"the configuration is no valid YAML: {error}") from error
        return cls.from_values(values)

    @classmethod
    def from_values(cls, values: Any) -> Self:  # noqa: ANN401 - whatever a file holds; checked here
        """Check values of unknown origin.

        Raises:
            SpecificationError: A value does not fit; the message names each key.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            problems = "; ".join(
                f"{'.'.join(str(part) for part in problem['loc']) or 'configuration'}: {problem['msg']}"
                for problem in error.errors()
            )
            raise SpecificationError(
                f"the settings do not fit {cls.__name__}: {problems}; "
                "correct these keys ('geotamper models NAME' prints all of them)"
            ) from error

    def with_settings(self, assignments: Iterable[str]) -> Self:
        """A copy with changes such as `towers.resolution=224`.

        Values are read as YAML, so `null`, numbers, true and false mean what they say. A new `kind` replaces the
        whole part by the defaults of that kind.

        Raises:
            SpecificationError: An assignment is not `key=value`, or names no setting, or its value does not fit.
        """
        values = self.model_dump()
        for assignment in assignments:
            key, sign, text = assignment.partition("=")
            if not sign or not key.strip():
                raise SpecificationError(
                    f"'{assignment}' is no setting; write key=value, such as dropout=0.2"
                )
            _assign(values, key.strip(), text)
            if key.strip().endswith("kind"):  # brings settings of its own, which the next assignment may name
                values = self.from_values(values).model_dump()
        return self.from_values(values)


def _assign(values: dict[str, Any], key: str, text: str) -> None:
    *path, last = key.split(".")
    part = values
    for name in path:
        inner = part.get(name)
        if not isinstance(inner, dict):
            raise _unknown(key, values)
        part = inner
    if last not in part:
        raise _unknown(key, values)
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise SpecificationError(f"the value of '{key}' cannot be read: {error}") from error
    if last == "kind" and value != part["kind"]:
        part.clear()
    part[last] = value


def _unknown(key: str, values: Mapping[str, Any]) -> SpecificationError:
    return SpecificationError(f"there is no setting '{key}'; choose one of {', '.join(_keys(values))}")


def _keys(values: Mapping[str, Any], prefix: str = "") -> Iterable[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _keys(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}"
