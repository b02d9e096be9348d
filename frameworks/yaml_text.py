"""YAML as editors write it: read with the line of every mistake, and written so that people like to read it.

Every plain scalar arrives as it was typed, so that `23:34` is a timestamp, `NO` a country and `012` a number with its
nought; the document then makes dates and numbers of what should be some. Knows nothing of Django or the database.
"""

import difflib
import json
import re
import textwrap
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import PydanticCustomError
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from .document import Change, FrameworkDocument, FrameworkFile, Part, Source, dotted
from .prose import clean

type Path = tuple[str | int, ...]
type Value = str | list[Value] | dict[str, Value]

MAX_BYTES = 5_000_000
_MAX_DEPTH = 20
# What YAML calls a line break and what our texts refuse would make line numbers and texts differ from what one sees.
_UNREADABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff]")


@dataclass(frozen=True)
class Refusal:
    """One thing in a file that has to be mended."""

    file: str
    line: int
    #: The place in the document, `steps[1].title`; empty for the file as a whole.
    path: str
    message: str

    def __str__(self):
        return f"{self.file}:{self.line}: {f'{self.path} ' if self.path else ''}{self.message}"


class Refused(Exception):
    """The file is refused whole. `refusals` says why, in the order of its lines."""

    def __init__(self, refusals: Iterable[Refusal]):
        self.refusals = sorted(refusals, key=lambda refusal: refusal.line)
        super().__init__("\n".join(map(str, self.refusals)))


