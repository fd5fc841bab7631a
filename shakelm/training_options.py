"""The options of a training, each described once, and how they become a configuration.

Ranges, defaults and help lines come from the fields of `shakelm.configuration`; this table adds what no field
has (`preset`, `layers`) and what teachers may choose in Discord. What derives from it:

- `shakelm train`: a command-line option for each entry of `TRAINING_OPTIONS` (`flag`, `annotation`, `help`).
- `/admin train`: a Discord option for each entry of `TEACHER_OPTIONS`, named `key`, with `annotation` or
  `choices`, `bounds` as minimum and maximum, and the catalog's text `command.admin.train.KEY` as its
  description.
- `TrainRequest`: a field for each entry of `TEACHER_OPTIONS`, with its range.
- The worker: `plan(**chosen)` makes the configuration, `command_line` the command that repeats the training.

To add an option, add a field to `shakelm.configuration`. To offer it in Discord too, add a line to
`_TEACHER_MAXIMA` and its text to the catalog.
"""

import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from pydantic import Field, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from shakelm.configuration import (
    MAX_LAYERS,
    Architecture,
    Configuration,
    ModelConfiguration,
    TrainingConfiguration,
    Width,
)
from shakelm.data.vocabulary_kinds import KINDS, VocabularyKind
from shakelm.errors import ShakelmError

PRESETS = Path(__file__).parent / "presets"
"""Small files of settings that go together, by name."""

DEFAULT_ARCHITECTURE: Architecture = "stacked-lstm"
DEFAULT_VOCABULARY: VocabularyKind = "word"

NOTEBOOK_UNITS: dict[Architecture, tuple[int, ...]] = {
    "simple-rnn": (150,),
    "lstm": (150,),
    "stacked-lstm": (150, 100),
}
"""The widths of the course notebook's recurrent layers: the default of `units`."""


@dataclass(frozen=True)
class Bounds:
    """A range of numbers. An end that is excluded is not part of it."""

    minimum: float
    maximum: float
    excludes_minimum: bool = False
    excludes_maximum: bool = False

    def __str__(self) -> str:
        start = f"above {self.minimum:.10g}" if self.excludes_minimum else f"{self.minimum:.10g}"
        return f"{start} to {'below ' if self.excludes_maximum else ''}{self.maximum:.10g}"

    def constraint(self) -> FieldInfo:
        """The range as metadata of a pydantic annotation."""
        low, high = self.minimum, self.maximum
        found: FieldInfo = Field(
            gt=low if self.excludes_minimum else None,
            ge=None if self.excludes_minimum else low,
            lt=high if self.excludes_maximum else None,
            le=None if self.excludes_maximum else high,
        )
        return found


@dataclass(frozen=True)
class TrainingOption:
    """One option of a training.

    Attributes:
        name: the argument of `plan`.
        key: what people type and files hold, with underscores.
        annotation: its type: str, int, float, bool, a `Literal`, or `tuple[int, ...]` for several widths.
        description: what it does, without range, default or period.
        default: None if the default depends on other options.
        choices: all values, if it is not a number or a yes or no.
        bounds: its range, if it is a number; of each width for `units`.
    """

    name: str
    key: str
    annotation: Any
    description: str
    default: str | float | None = None
    choices: tuple[str, ...] = ()
    bounds: Bounds | None = None

    @property
    def flag(self) -> str:
        """The command-line option, as in `--learning-rate`."""
        return f"--{self.key.replace('_', '-')}"

    @property
    def negative_flag(self) -> str:
        """The command-line option that says no, as in `--no-carry`; only for a yes or no."""
        return f"--no-{self.key.replace('_', '-')}"

    @property
    def help(self) -> str:
        """The help line of the command line: description, range and default."""
        facts = [str(self.bounds)] if self.bounds else []
        match self.default:
            case bool(on):
                facts.append(f"default {self.flag if on else self.negative_flag}")
            case int() | float() as number:
                facts.append(f"default {number:g}")
            case str(word):
                facts.append(f"default {word}")
        return f"{self.description} ({', '.join(facts)})." if facts else f"{self.description}."

    def arguments(self, value: Any) -> list[str]:
        """The command-line arguments that choose a value."""
        if isinstance(value, bool):
            return [self.flag if value else self.negative_flag]
        if isinstance(value, Sequence) and not isinstance(value, str):
            value = ",".join(map(str, value))
        return [self.flag, str(value)]


