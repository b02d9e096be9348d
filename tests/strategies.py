"""Documents of every shape, for what must hold for each of them (hypothesis)."""

from datetime import date

from hypothesis import strategies as st

from frameworks.document import (
    TEXT_SECTIONS,
    CertaintyLevel,
    Checked,
    Directness,
    DoneBy,
    FrameworkDocument,
    Level,
    Source,
    SourceType,
    Stance,
    StudyDesign,
    Supervision,
    TimeToResult,
)
from frameworks.prose import clean

#: Few, so that two documents share some of them.
_KEYS = [
    f"{letter}{number}" for letter in ("note", "book-escort", "x") for number in ("", "-1", "-2", "-3", "-4")
]
_SOURCE_KEYS = ["feder2014", "lee2020", "talk", "nice-2022", "who"]
# What is easily mistaken for something else, by YAML, by Markdown or by a program on the way.
_TRAPS = [
    "23:34", "NO", "null", "~", "012", "1e3", "2014-06-30", "true", "- a", "? a", "a: b", "a #b", "#a", "{a}", "[a]",
    "|", ">", "'a'", '"a"', "a'", "\\n", "\\", "%a", "@a", "`a`", "---", "...", "&a", "*a", "!a", "=", "<<", "a:",
    "a,b", "<b>&amp;</b>", "e\u0301", "\u0958", "שלום", "𝔘nder", "a\u00a0b", "a  b", "%s %(a)s {0}", "$a",
]  # fmt: skip
_LINES_TRAPS = [
    "a\n\n  b\n c",
    "- a\n- b",
    "a\n---\nb",
    "# a\nb: c",
    "a  b\n\n\n\nc",
    "1. a\n\n   b",
    "a\r\nb\rc\td",
    "a long text  with two spaces, " * 6,
]

_letters = st.characters(
    codec="utf-8",
    exclude_categories=["Cc", "Cs", "Zl", "Zp"],
    exclude_characters="\ufeff\ufffe\uffff\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
)
_words = st.lists(st.text(_letters, min_size=1, max_size=9), min_size=1, max_size=30).map(" ".join)


def _filled(texts):
    return texts.filter(lambda text: clean(text) != "")


lines = st.one_of(st.sampled_from(_TRAPS), _words).map(lambda text: text[:300])
prose = st.one_of(lines, st.sampled_from(_LINES_TRAPS), st.lists(_words, max_size=4).map("\n".join))
filled_lines, filled_prose = _filled(lines), _filled(prose)
_days = st.dates(min_value=date(1900, 1, 1), max_value=date(2100, 1, 1))
#: Of what somebody did, as of a day on which there were tests already.
_past_days = st.dates(min_value=date(1900, 1, 1), max_value=date(2026, 11, 1))
_partial_dates = st.one_of(
    _days.map(str), _days.map(lambda day: str(day)[:7]), _days.map(lambda day: str(day)[:4])
)