class YamlText:
    """The data of one file, and the line of each part of it."""

    def __init__(self, content: bytes, name: str):
        """Read the file's bytes. Raises Refused where they are no YAML, or YAML of a kind that we do not read."""
        self.name = name
        self._lines: dict[Path, int] = {}
        self.data = self._read(content)

    def read[M: BaseModel](self, model: type[M]) -> M:
        """The data as this model. Raises Refused, naming each mistake with its line."""
        return self._validate(model, self.data)

    def read_framework(self, bibliography: Mapping[str, Source]) -> FrameworkFile:
        """The data as a framework, with the records from the bibliography that the file cites and does not bring."""
        return self._validate(FrameworkFile, _with_sources(self.data, bibliography))

    def refusal(self, path: Path | str, message: str) -> Refusal:
        """A refusal of what stands at this path, or of the nearest that the file has around it."""
        if isinstance(path, str):
            path = tuple(int(n) if n else name for n, name in re.findall(r"\[(\d+)\]|([^.\[\]]+)", path))
        shown, line_of = dotted(path), path
        while line_of and line_of not in self._lines:
            line_of = line_of[:-1]
        return Refusal(self.name, self._lines.get(line_of, 1), shown, message)

    # From bytes to data

    def _read(self, content: bytes) -> Value:
        text = self._decode(content)
        events = iter(YAML(typ="safe", pure=True).parse(text))
        try:
            root = None
            for event in events:
                if isinstance(event, DocumentStartEvent):
                    if root is not None:
                        raise self._refused(
                            event, "begins a second document; put each framework in a file of its own"
                        )
                    root = self._value(next(events), events, ())
        except Refused:
            raise
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            what = " ".join(filter(None, [error.context, error.problem]))
            raise Refused(
                [Refusal(self.name, line, "", f"cannot be read as YAML: {what}; {_advice(what)}")]
            ) from None
        except Exception as error:  # on a few malformed inputs ruamel.yaml trips over its own feet
            problem = f"cannot be read as YAML: {type(error).__name__}; look for stray signs and escapes"
            raise Refused([Refusal(self.name, 1, "", problem)]) from None
        if root is None or root == "":
            raise Refused([Refusal(self.name, 1, "", "is empty; write its content, or delete the file")])
        return root

    def _decode(self, content: bytes) -> str:
        if len(content) > MAX_BYTES:
            problem = f"is {len(content):,} bytes long; {MAX_BYTES:,} are the most"
            raise Refused([Refusal(self.name, 1, "", problem)])
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line = content.count(b"\n", 0, error.start) + 1
            problem = f"is not UTF-8 at byte {error.start + 1}; save the file with the encoding UTF-8"
            raise Refused([Refusal(self.name, line, "", problem)]) from None
        if found := _UNREADABLE.search(text):
            line = len(re.findall(r"\r\n|\r|\n", text[: found.start()])) + 1
            problem = f"holds the unseen character U+{ord(found[0]):04X}; delete it"
            raise Refused([Refusal(self.name, line, "", problem)])
        return text

    def _value(self, event: Event, events: Iterator[Event], path: Path) -> Value:
        """The value that begins with this event. `setdefault`: the line of a key is that of its value."""
        self._lines.setdefault(path, _line(event))
        if isinstance(event, AliasEvent) or event.anchor:
            raise self._refused(
                event, "uses an anchor (&) or an alias (*); write the value out, or quote it", path
            )
        if event.tag:
            raise self._refused(
                event, f"has the tag {event.tag}; leave it out, or put the text in quotes", path
            )
        if len(path) > _MAX_DEPTH:
            raise self._refused(event, "is nested too deeply; nothing here has so many levels")
        if isinstance(event, ScalarEvent):
            return self._scalar(event, path)
        if isinstance(event, SequenceStartEvent):
            return self._list(events, path)
        return self._mapping(events, path)

    def _scalar(self, event: ScalarEvent, path: Path) -> str:
        try:
            clean(event.value)  # escapes such as "\0" come in unseen
        except PydanticCustomError as error:
            raise self._refused(event, error.message(), path) from None
        return event.value

    def _list(self, events: Iterator[Event], path: Path) -> list[Value]:
        items = []
        while not isinstance(event := next(events), SequenceEndEvent):
            items.append(self._value(event, events, (*path, len(items))))
        return items

    def _mapping(self, events: Iterator[Event], path: Path) -> dict[str, Value]:
        fields = {}
        while not isinstance(event := next(events), MappingEndEvent):
            if not isinstance(event, ScalarEvent):
                raise self._refused(
                    event, "has a list or a mapping for the name of a field; write a text", path
                )
            key = self._value(event, events, (*path, "?"))
            del self._lines[*path, "?"]
            here = (*path, key)
            if key in fields:
                first = self._lines[here]
                raise self._refused(
                    event, f"stands here a second time, after line {first}; keep one of the two", here
                )
            self._lines[here] = _line(event)
            fields[key] = self._value(next(events), events, here)
        return fields

    def _refused(self, event: Event, message: str, path: Path = ()) -> Refused:
        return Refused([Refusal(self.name, _line(event), dotted(path), message)])

    # From data to a model

    def _validate[M: BaseModel](self, model: type[M], data: Value) -> M:
        if not isinstance(data, dict):
            found = "a list" if isinstance(data, list) else "a text"
            first = next(iter(model.model_fields))
            raise Refused(
                [Refusal(self.name, 1, "", f"is {found} where fields are expected; begin with “{first}:”")]
            )
        try:
            return model.model_validate(data)
        except ValidationError as error:
            raise Refused(
                self.refusal(each["loc"], _message(each, model)) for each in error.errors(include_url=False)
            ) from None


def _line(event: Event) -> int:
    return event.start_mark.line + 1


def _advice(problem: str) -> str:
    if "\\t" in problem:
        return "indent with spaces"
    return "look at the indentation, and quote a text that holds “: ” or “ #” or begins with a sign"


def _with_sources(data: Value, bibliography: Mapping[str, Source]) -> Value:
    """The data with the records that it needs and does not bring. What is malformed is left for validation to name."""
    brought = data.get("sources", []) if isinstance(data, dict) else None
    if not isinstance(brought, list):
        return data
    own = {source["key"] for source in _mappings(brought) if isinstance(source.get("key"), str)}
    added: dict[str, Source] = {}
    ahead = [
        *_cited_keys(data),
        *(key for source in _mappings(brought) for key in _texts(source.get("draws_on"))),
    ]
    while ahead:
        key = ahead.pop()
        if key in bibliography and key not in own and key not in added:
            added[key] = bibliography[key]
            ahead += bibliography[key].draws_on
    return {**data, "sources": [*brought, *added.values()]}