def _from_field(name: str, field: FieldInfo) -> TrainingOption:
    """The option of a configuration's field; one that may be None is described without None."""
    annotation = field.annotation
    if get_origin(annotation) is types.UnionType:
        (annotation,) = (part for part in get_args(annotation) if part is not types.NoneType)
    return TrainingOption(
        name=name,
        key=field.alias or name,
        annotation=annotation,
        description=field.description or "",
        default=None if field.is_required() else field.default,
        choices=get_args(annotation) if get_origin(annotation) is Literal else (),
        bounds=_bounds(field),
    )


def _bounds(field: FieldInfo) -> Bounds | None:
    ends = {
        end: getattr(constraint, end)
        for constraint in field.metadata
        for end in ("ge", "gt", "le", "lt")
        if hasattr(constraint, end)
    }
    if not ends:
        return None
    return Bounds(
        ends["gt" if "gt" in ends else "ge"],
        ends["lt" if "lt" in ends else "le"],
        excludes_minimum="gt" in ends,
        excludes_maximum="lt" in ends,
    )


def presets() -> list[str]:
    """The names of all presets."""
    return sorted(path.stem for path in PRESETS.glob("*.toml"))


def _options() -> dict[str, TrainingOption]:
    names = tuple(presets())
    preset = TrainingOption(
        "preset",
        "preset",
        str,
        f"Settings that go together: {', '.join(names)}. Other options override them",
        choices=names,
    )
    layers = TrainingOption(
        "layers", "layers", int, "Number of recurrent layers", bounds=Bounds(1, MAX_LAYERS)
    )
    fields = ModelConfiguration.model_fields | TrainingConfiguration.model_fields
    options = {name: _from_field(name, field) for name, field in fields.items()}
    first = {
        "preset": preset,
        "architecture": replace(options["architecture"], default=DEFAULT_ARCHITECTURE),
        "vocabulary": replace(options["vocabulary"], default=DEFAULT_VOCABULARY),
        "units": replace(options["units"], bounds=_bounds(get_args(Width)[1])),
        "layers": layers,
    }
    return first | {name: option for name, option in options.items() if name not in first}


TRAINING_OPTIONS = _options()
"""All options of `shakelm train` that choose settings, by name, in the order of its help."""

_TEACHER_MAXIMA: dict[str, float | None] = {
    "architecture": None,
    "vocabulary": None,
    "pieces": None,
    "preset": None,
    "base": None,
    "epochs": 200,
    "units": 2048,
    "layers": 4,
    "dropout": 0.9,
    "learning_rate": None,
    "random_seed": None,
}
"""What `/admin train` offers, in its order, each with its largest value; None for the option's own."""


def _for_teachers(option: TrainingOption, maximum: float | None) -> TrainingOption:
    bounds = option.bounds
    if bounds is not None and maximum is not None:
        bounds = replace(bounds, maximum=maximum, excludes_maximum=False)
    # Teachers choose one width for all layers.
    return replace(option, bounds=bounds, annotation=int if option.name == "units" else option.annotation)


TEACHER_OPTIONS = {
    name: _for_teachers(TRAINING_OPTIONS[name], maximum) for name, maximum in _TEACHER_MAXIMA.items()
}
"""The options of `/admin train`, by name, in its order, with their narrower ranges."""


