"""The plain text of a framework's page, as a browser copies it, read into the parts of a document.

No line is dropped in silence: each that is not blank is used, is a label that the page puts around its content, or is
given back as not recognised. Whoever copies a page loses its layout, so labels run into texts (`WarningNever alone`)
and buttons stand among sentences; where it is unclear what a line is, it is given back rather than guessed. A warning
is never hidden: what begins like one becomes a warning, or is pointed out.

What is said of a page are codes with values; remarks.py has the words. Knows nothing of Django or the database.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from itertools import pairwise

from pydantic import TypeAdapter, ValidationError

from .document import Doi, Level, PartialDate, Pmid, SourceType, TimeToResult, Url
from .prose import UNSEEN, Prose

#: Longer texts than these have no place in a document.
_LINE, _PROSE = 300, Prose.MAX_LENGTH
_MOST = {"principles": 100, "steps": 100, "checklist": 300, "examples": 100, "mistakes": 100, "sources": 100}
_MOST_WARNINGS = 50
_MOST_LINES = 20_000

_HEADINGS = {
    "problem it solves": "problem",
    "the problem it solves": "problem",
    "problem": "problem",
    "best for": "best_for",
    "not ideal for": "not_ideal_for",
    "overview": "overview",
    "core principles": "principles",
    "principles": "principles",
    "steps": "steps",
    "checklist": "checklist",
    "examples": "examples",
    "common mistakes": "mistakes",
    "mistakes": "mistakes",
    "origin story": "origin",
    "origin": "origin",
    "source": "sources",
    "sources": "sources",
}
_TEXTS = ("problem", "best_for", "not_ideal_for", "overview", "origin")
# What the page says around its content, wherever it stands.
_AROUND = {"why this framework exists", "how this framework came to be", "saved in your browser"}
_OPEN_SOURCE = re.compile(r"open source\W*", re.I)
_VERDICT = re.compile(r"(?:not |partly |mostly )?traced to [\w -]{1,40}", re.I)
_COUNT = re.compile(
    r"(\d{1,4}) (?:total|steps?|cases?|traps?|items?|tasks?|principles?|examples?|mistakes?|sources?)", re.I
)
_PROGRESS = re.compile(r"\d{1,4} ?(?:/|of) ?(\d{1,4})(?: (?:done|complete|completed|ticked))?", re.I)
_TIME = re.compile(
    r"(?P<category>.*?)[\s·•|:,–—-]*?(?P<number>\d+(?: ?[–-] ?\d+)? ?)?"
    r"(?P<time>minute|hour|day|week|month|year)s? to results?",
    re.I,
)
_NUMBERED = re.compile(r"(\d{1,3})[.)](?: |(?=[^\W\d]))(.+)")
_NUMBER = re.compile(r"(\d{1,3})[.)]?")
_LIST_ITEM = re.compile(r"([-*+•◦▪]|\d{1,3}[.)]) (?=.)")
_BOX = re.compile(r"(?:[-*+•◦▪] |\d{1,3}[.)] )?(?:\[[ xX]?\] ?|[☐☑☒□✓✔] ?)?")
_ENDS_A_SENTENCE = re.compile(r"[.!?…。！？:;][\"'”’»)\]]*$")
_SHORT = 60

# What begins a tip or a warning, in capitals or not; each kind of warning is named after the level at which it arrives.
_LABEL = re.compile(
    r"(?:(?P<tip>pro[ -]?tip)|(?P<caution>(?:safety )?warning|caution)|(?P<danger>danger)"
    r"|(?P<contraindication>contraindication))(?-i:s(?![a-z])|S(?![A-Za-z]))?",
    re.I,
)
_AFTER_LABEL = re.compile(r"(?P<sign>[\])*_]* ?(?:[:.!|·—–] ?|- )?[*_]*) ?")
_BEFORE_LABEL = re.compile(r"[\W_]*(?:\d{1,3}[.)][\W_]*)?")
_ATTENTION = "⚠❗❕‼🚨🛑☠•|"
_AROUND_LABEL = f" \ufe0f{_ATTENTION}·–—-*_(["
_QUOTES = "\"'“”‘’«»"

_KINDS = {
    "podcast": SourceType.BROADCAST,
    "episode": SourceType.BROADCAST,
    "radio": SourceType.BROADCAST,
    "broadcast": SourceType.BROADCAST,
    "paper": SourceType.ARTICLE_JOURNAL,
    "study": SourceType.ARTICLE_JOURNAL,
    "trial": SourceType.ARTICLE_JOURNAL,
    "review": SourceType.ARTICLE_JOURNAL,
    "journal article": SourceType.ARTICLE_JOURNAL,
    "conference paper": SourceType.PAPER_CONFERENCE,
    "preprint": SourceType.ARTICLE,
    "article": SourceType.ARTICLE,
    "magazine": SourceType.ARTICLE_MAGAZINE,
    "news": SourceType.ARTICLE_NEWSPAPER,
    "newspaper": SourceType.ARTICLE_NEWSPAPER,
    "book": SourceType.BOOK,
    "chapter": SourceType.CHAPTER,
    "video": SourceType.MOTION_PICTURE,
    "film": SourceType.MOTION_PICTURE,
    "documentary": SourceType.MOTION_PICTURE,
    "talk": SourceType.SPEECH,
    "lecture": SourceType.SPEECH,
    "speech": SourceType.SPEECH,
    "interview": SourceType.INTERVIEW,
    "blog": SourceType.POST_WEBLOG,
    "blog post": SourceType.POST_WEBLOG,
    "newsletter": SourceType.POST_WEBLOG,
    "post": SourceType.POST,
    "thesis": SourceType.THESIS,
    "report": SourceType.REPORT,
    "guideline": SourceType.REPORT,
    "dataset": SourceType.DATASET,
    "website": SourceType.WEBPAGE,
    "webpage": SourceType.WEBPAGE,
    "web page": SourceType.WEBPAGE,
}
_KIND_LINE = re.compile(r"sources? ?[·•|:–—-] ?(\w[\w -]{0,30})", re.I)


class Says(StrEnum):
    """What there is to say of a page or a line of it; remarks.py has the words."""

    NO_PAGE = "no-page"
    TOO_MANY_LINES = "too-many-lines"
    NO_TITLE = "no-title"
    NO_ITEM = "no-item"
    UNSEEN = "unseen"
    VERDICT = "verdict"
    HEADING_AGAIN = "heading-again"
    NUMBER_OF_TIME = "number-of-time"
    SHORT_LINES = "short-lines"
    TOO_LONG = "too-long"
    COUNT = "count"
    TOO_MANY = "too-many"
    OUT_OF_TURN = "out-of-turn"
    CAUTION = "caution"
    DANGER = "danger"
    CONTRAINDICATION = "contraindication"
    EMPTY_WARNING = "empty-warning"
    PERHAPS_A_WARNING = "perhaps-a-warning"
    TITLE_TOO_LONG = "title-too-long"
    NO_BODY = "no-body"
    UNKNOWN_KIND = "unknown-kind"
    NO_KIND = "no-kind"


@dataclass(frozen=True)
class Remark:
    """What an editor should know of one line, or of the page as a whole (line 0)."""

    line: int
    says: Says
    values: Mapping[str, str | int] = field(default_factory=dict)


class NotAPage(ValueError):
    """The text is no page of a framework; the remark says why."""

    def __init__(self, says: Says, **values: str | int):
        super().__init__(says)
        self.remark = Remark(0, says, values)


@dataclass(frozen=True)
class Unrecognised:
    """A line that is neither content nor a known label."""

    line: int
    text: str


@dataclass
class PageRead:
    """What a page says.

    `parts` has the names of a FrameworkDocument, without keys; a record in `sources` may have a `locator` besides.
    """

    parts: dict = field(default_factory=dict)
    #: As it is printed; the library may have it under another name, or not at all.
    category: str = ""
    line_of_category: int = 0
    unrecognised: list[Unrecognised] = field(default_factory=list)
    #: What the page says that is dropped, judged or not so, and what somebody has to see to.
    disagreements: list[Remark] = field(default_factory=list)
    #: Where the text of each used line went, by its number: `steps[0].body`.
    used: dict[int, str] = field(default_factory=dict)
    #: What each known label is, by its number.
    labels: dict[int, str] = field(default_factory=dict)
    #: The line on which each part begins, by its name.
    begins: dict[str, int] = field(default_factory=dict)


def read(text: str) -> PageRead:
    """Read the text of a page. Raises NotAPage for a text without the headings that every such page has.

    It takes time in proportion to the text, and refuses one of more lines than any document could hold.
    """
    return _Reading().read(text)


@dataclass(frozen=True)
class _Line:
    number: int
    #: Without the number or label that was read off it.
    text: str
    printed: str
    indent: int
    #: Whether something stands between it and the line before: a blank line, a label.
    apart: bool

    @property
    def ends_a_sentence(self) -> bool:
        return bool(_ENDS_A_SENTENCE.search(self.text))

    @property
    def is_title(self) -> bool:
        """Whether it looks like a heading, not like a sentence."""
        return len(self.text) <= _LINE and not self.ends_a_sentence and not _LIST_ITEM.match(self.text)

    @property
    def is_short(self) -> bool:
        return self.is_title and len(self.text) <= _SHORT


class _Reading:
    """One page while it is read."""

    def __init__(self):
        self.page = PageRead()
        self._sections: dict[str, list[_Line]] = {}

    def read(self, text: str) -> PageRead:
        lines = list(self._lines(text))
        if len(lines) > _MOST_LINES:
            raise NotAPage(Says.TOO_MANY_LINES, lines=len(lines), most=_MOST_LINES)
        self._divide(lines)
        self._refuse_other_texts()
        self._head(self._sections.pop("", []))
        parts = self.page.parts
        for name in _TEXTS:
            parts[name] = self._prose(self._sections.get(name, []), name)
        parts["principles"] = self._principles()
        parts["steps"] = self._steps()
        parts["checklist"] = self._checklist()
        parts["examples"] = self._pairs("examples")
        parts["mistakes"] = self._pairs("mistakes")
        parts["sources"] = self._sources()
        if not parts["checklist"]:
            self._remark(self.page.begins.get("checklist", 0), Says.NO_ITEM)
        self.page.unrecognised.sort(key=lambda line: line.line)
        self.page.disagreements.sort(key=lambda remark: remark.line)
        return self.page

    # Accounting

    def _use(self, line: _Line, place: str) -> None:
        before = self.page.used.get(line.number, place)
        self.page.used[line.number] = place if before == place else f"{before} and {place}"

    def _label(self, line: _Line, what: str) -> None:
        self.page.labels[line.number] = what

    def _give_back(self, *lines: _Line) -> None:
        self.page.unrecognised += [Unrecognised(line.number, line.printed) for line in lines]

    def _remark(self, line: int, says: Says, **values: str | int) -> None:
        self.page.disagreements.append(Remark(line, says, values))

    # Lines and sections

    def _lines(self, text: str) -> Iterator[_Line]:
        apart = True
        for number, raw in enumerate(re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff")), 1):
            if not raw.strip():
                apart = True
                continue
            seen = " ".join(raw.split())
            shown = unicodedata.normalize("NFC", UNSEEN.sub("", seen)).strip()
            if found := UNSEEN.search(seen):
                self._remark(number, Says.UNSEEN, character=f"U+{ord(found[0]):04X}")
            if not shown:
                self.page.unrecognised.append(Unrecognised(number, ascii(raw.strip())))
                apart = True
                continue
            yield _Line(number, shown, shown, len(raw) - len(raw.lstrip()), apart)
            apart = False

    def _divide(self, lines: Iterable[_Line]) -> None:
        """Put each line under its heading, and the known labels aside."""
        section, lost_neighbour = "", False
        for line in lines:
            plain = line.text.lstrip("#").strip().rstrip(":").casefold()
            # The fields of a YAML file are in small letters.
            if plain in _HEADINGS and not line.text[0].islower():
                section = _HEADINGS[plain]
                self._label(line, "heading")
                self._begin(section, line)
            elif plain in _AROUND:
                self._label(line, "label")
            elif _VERDICT.fullmatch(plain):
                self._label(line, "verdict")
                self._remark(line.number, Says.VERDICT, text=line.text)
            elif _OPEN_SOURCE.fullmatch(line.text):
                self._label(line, "link")
            else:
                kind = _KIND_LINE.fullmatch(line.text)
                if kind and kind[1].casefold() in _KINDS and section != "sources":
                    section = "sources"
                    self.page.begins.setdefault(section, line.number)
                if section != "steps":
                    self._point_out(line, _labels(line.text))
                self._sections.setdefault(section, []).append(
                    replace(line, apart=line.apart or lost_neighbour)
                )
                lost_neighbour = False
                continue
            lost_neighbour = True

    def _begin(self, section: str, line: _Line) -> None:
        if section in self.page.begins:
            self._remark(line.number, Says.HEADING_AGAIN, text=line.text, first=self.page.begins[section])
        self.page.begins.setdefault(section, line.number)

    def _refuse_other_texts(self) -> None:
        signs = len(self.page.begins)
        above = self._sections.get("", [])
        signs += any(len(line.text) <= _LINE and _TIME.fullmatch(line.text) for line in above)
        if signs < 2 or not self.page.begins.keys() & {"principles", "steps"}:
            raise NotAPage(Says.NO_PAGE)

    # What stands above the first heading

    def _head(self, lines: list[_Line]) -> None:
        self._give_back(*(line for line in lines if len(line.text) > _LINE))
        lines = [line for line in lines if len(line.text) <= _LINE]
        place, found = next(
            ((n, found) for n, line in enumerate(lines) if (found := _TIME.fullmatch(line.text))),
            (None, None),
        )
        above, below = [], lines
        if found:
            above, below = lines[:place], lines[place + 1 :]
            self._time(lines[place], found)
            if not self.page.category and above:
                self._category(above.pop())
            if not below:
                above, below = [], above
        elif len(lines) > 1 and lines[0].text.isupper():
            self._category(lines[0])
            below = lines[1:]
        self._give_back(*above, *below[2:])
        for name, line in zip(("title", "tagline"), below, strict=False):
            self.page.parts[name] = line.text
            self._use(line, name)
        if not below:
            self._remark(0, Says.NO_TITLE)

    def _time(self, line: _Line, found: re.Match) -> None:
        self.page.parts["time_to_result"] = TimeToResult(found["time"].lower() + "s").value
        self.page.category = found["category"].strip()
        if self.page.category:
            self.page.line_of_category = line.number
        self._use(line, "category and time_to_result" if self.page.category else "time_to_result")
        if found["number"]:
            self._remark(line.number, Says.NUMBER_OF_TIME, text=line.text)

    def _category(self, line: _Line) -> None:
        self.page.category, self.page.line_of_category = line.text, line.number
        self._use(line, "category")

    # Texts

    def _prose(self, lines: list[_Line], place: str) -> str:
        """The lines as one text, without those that look like a button or a heading among sentences."""
        stray = {n for n in range(len(lines)) if self._stands_alone(lines, n)}
        if len(stray) == len(lines):
            if len(lines) > 1:
                self._remark(lines[0].number, Says.SHORT_LINES, place=place)
            stray = set()
        self._give_back(*(lines[n] for n in stray))
        return self._joined([line for n, line in enumerate(lines) if n not in stray], place)

    @staticmethod
    def _stands_alone(lines: list[_Line], n: int) -> bool:
        line = lines[n]
        goes_on = n > 0 and not line.apart and not lines[n - 1].ends_a_sentence
        is_gone_on = n + 1 < len(lines) and not lines[n + 1].apart and not _had_room(line, lines[n + 1])
        return line.is_short and not goes_on and not is_gone_on

    def _joined(self, lines: list[_Line], place: str) -> str:
        pieces = []
        for n, line in enumerate(lines):
            pieces += ["\n\n" if line.apart and n else "\n" if n else "", _literal(line.text)]
        text = unicodedata.normalize("NFC", "".join(pieces))
        if len(text) > _PROSE:
            self._remark(lines[0].number, Says.TOO_LONG, place=place, length=len(text), most=_PROSE)
            self._give_back(*lines)
            return ""
        for line in lines:
            self._use(line, place)
        return text

    # Entries

    def _counted(self, part: str) -> tuple[list[_Line], tuple[int, int] | None]:
        """The lines of a part without its count, and that count with its line."""
        lines = self._sections.get(part, [])
        # A button may stand before it.
        for n, line in enumerate(lines[:3]):
            found = _COUNT.fullmatch(line.text)
            if not found and part == "checklist":
                found = _PROGRESS.fullmatch(line.text)
            if found:
                self._label(line, "count")
                return lines[:n] + lines[n + 1 :], (int(found[1]), line.number)
        return lines, None

    def _check_count(self, count: tuple[int, int] | None, part: str, found: int) -> None:
        if count and count[0] != found:
            self._remark(count[1], Says.COUNT, said=count[0], part=part, found=found)

    def _limited(self, entries: list[list[_Line]], part: str, most: int) -> list[list[_Line]]:
        for lines in entries[most:]:
            self._give_back(*lines)
        if len(entries) > most:
            self._remark(entries[most][0].number, Says.TOO_MANY, number=len(entries), part=part, most=most)
        return entries[:most]

    def _numbered(self, lines: list[_Line], part: str) -> list[list[_Line]] | None:
        """The lines of each numbered entry, without its number; None where nothing is numbered."""
        first = next((n for n in range(len(lines)) if _number(lines, n, 1)), None)
        if first is None:
            return None
        self._give_back(*lines[:first])
        entries: list[list[_Line]] = []
        last = 0
        for n in range(first, len(lines)):
            line = lines[n]
            found = _number(lines, n, last + 1)
            # What stands further in is a list within the entry.
            if found is None or line.indent > lines[first].indent + 1:
                entries[-1].append(line)
                continue
            number, text = found
            if number != last + 1:
                self._remark(line.number, Says.OUT_OF_TURN, number=number, due=last + 1)
            last = number
            entries.append([replace(line, text=text)] if text else [])
            if not text:
                self._label(line, "number")
        return self._limited([entry for entry in entries if entry], part, _MOST[part])

    def _principles(self) -> list[dict]:
        lines, count = self._counted("principles")
        entries = self._numbered(lines, "principles")
        if entries is None:
            entries = self._limited([[line] for line in lines], "principles", _MOST["principles"])
        found: list[dict] = []
        for entry in entries:
            first = entry[0]
            entry[0] = replace(first, text=_LIST_ITEM.sub("", first.text, count=1))
            if text := self._prose(entry, f"principles[{len(found)}].text"):
                found.append({"text": text})
        self._check_count(count, "principles", len(found))
        return found

    def _checklist(self) -> list[dict]:
        lines, count = self._counted("checklist")
        found: list[dict] = []
        for line in lines:
            text = _BOX.sub("", line.text, count=1)
            if not text or len(text) > _LINE or len(found) == _MOST["checklist"]:
                self._give_back(line)
            else:
                self._use(line, f"checklist[{len(found)}].text")
                found.append({"text": text})
        self._check_count(count, "checklist", len(found))
        return found

    # Steps

    def _steps(self) -> list[dict]:
        lines, count = self._counted("steps")
        lines = [piece for line in lines for piece in self._cut(line)]
        entries = self._numbered(lines, "steps")
        if entries is None:
            entries = self._limited(self._unnumbered_steps(lines), "steps", _MOST["steps"])
        found: list[dict] = []
        for entry in entries:
            if step := self._step(entry, f"steps[{len(found)}]"):
                found.append(step)
        self._check_count(count, "steps", len(found))
        return found

    def _cut(self, line: _Line) -> Iterator[_Line]:
        """The line, cut where the label of a tip or a warning was glued to what stands before it."""
        labels = _labels(line.text)
        self._point_out(line, (label for label in labels if not label.is_sure))
        cuts = [label.begins for label in labels if label.is_sure and not label.leads]
        if not cuts:
            yield line
            return
        for begin, end in pairwise([0, *cuts, len(line.text)]):
            text = line.text[begin:end]
            text = text if end == len(line.text) else text.rstrip(_AROUND_LABEL)
            yield replace(line, text=text, printed=text, apart=line.apart and not begin)

    def _point_out(self, line: _Line, labels: Iterable["_Label"]) -> None:
        for word in dict.fromkeys(label.word for label in labels if label.level):
            self._remark(line.number, Says.PERHAPS_A_WARNING, word=word)

    @staticmethod
    def _unnumbered_steps(lines: list[_Line]) -> list[list[_Line]]:
        """Steps whose numbers were lost in copying: a title, a text, then what has a label."""
        entries: list[list[_Line]] = []
        texts, labelled, awaited = 0, False, False
        for line in lines:
            label = _label(line.text)
            begins = not label and not awaited and (labelled or texts >= 2) and line.is_title
            if not entries or begins:
                entries.append([])
                texts, labelled = 0, False
            entries[-1].append(line)
            texts, labelled = texts + (label is None), labelled or label is not None
            # What follows a label on a line of its own is its text.
            awaited = label is not None and not label.text
        return entries

    def _step(self, lines: list[_Line], place: str) -> dict | None:
        body: list[_Line] = []
        tip: list[_Line] = []
        warnings: list[tuple[_Line, Level, list[_Line]]] = []
        into = body
        # A label in the first line leaves the step without a title of its own.
        title, rest = (None, lines) if _label(lines[0].text) else (lines[0], lines[1:])
        for line in rest:
            label = _label(line.text)
            if label and label.level:
                into = []
                warnings.append((line, label.level, into))
            elif label:
                into = tip
            if label and not label.text:
                self._label(line, label.word.lower())
            elif label:
                into.append(replace(line, text=label.text, apart=bool(into)))
            elif into is not body and not body and into and into[-1].ends_a_sentence:
                into = body
                body.append(line)
            else:
                into.append(line)
        if title is None and not body:
            self._give_back(*tip, *(line for _label, _level, each in warnings for line in each))
            return None
        if title is None:
            title, body = body[0], body[1:]
        return {
            **self._title_and_body(title, body, place),
            "tip": self._prose(tip, f"{place}.tip"),
            "warnings": self._warnings(warnings, place),
        }

    def _warnings(self, warnings: list[tuple[_Line, Level, list[_Line]]], place: str) -> list[dict]:
        for label, _level, lines in warnings:
            if not lines:
                self._remark(label.number, Says.EMPTY_WARNING)
        filled = [(level, lines) for _label, level, lines in warnings if lines]
        kept = self._limited([lines for _level, lines in filled], "warnings", _MOST_WARNINGS)
        found: list[dict] = []
        for (level, _lines), lines in zip(filled, kept, strict=False):
            if text := self._prose(lines, f"{place}.warnings[{len(found)}].text"):
                found.append({"level": level.value, "text": text})
                self._remark(lines[0].number, Says(level.value))
        return found

    def _title_and_body(self, title: _Line, body: list[_Line], place: str) -> dict:
        if len(title.text) > _LINE:
            self._remark(title.number, Says.TITLE_TOO_LONG, most=_LINE)
            short = title.text[:_SHORT].rsplit(" ", 1)[0] + "…"
            body = [title, *(replace(line, apart=line.apart or not n) for n, line in enumerate(body))]
        else:
            short = title.text
            self._use(title, f"{place}.title")
        text = self._prose(body, f"{place}.body")
        if not text:
            self._remark(title.number, Says.NO_BODY)
            text = _literal(short)
        return {"title": short, "body": text}

    # Examples and mistakes: a title, then its text

    def _pairs(self, part: str) -> list[dict]:
        lines, count = self._counted(part)
        if lines and _NUMBERED.fullmatch(lines[0].text):
            outer = lines[0].indent + 1
            lines = [
                replace(line, text=found[2])
                if line.indent <= outer and (found := _NUMBERED.fullmatch(line.text))
                else line
                for line in lines
            ]
        blocks = self._blocks(lines, has_outcomes=part == "examples")
        in_turn = bool(count) and all(len(block) % 2 == 0 for block, _ in blocks)
        in_turn = in_turn and sum(len(block) for block, _ in blocks) == 2 * count[0]
        found: list[dict] = []
        limit = _MOST[part]
        for block, outcome in blocks:
            pairs = _in_turn(block) if in_turn else self._by_likeness(block)
            for title, body in pairs:
                place = f"{part}[{len(found)}]"
                if len(found) == limit or _length(title) > _LINE:
                    self._give_back(*title, *body)
                    continue
                text = self._joined(body, f"{place}.body")
                if not text:
                    self._give_back(*title)
                    continue
                for line in title:
                    self._use(line, f"{place}.title")
                found.append({"title": " ".join(line.text for line in title), "body": text})
            if outcome and found and "outcome" not in found[-1]:
                found[-1]["outcome"] = self._prose(outcome, f"{part}[{len(found) - 1}].outcome")
            else:
                self._give_back(*outcome)
        self._check_count(count, part, len(found))
        return found

    def _blocks(
        self, lines: list[_Line], *, has_outcomes: bool
    ) -> list[tuple[list[list[_Line]], list[_Line]]]:
        """What stands before each outcome, wrapped lines together, with that outcome."""
        blocks: list[tuple[list[list[_Line]], list[_Line]]] = [([], [])]
        in_outcome = False
        for line in lines:
            text = _outcome(line.text) if has_outcomes else None
            before, outcome = blocks[-1]
            if text is not None:
                if in_outcome or outcome:
                    blocks.append(([], outcome := []))
                in_outcome = True
                if text:
                    outcome.append(replace(line, text=text, apart=False))
                else:
                    self._label(line, "outcome")
            elif in_outcome and (not outcome or _goes_on(outcome[-1], line)):
                outcome.append(line)
            else:
                if in_outcome:
                    blocks.append(([], []))
                    before, in_outcome = blocks[-1][0], False
                if before and _goes_on(before[-1][-1], line) and line.text[0].islower():
                    before[-1].append(line)
                else:
                    before.append([line])
        return blocks

    def _by_likeness(self, block: list[list[_Line]]) -> list[tuple[list[_Line], list[_Line]]]:
        """Pairs of what looks like a title and what looks like sentences; what fits neither is given back."""
        pairs: list[tuple[list[_Line], list[_Line]]] = []
        strays: list[list[_Line]] = []
        for n, lines in enumerate(block):
            if not _is_title(lines):
                (pairs[-1][1].extend if pairs else strays.append)(lines)
            elif n + 1 < len(block) and not _is_title(block[n + 1]):
                pairs.append((lines, []))
            else:
                strays.append(lines)
        if not pairs and len(block) > 1:
            pairs, strays = _in_turn(block), block[len(block) // 2 * 2 :]
        for lines in strays:
            self._give_back(*lines)
        return pairs

    # Sources

    def _sources(self) -> list[dict]:
        lines, count = self._counted("sources")
        blocks: list[list[_Line]] = [[]]
        for line in lines:
            if _KIND_LINE.fullmatch(line.text):
                blocks.append([])
            blocks[-1].append(line)
        if len(blocks) > 1:
            self._give_back(*blocks.pop(0))
        found: list[dict] = []
        for block in self._limited([block for block in blocks if block], "sources", _MOST["sources"]):
            if source := self._source(block, f"sources[{len(found)}]"):
                found.append(source)
        self._check_count(count, "sources", len(found))
        return found

    def _source(self, lines: list[_Line], place: str) -> dict | None:
        kind = _KIND_LINE.fullmatch(lines[0].text)
        head, rest = (lines[0], lines[1:]) if kind else (None, lines)
        title = next((n for n, line in enumerate(rest) if not _detail(line.text)), None)
        # People and year come right after the title; a button may stand before both.
        if title is not None:
            dated = (n for n in range(title + 2, len(rest)) if "issued" in dict(_people(rest[n].text)))
            title = next((n - 1 for n in dated if not _detail(rest[n - 1].text)), title)
        if title is None or len(rest[title].text) > _LINE:
            self._give_back(*lines)
            return None
        source: dict = {"type": self._type(head, kind, rest[title]), "title": rest[title].text}
        if head:
            self._use(head, f"{place}.type")
        self._use(rest[title], f"{place}.title")
        for n, line in enumerate(rest):
            if n == title:
                continue
            for name, value in _detail(line.text) or (_people(line.text) if n == title + 1 else ()):
                if name == "locator" and name in source and len(source[name]) + len(value) + 2 <= _LINE:
                    source[name] += f"; {value}"
                elif name in source:
                    break
                else:
                    source[name] = value
                self._use(line, name if line.number in self.page.used else f"{place}.{name}")
            if line.number not in self.page.used:
                self._give_back(line)
        return source

    def _type(self, head: _Line | None, kind: re.Match | None, title: _Line) -> str:
        if kind and (known := _KINDS.get(kind[1].casefold())):
            return known.value
        if kind:
            self._remark(head.number, Says.UNKNOWN_KIND, kind=kind[1])
        else:
            self._remark(title.number, Says.NO_KIND)
        return SourceType.DOCUMENT.value


def _number(lines: list[_Line], n: int, due: int) -> tuple[int, str] | None:
    """The number with which a line begins, and its text; the number that is due may stand on a line of its own."""
    if found := _NUMBERED.fullmatch(lines[n].text):
        return int(found[1]), found[2]
    alone = _NUMBER.fullmatch(lines[n].text)
    if alone and int(alone[1]) == due and n + 1 < len(lines):
        return due, ""
    return None


@dataclass(frozen=True)
class _Label:
    """The word for a tip or a warning in a line."""

    word: str
    level: Level | None
    #: Where it begins, and the text that follows it.
    begins: int
    text: str
    #: Whether it stands first in the line, and whether it is surely a label and no word of a sentence.
    leads: bool
    is_sure: bool


def _label(text: str) -> _Label | None:
    """The label that a line begins with."""
    first = next(iter(_labels(text)), None)
    return first if first and first.leads and first.is_sure else None


def _labels(text: str) -> list[_Label]:
    """What is a label in a line, and what may be one. No line is looked at that is too long for any text."""
    if len(text) > _PROSE:
        return []
    lead = _BEFORE_LABEL.match(text).end()
    labels = (_label_of(text, found, lead) for found in _LABEL.finditer(text))
    return [label for label in labels if label]


def _label_of(text: str, found: re.Match, lead: int) -> _Label | None:
    begins, end = found.span()
    before = text[:begins][-20:]
    has_capital = text[begins].isupper()
    is_glued = before[-1:].isalnum() and has_capital and not text[begins - 1 : begins + 2].isupper()
    if before[-1:].isalnum() and not is_glued:
        return None  # “precaution”
    after = _AFTER_LABEL.match(text, end)
    said = text[after.end() :]
    # “Warning signs”, “Danger-free”, “dangerous”
    is_word = not after["sign"].strip() and (said[:1].islower() or said[:1] in tuple(",-'’"))
    stripped = before.rstrip(_AROUND_LABEL)
    leads = begins == lead
    if leads:
        is_sure = not is_word and not set(_QUOTES) & set(text[:lead])
    else:
        gap = before[len(stripped) :]
        breaks = is_glued or _ENDS_A_SENTENCE.search(stripped) or set(_ATTENTION) & set(gap)
        if not has_capital and not breaks:
            return None
        is_sure = bool(has_capital and breaks and not is_word)
    level = None if found.lastgroup == "tip" else Level(found.lastgroup)
    return _Label(found[0], level, begins, said, leads, is_sure)


def _outcome(text: str) -> str | None:
    """What stands after the label of an outcome; None where there is none, or the word is part of a sentence."""
    if not text.startswith(("Outcome", "OUTCOME")):
        return None
    found = re.fullmatch(r" ?(?P<sign>[:·—–] ?|- )?(?P<text>.*)", text[len("Outcome") :])
    return None if found["text"][:1].islower() and not found["sign"] else found["text"]


def _goes_on(line: _Line, following: _Line) -> bool:
    """Whether a line was only broken where the page was narrow."""
    return not following.apart and not line.ends_a_sentence


def _had_room(line: _Line, following: _Line) -> bool:
    """Whether a new line was begun although the next word had room: so the line was not broken by its length."""
    word = following.text.split(" ", 1)[0]
    return (
        not following.is_short
        and not word[0].islower()
        and len(line.text) + 1 + len(word) < len(following.text)
    )


def _is_title(lines: list[_Line]) -> bool:
    return lines[-1].is_title and _length(lines) <= _LINE


def _length(lines: list[_Line]) -> int:
    return sum(len(line.text) for line in lines) + len(lines) - 1


def _in_turn(block: list[list[_Line]]) -> list[tuple[list[_Line], list[_Line]]]:
    return [(block[n], block[n + 1]) for n in range(0, len(block) - 1, 2)]


def _literal(text: str) -> str:
    """Plain text as Markdown that reads the same; a line that is an entry of a list stays one."""
    marker = found[0] if (found := _LIST_ITEM.match(text)) else ""
    text = text[len(marker) :]
    text = re.sub(r"\\(?=[!-/:-@\[-`{-~])", r"\\\\", text)
    text = re.sub(r"(?<!\s)\*|\*(?!\s|$)", r"\\*", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    text = text.replace("](", r"\](")
    return ("- " if marker[:1] in "•◦▪" and marker else marker) + text


# What is said of a source

_URL = re.compile(r"(?:open source\W*|link:? ?|url:? ?)?(https?://\S+)", re.I)
_DOI = re.compile(r"(?:doi:? ?|https?://(?:dx\.)?doi\.org/)(10\.\S+)", re.I)
_PMID = re.compile(r"(?:pmid:? ?|https?://pubmed\.ncbi\.nlm\.nih\.gov/)([1-9]\d{0,8})/?", re.I)
_STAMP = r"\d{1,3}:\d{2}(?::\d{2})?"
_STAMPS = re.compile(rf"(?:(?:timestamps?|at|from|minute):? ?)?[(\[]?({_STAMP}.*)", re.I)
_FORMS = {"DOI": TypeAdapter(Doi), "PMID": TypeAdapter(Pmid), "URL": TypeAdapter(Url)}


def _detail(text: str) -> list[tuple[str, object]]:
    """A fact about a source that has a form of its own: a link, a number of a register, a time."""
    if len(text) > _LINE:
        return []
    for name, pattern in (("DOI", _DOI), ("PMID", _PMID), ("URL", _URL)):
        if found := pattern.fullmatch(text):
            try:
                return [(name, _FORMS[name].validate_python(found[1]))]
            except ValidationError:
                return []
    if found := _STAMPS.fullmatch(text):
        return [("locator", found[1])]
    return []


_DATE = TypeAdapter(PartialDate)
_BODY = re.compile(
    r"\b(lab|labs|university|institute|organi[sz]ation|association|society|department|agency|administration|ministry|"
    r"committee|council|centre|center|clinic|hospital|group|team|foundation|podcast|channel|nhs|who|press|college)\b",
    re.I,
)
_INITIALS = re.compile(r"(?:[A-Z]\.?[ -]?){1,4}")
_PARTICLES = {
    "van",
    "von",
    "de",
    "der",
    "den",
    "del",
    "della",
    "di",
    "da",
    "dos",
    "du",
    "la",
    "le",
    "ter",
    "ten",
}


def _people(text: str) -> list[tuple[str, object]]:
    """“Ann Lee, Bo Roe · 2025” as authors, container and date; nothing where it is no such line."""
    if len(text) > _LINE:
        return []
    pieces = [piece for piece in re.split(r" ?[·•|] ?", text) if piece]
    dates = [piece for piece in pieces if _issued(piece)]
    if not dates and len(pieces) == 1 and (found := re.fullmatch(r"(.+?),? \(?(\d{4})\)?", text)):
        pieces, dates = [found[1], found[2]], [found[2]] if _issued(found[2]) else []
    others = [piece for piece in pieces if piece not in dates]
    if not dates and len(pieces) < 2 and not _is_a_name(text):
        return []
    if len(dates) > 1 or len(others) > 2:
        return []
    said: list[tuple[str, object]] = []
    if others:
        names, and_others = _names(others[0])
        said.append(("author", names))
        if and_others:
            said.append(("and_others", True))
    if len(others) == 2:
        said.append(("container_title", others[1]))
    if dates:
        said.append(("issued", _issued(dates[0])))
    return said


def _issued(text: str) -> str | None:
    try:
        return _DATE.validate_python(text)
    except ValidationError:
        return None


def _is_a_name(text: str) -> bool:
    words = text.split()
    return 2 <= len(words) <= 4 and all(word[0].isupper() or word in _PARTICLES for word in words)


def _names(text: str) -> tuple[list[dict], bool]:
    text = re.sub(r"^by ", "", text, flags=re.I)
    without = re.sub(r",? (?:et al\.?|and others)$", "", text)
    pieces = [piece for piece in re.split(r", | ?& | and |; ", without) if piece.strip(" ,")]
    names: list[dict] = []
    for piece in pieces[:100]:
        if names and _INITIALS.fullmatch(piece) and "given" not in names[-1] and "family" in names[-1]:
            names[-1]["given"] = piece  # “Lee, A.”
        else:
            names.append(_name(piece.strip(" ,")))
    return names, without != text or len(pieces) > 100


def _name(text: str) -> dict:
    words = text.split()
    if len(words) > 4 or _BODY.search(text):
        return {"literal": text}
    if len(words) == 1:
        return {"family": text}
    if _INITIALS.fullmatch(words[-1]):  # “Lee A”
        return {"family": " ".join(words[:-1]), "given": words[-1]}
    begins = len(words) - 1
    while begins > 1 and words[begins - 1].lower() in _PARTICLES:
        begins -= 1
    return {"family": " ".join(words[begins:]), "given": " ".join(words[:begins])}