def _cited_keys(data: dict) -> Iterator[str]:
    for holder in (data, *_mappings(data.get("claims"))):
        for citation in _mappings(holder.get("citations")):
            yield from _texts([citation.get("source")])


def _mappings(value: Value | None) -> Iterator[dict]:
    return (item for item in (value if isinstance(value, list) else ()) if isinstance(item, dict))


def _texts(value: Value | None) -> Iterator[str]:
    return (item for item in (value if isinstance(value, list) else ()) if isinstance(item, str))


# What pydantic finds, in our words


def _message(error: dict, model: type[BaseModel]) -> str:
    """What is wrong and what to do, to be read after the path."""
    path, kind, context, found = error["loc"], error["type"], error.get("ctx", {}), error["input"]
    around = _model_at(model, path[:-1])
    match kind:
        case "extra_forbidden":
            return f"is not a field here; {_suggestion(str(path[-1]), around.model_fields)}"
        case "missing":
            return f"is missing; every {_called(around)} needs {_with_article(str(path[-1]))}"
        case "empty":
            return f"is empty; every {_called(around)} needs {_with_article(str(path[-1]))}"
        case "enum":
            words = re.findall(r"'([^']*)'", context["expected"])
            return f"is “{found}”, which is none of its words; {_suggestion(str(found), words)}"
        case "string_too_long":
            return f"is {len(found)} characters long; {context['max_length']} are the most"
        case "too_long" if isinstance(found, str):
            return f"is {len(found)} characters long; {context['max_length']} are the most"
        case "too_long":
            return f"has {len(found)} entries; {context['max_length']} are the most"
        case "bool_parsing" | "bool_type":
            return "is neither true nor false; write one of the two"
        case "int_parsing" | "int_type" | "int_parsing_size" | "greater_than_equal" | "less_than_equal":
            return f"is “{_shortened(found)}”; write a whole number{_range_at(around, path[-1])}"
        case "string_type":
            return f"is {_kind(found)} where a text is expected; write the text, in quotes if it holds “: ” or brackets"
        case "tuple_type" | "list_type" if found == "":
            return "is empty; leave it out, or write each entry under it after “- ”"
        case "tuple_type" | "list_type":
            return f"is {_kind(found)} where a list is expected; write each entry under it after “- ”"
        case "model_type" | "model_attributes_type" | "dict_type" if found == "":
            return "is empty; leave it out, or write its fields under it"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"is {_kind(found)} where fields are expected; write them under it as “name: text”"
    if kind.startswith("date"):
        return f"is “{_shortened(found)}”, which is not a day; write it as 2026-08-01"
    return error["msg"]


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel]:
    for name in path:
        if isinstance(name, str) and name in model.model_fields:
            model = next(_models_in(model.model_fields[name].annotation), model)
    return model


def _models_in(annotation) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _range_at(model: type[BaseModel], name: str | int) -> str:
    limits = {}
    for rule in model.model_fields[name].metadata if name in model.model_fields else ():
        limits |= {limit: getattr(rule, limit) for limit in ("ge", "le") if hasattr(rule, limit)}
    return f" from {limits['ge']} to {limits['le']}" if len(limits) == 2 else ""


def _suggestion(word: str, known: Iterable[str]) -> str:
    lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower(), lower, n=1)
    return f"did you mean “{lower[near[0]]}”?" if near else f"write one of: {', '.join(lower.values())}"


def _called(model: type[BaseModel]) -> str:
    """What the part is called in a sentence: `SafetyWarning` is a safety warning."""
    name = re.sub(r"(Document|Record)$", "", model.__name__)
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).lower()


def _with_article(field: str) -> str:
    if "_" in field or field.endswith("s"):
        return field
    return f"{'an' if field[0] in 'aeiou' else 'a'} {field}"


def _kind(value: object) -> str:
    return "a list" if isinstance(value, list) else "a mapping" if isinstance(value, dict) else "a text"


def _shortened(value: object) -> str:
    return textwrap.shorten(str(value), 60, placeholder="…")


# From a document to text

