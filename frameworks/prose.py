"""Text that an editor writes and a reader reads: a little Markdown, and never HTML."""

import re
import unicodedata
from functools import lru_cache

from markdown_it import MarkdownIt
from pydantic_core import PydanticCustomError, PydanticKnownError, core_schema

# Emphasis, lists and links. No headings (they would break the page's outline), no images (a page calls no
# third party), no code, and no HTML: what looks like a tag is shown as it was typed.
_markdown = MarkdownIt("zero", {"html": False}).enable(["emphasis", "escape", "link", "list"])

# Lone surrogates, line and paragraph separators, byte order marks and control characters survive no round
# trip through YAML and PostgreSQL, and mark nothing that a reader could see. Those that turn text around could make
# a warning read as its opposite.
UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]"
)


#: Blanks, and signs that only tell others how to stand. What Unicode has not assigned yet may well be seen.
_INVISIBLE = {"Cc", "Cf", "Zl", "Zp", "Zs"}


def clean(text: str) -> str:
    """The text in one normal form: NFC, line ends as LF, no trailing blanks, at most one empty line in a row.

    Raises PydanticCustomError for a character that cannot be stored and shown faithfully.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
    if found := UNSEEN.search(text):
        raise PydanticCustomError(
            "unseen_character",
            "holds the unseen character U+{code} at position {position}; delete it",
            {"code": f"{ord(found[0]):04X}", "position": found.start() + 1},
        )
    text = "\n".join(line.rstrip() for line in unicodedata.normalize("NFC", text).split("\n"))
    text = re.sub(r"\n{3,}", "\n\n", text).strip()
    # Made of nothing that could be seen, it is empty, and is refused where something must be written.
    return text if any(unicodedata.category(sign) not in _INVISIBLE for sign in text) else ""


class Prose(str):
    """Paragraphs of text, of which a template shows the rendered form: `{{ step.body }}`.

    Emphasis, lists and links are understood as Markdown. Nothing that a person typed reaches the page unescaped.
    """

    __slots__ = ()
    MAX_LENGTH = 10_000

    @classmethod
    def __get_pydantic_core_schema__(cls, source, handler):
        return core_schema.no_info_after_validator_function(
            cls._from_text,
            core_schema.str_schema(),
            serialization=core_schema.plain_serializer_function_ser_schema(str),
        )

    @classmethod
    def __get_pydantic_json_schema__(cls, schema, handler):
        return {"type": "string", "maxLength": cls.MAX_LENGTH}

    @classmethod
    def _from_text(cls, text):
        # The length is judged once the text has its normal form, which can be the longer one.
        text = clean(text)
        if len(text) > cls.MAX_LENGTH:
            raise PydanticKnownError("string_too_long", {"max_length": cls.MAX_LENGTH})
        return cls(text)

    def __html__(self) -> str:
        return _render(str(self))

    @property
    def plain(self) -> str:
        """The words alone, for search and for descriptions of a page."""
        return _plain(str(self))

    @property
    def spelled_out(self) -> str:
        """The words with what Markdown makes of them: what is emphasised, listed, and where each link leads."""
        return _spelled_out(str(self))


@lru_cache(maxsize=4096)
def _render(text: str) -> str:
    return _markdown.render(text)


def _plain(text: str) -> str:
    words = []
    for token in _markdown.parse(text):
        if token.type == "inline":
            words.append(
                "".join(child.content if child.type != "softbreak" else " " for child in token.children)
            )
    return re.sub(r"\s+", " ", " ".join(words)).strip()


def _spelled_out(text: str) -> str:
    blocks, markers = [], []
    for token in _markdown.parse(text):
        if token.type == "list_item_open":
            markers.append(f"{token.info}{token.markup} ")
        elif token.type == "inline":
            blocks.append("".join(markers) + "".join(_spelled(token.children)))
            markers = []
    return "\n\n".join(blocks)


def _spelled(tokens):
    leads_to = []
    for token in tokens:
        if token.type == "link_open":
            leads_to.append(token.attrs["href"])
        elif token.type == "link_close":
            yield f" ({leads_to.pop()})"
        else:
            yield token.content.replace("\n", " ") or token.markup