def by_name(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings by the names of their options, from settings by names or keys."""
    names = {option.key: name for name, option in TRAINING_OPTIONS.items()}
    return {names.get(key, key): value for key, value in settings.items()}


def read_preset(name: str) -> dict[str, Any]:
    """The arguments of `plan` that a preset's file holds.

    Raises:
        ShakelmError: there is no preset of that name.
    """
    if name not in presets():
        raise ShakelmError(f"There is no preset {name[:80]!r}: choose one of {', '.join(presets())}.")
    import tomllib  # here, because a command without a preset need not wait for it

    return by_name(tomllib.loads((PRESETS / f"{name}.toml").read_text(encoding="utf-8")))


def plan(
    architecture: Architecture | None = None,
    vocabulary: VocabularyKind | None = None,
    *,
    preset: str | None = None,
    network: ModelConfiguration | None = None,
    **settings: Any,
) -> Configuration:
    """A whole configuration from what was chosen.

    For a setting that is None or left out, the preset decides, or else its default.

    Args:
        architecture: the name of an architecture.
        vocabulary: the kind of vocabulary.
        preset: the name of a preset, which the other arguments override.
        network: of the version that the training goes on from (`base`), which decides about all sizes.
        settings: any other entry of `TRAINING_OPTIONS`, by name. `units` is one width, or a sequence of
            one width for all recurrent layers or one for each.

    Raises:
        ShakelmError: there is no such preset, a value is out of its range, widths and layers do not fit each
            other, `pieces` are given for a vocabulary whose size the text decides, or a size is given besides
            `network`.
    """
    chosen = {"architecture": architecture, "vocabulary": vocabulary} | settings
    given: dict[str, Any] = {"architecture": DEFAULT_ARCHITECTURE, "vocabulary": DEFAULT_VOCABULARY}
    given |= read_preset(preset) if preset is not None else {}
    given |= {name: value for name, value in chosen.items() if value is not None}
    if network is not None:
        _check_sizes(chosen)
        given |= network.model_dump(
            include={"architecture", "vocabulary", "units", "embedding", "pieces"}, exclude_none=True
        )
        given.pop("layers", None)
    given["units"] = _widths(given["architecture"], given.get("units"), given.pop("layers", None))
    kind = KINDS[given["vocabulary"]]
    given.setdefault("sequence_length", kind.default_sequence_length)
    if kind.default_pieces is not None:
        given.setdefault("pieces", kind.default_pieces)
    elif "pieces" in given:
        raise ShakelmError(
            f"The text decides the size of a vocabulary of {kind.units}: leave out --pieces, or choose "
            "--vocabulary subword.",
            key="refusal.pieces",
            units=kind.units,
        )
    model = {name: given.pop(name) for name in list(given) if name in ModelConfiguration.model_fields}
    # By their keys, which people know, and which pydantic then names in its errors.
    training = {
        TRAINING_OPTIONS[name].key if name in TRAINING_OPTIONS else name: value
        for name, value in given.items()
    }
    try:
        return Configuration.model_validate({"model": model, "training": training})
    except ValidationError as error:
        problem = error.errors()[0]
        place = " ".join(str(part) for part in problem["loc"][1:] if isinstance(part, str)).replace("_", " ")
        raise ShakelmError(f"The {place} cannot be {_shown(problem['input'])}: {_limit(problem)}.") from error


_SIZES = ("architecture", "vocabulary", "pieces", "units", "embedding")
"""What a training that goes on from a version takes from its network."""


def _check_sizes(chosen: Mapping[str, Any]) -> None:
    """Check that nothing was chosen that a network has already.

    Raises:
        ShakelmError: names the first option that was.
    """
    for name in ("layers", *_SIZES):
        if chosen.get(name) is not None:
            option = TRAINING_OPTIONS[name]
            raise ShakelmError(
                f"With --from, the network is that of the version: leave out {option.flag}.",
                key="refusal.network_given",
                option=option.key,
            )


def _shown(value: object) -> str:
    """A value as somebody types it."""
    if isinstance(value, list | tuple):
        return ",".join(map(str, value)) or "empty"
    return str(value)


def _limit(problem: ErrorDetails) -> str:
    """What a value has to be, from pydantic's error."""
    limits = problem.get("ctx", {})
    match problem["type"]:
        case "greater_than_equal":
            return f"give {limits['ge']:g} or more"
        case "greater_than":
            return f"give more than {limits['gt']:g}"
        case "less_than_equal":
            return f"give {limits['le']:g} or less"
        case "less_than":
            return f"give less than {limits['lt']:g}"
        case "too_short":
            return f"give {limits['min_length']} or more"
        case "too_long":
            return f"give {limits['max_length']} or fewer"
        case "finite_number" | "float_parsing" | "int_parsing" | "int_from_float":
            return "give a number"
        case _:
            return problem["msg"].lower()


def _widths(
    architecture: Architecture, units: int | Sequence[int] | None, layers: int | None
) -> Sequence[int]:
    """One width for each recurrent layer.

    Raises:
        ShakelmError: the number of widths is neither 1 nor `layers`.
    """
    widths = (units,) if isinstance(units, int) else units or NOTEBOOK_UNITS[architecture]
    if layers is None or len(widths) == layers:
        return widths
    if units is not None and len(widths) > 1:
        raise ShakelmError(
            f"{len(widths)} widths do not fit {layers} layers: give one width for all, or one for each."
        )
    return [widths[0]] * layers


def command_line(name: str, corpus: str, chosen: Mapping[str, Any]) -> list[str]:
    """The command that repeats a training, as arguments for `shlex.join`.

    Args:
        name: what the model is called.
        corpus: a known corpus or a file.
        chosen: arguments of `plan` by name; what is None is left out.
    """
    arguments = [
        argument
        for option_name, option in TRAINING_OPTIONS.items()
        if chosen.get(option_name) is not None
        for argument in option.arguments(chosen[option_name])
    ]
    return ["shakelm", "train", name, *arguments, "--corpus", corpus]