_WIDTH = 100
# Written in one line where there is room: lists of keys, and the names of authors.
_IN_ONE_LINE = {"about", "author", "draws_on"}
# What other readers of YAML take for something else than a text.
_OTHER_THINGS = re.compile(r"(?i)(y|n|yes|no|on|off|true|false|null|nan|inf)")
_PLAIN = re.compile(r"[^\W\d_]([^\n:#]|:(?=\S)|(?<=\S)#)*|[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Inside brackets these end a text.
_ENDS_IN_BRACKETS = re.compile(r"[,:\[\]{}]")


def as_yaml(
    document: FrameworkDocument,
    *,
    change: Change | None = None,
    heading: Iterable[str] = (),
    with_sources: bool = True,
) -> str:
    """The framework's file, with `heading` as comments on top. What is left out of a document is left out here.

    With its sources the file stands on its own; without, it is for a folder whose `sources.yaml` has them.
    """
    fields = document.model_dump(
        mode="json", exclude_defaults=True, exclude=None if with_sources else {"sources"}
    )
    if change is not None:
        fields["change"] = change.model_dump(mode="json", exclude_defaults=True)
    return dump(fields, heading=heading)


def records_as_yaml(name: str, records: Iterable[Part], *, heading: Iterable[str] = ()) -> str:
    """A file that holds one list of records, under this name."""
    return dump(
        {name: [record.model_dump(mode="json", exclude_defaults=True) for record in records]}, heading=heading
    )


def dump(fields: Mapping[str, object], *, heading: Iterable[str] = ()) -> str:
    """A mapping of texts, numbers, lists and mappings as YAML: long texts as blocks, the rest as short as it goes."""
    comments = [
        f"# {line}".rstrip() for text in heading for line in _UNREADABLE.sub(" ", text).splitlines() or [""]
    ]
    body = list(_field_lines(fields, top=True))
    return "\n".join([*comments, *([""] if comments else []), *body]).rstrip() + "\n"


def _field_lines(fields: Mapping[str, object], *, top: bool = False) -> Iterator[str]:
    for n, (name, value) in enumerate(fields.items()):
        if top and n and isinstance(value, list | dict):
            yield ""
        inline = (
            _inline(value)
            if name in _IN_ONE_LINE or not isinstance(value, list | dict) or not value
            else None
        )
        if inline is not None and len(name) + len(inline) <= _WIDTH:
            yield f"{name}: {inline}"
        elif isinstance(value, str):
            style, lines = _block(value)
            yield f"{name}: {style}"
            yield from _indented(lines)
        elif isinstance(value, dict):
            yield f"{name}:"
            yield from _indented(_field_lines(value))
        else:
            yield f"{name}:"
            yield from _indented(line for item in value for line in _item_lines(name, item))


def _item_lines(name: str, item: object) -> Iterator[str]:
    inline = _inline(item) if name in _IN_ONE_LINE or not isinstance(item, dict) else None
    lines = _field_lines(item) if inline is None else [inline]
    for n, line in enumerate(lines):
        yield ("- " if n == 0 else "  ") + line if line else line


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"  {line}" if line else line for line in lines)


def _inline(value: object, *, bracketed: bool = False) -> str | None:
    """The value in one line, or None where it has more than one."""
    if isinstance(value, list):
        return f"[{', '.join(_inline(item, bracketed=True) for item in value)}]"
    if isinstance(value, dict):
        return f"{{{', '.join(f'{name}: {_inline(item, bracketed=True)}' for name, item in value.items())}}}"
    if isinstance(value, str):
        if "\n" in value:
            return None
        plain = _PLAIN.fullmatch(value) and not _OTHER_THINGS.fullmatch(value)
        if plain and not (bracketed and _ENDS_IN_BRACKETS.search(value)):
            return value
        return json.dumps(value, ensure_ascii=False)
    return json.dumps(value)


def _block(text: str) -> tuple[str, Iterable[str]]:
    """A long text as a block: line by line as it is, or one long line folded at its spaces."""
    if "\n" in text:
        return "|-", text.split("\n")
    # Only single spaces: a folded block keeps no others. A line longer than the width stays whole.
    lines, line = [], ""
    for word in re.split(r"(?<! ) (?! )", text):
        if line and len(line) + len(word) >= _WIDTH:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return ">-", [*lines, line]