# Built once: hypothesis spends longer on building a strategy than on drawing from it.
_NAME = st.one_of(
    st.fixed_dictionaries({"family": filled_lines}, optional={"given": lines}),
    st.fixed_dictionaries({"literal": filled_lines}),
)
_CERTAINTY = st.fixed_dictionaries(
    {
        "level": st.sampled_from(CertaintyLevel),
        "outcome": filled_lines,
        "judged_by": filled_lines,
        "reason": filled_prose,
        "grade": st.booleans(),
    }
)
_HEAD = st.fixed_dictionaries(
    {
        "title": lines,
        "tagline": lines,
        "time_to_result": st.sampled_from([None, *TimeToResult]),
        "supervision": st.sampled_from([None, *Supervision]),
        "sensitive": st.booleans(),
        "certainty": st.none() | _CERTAINTY,
        **dict.fromkeys(("problem", "best_for", "not_ideal_for", "overview", "origin"), prose),
    }
)
_WARNING = st.fixed_dictionaries({"level": st.sampled_from(Level), "text": filled_prose, "what_to_do": prose})
_PRINCIPLE = st.fixed_dictionaries({"text": filled_prose})
_STEP = st.fixed_dictionaries(
    {"title": filled_lines, "body": filled_prose, "tip": prose, "done_by": st.sampled_from(DoneBy)}
)
_ITEM = st.fixed_dictionaries({"text": filled_lines})
_EXAMPLE = st.fixed_dictionaries({"title": filled_lines, "body": filled_prose, "outcome": prose})
_MISTAKE = st.fixed_dictionaries({"title": filled_lines, "body": filled_prose})
_CHECK = st.fixed_dictionaries(
    {
        "checked": st.sampled_from([found for found in Checked if found is not Checked.NOT_CHECKED]),
        "checked_by": filled_lines,
        "checked_on": _past_days,
    }
)
_CITATION = st.tuples(
    st.fixed_dictionaries(
        {"source": st.sampled_from(_SOURCE_KEYS), "stance": st.sampled_from(Stance)},
        optional={"directness": st.sampled_from(Directness), "locator": lines, "finding": lines},
    ),
    st.just({}) | _CHECK,
).map(lambda parts: {**parts[0], **parts[1]})
_CITATIONS = st.lists(_CITATION, max_size=3)
_CLAIM = st.fixed_dictionaries({"text": filled_lines, "citations": _CITATIONS})


def _source(key, draws_on):
    return st.fixed_dictionaries(
        {"key": st.just(key), "type": st.sampled_from(SourceType), "title": filled_lines},
        optional={
            "author": st.lists(_NAME, max_size=3),
            "and_others": st.booleans(),
            "issued": _partial_dates,
            **dict.fromkeys(("container_title", "volume", "issue", "page", "sample", "note"), lines),
            "DOI": st.just(f"10.1234/{key}(A);<1>"),
            "PMID": st.just(str(1 + sum(map(ord, key)))),
            "URL": st.just(f"https://example.org/ü?q={key}#a"),
            "study_design": st.sampled_from(StudyDesign),
            "study_level": st.fixed_dictionaries(
                {"level": st.integers(1, 5), "read_by": filled_lines, "read_on": _past_days}
            ),
            "verified_on": _past_days,
            **({"draws_on": st.lists(st.sampled_from(draws_on), max_size=3)} if draws_on else {}),
        },
    ).map(Source.model_validate)


_SOURCES = {key: _source(key, _SOURCE_KEYS[:n]) for n, key in enumerate(_SOURCE_KEYS)}


@st.composite
def documents(draw, category="stress"):
    """Any document, of a category that the library must have."""
    keys = draw(st.permutations(_KEYS))

    def entries(strategy, max_size=3):
        taken = [keys.pop() for _ in range(min(draw(st.integers(0, max_size)), len(keys)))]
        return [{"key": key, **draw(strategy)} for key in taken]

    fields = {
        **draw(_HEAD),
        "category": category,
        "warnings": entries(_WARNING),
        "principles": entries(_PRINCIPLE, 2),
        "steps": [{**step, "warnings": entries(_WARNING, 1)} for step in entries(_STEP)],
        "checklist": entries(_ITEM),
        "examples": entries(_EXAMPLE, 1),
        "mistakes": entries(_MISTAKE, 1),
        "claims": entries(_CLAIM, 2),
        "citations": draw(_CITATIONS),
    }
    entry_keys = st.sampled_from([*(key for key in _KEYS if key not in keys), *TEXT_SECTIONS])
    for claim in fields["claims"]:
        claim["about"] = draw(st.lists(entry_keys, max_size=3))
    step_keys = st.sampled_from([None, *(step["key"] for step in fields["steps"])])
    for item in fields["checklist"]:
        item["step"] = draw(step_keys)
    cited = [
        *fields["citations"],
        *(citation for claim in fields["claims"] for citation in claim["citations"]),
    ]
    sources, ahead = {}, [citation["source"] for citation in cited]
    while ahead:
        key = ahead.pop()
        if key not in sources:
            sources[key] = draw(_SOURCES[key])
            ahead += sources[key].draws_on
    return FrameworkDocument.model_validate({**fields, "sources": list(sources.values())})
