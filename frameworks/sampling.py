"""Made-up frameworks of realistic size, for tests and benchmarks. Nothing in them is true."""

import random
from collections.abc import Sequence

from django.db import transaction
from django.db.models import OuterRef, Subquery

from . import bibliography, listings
from .document import (
    CertaintyLevel,
    ChangeKind,
    FrameworkDocument,
    Level,
    Source,
    Stance,
    Supervision,
    TimeToResult,
)
from .drafts import write_drafts
from .models import Category, Framework, Revision

_PREFIX = "made-up-"
_BATCH = 100
_SOURCES = 300
_SUBJECTS = ("sleep", "stress", "mood", "pain", "focus", "strength", "grief", "trauma")
_WORDS = """
able accept afternoon agree alarm alone anxiety appetite attention awake balance bedroom begin behaviour belief body
bored brain breath breathe bright calm careful caffeine chair change chest clinic clock close coffee cold comfort count
cycle daily dark daylight decide deep depression diary dose dream early effort energy evening exercise exhale exposure
fasting fatigue fear feeling floor focus follow friend gentle goal gratitude habit hand heart heat hour hunger hypnosis
image inhale injury insomnia journal kitchen late learn light limit listen lonely lower meal measure memory mindful
minute mood morning movement muscle music nature nerve night noise notice nurse pain panic partner pause phone physician
plan posture practice pressure protein pulse quiet reason record regret relax relief remember repeat rest return rhythm
routine safe screen season session shoulder sitting sleep slow social speak squeeze stand steady strength stress stretch
sugar sunlight support symptom talk temperature tension therapist thought tired touch training trauma trigger trust
unwind urge value vivid wake walk warm water weather week weight window wonder worry write yoga
""".split()  # noqa: SIM905 - a list of a hundred quoted words is harder to read


def sample_sources(number: int = _SOURCES) -> list[Source]:
    """Trials and cohorts, and reviews and talks that draw on trials."""
    chance = random.Random(number)  # noqa: S311 - the same every time, nothing secret
    sources = []
    for n in range(number):
        trials = [source.key for source in sources if "trial" in str(source.study_design)]
        kind, design = [
            ("article-journal", "randomized-controlled-trial"),
            ("article-journal", "cohort-study"),
            ("article-journal", "systematic-review"),
            ("broadcast", None),
        ][n % 4]
        sources.append(
            Source(
                key=f"madeup{n:04}",
                type=kind,
                title=_sentence(chance, 9),
                author=[{"family": _word(chance).capitalize(), "given": "A"}, {"literal": "Made Up Group"}],
                issued=str(chance.randint(1980, 2025)),
                container_title=f"Journal of {_word(chance).capitalize()}",
                study_design=design,
                sample=f"{chance.randint(10, 900)} people",
                draws_on=chance.sample(trials, min(len(trials), 3)) if n % 4 >= 2 else (),
            )
        )
    return sources


def sample_document(n: int, sources: Sequence[Source], category: str) -> FrameworkDocument:
    """The framework of this number, the same every time: 6 steps, 10 items, 12 claims, 20 citations."""
    chance = random.Random(n)  # noqa: S311
    records = {source.key: source for source in sources}
    citing = chance.choices(sorted(records), k=20)
    claims = [
        {
            "key": f"claim-{m}",
            "text": _sentence(chance, 10),
            "about": [f"step-{m % 6}"],
            "citations": [
                _citation(chance, key, chance.choice((Stance.SUPPORTS, Stance.SUPPORTS, Stance.DISPUTES)))
                for key in citing[m::12]
            ],
        }
        for m in range(12)
    ]
    supervision = chance.choice(list(Supervision))
    certainty = chance.choice([None, *CertaintyLevel])
    return FrameworkDocument.model_validate(
        {
            "title": f"{_sentence(chance, 3).rstrip('.')} {n}",
            "tagline": _sentence(chance, 8),
            "category": category,
            "time_to_result": chance.choice(list(TimeToResult)),
            "supervision": supervision,
            "certainty": certainty
            and {
                "level": certainty,
                "outcome": _sentence(chance, 4),
                "judged_by": "Nobody",
                "reason": "Made up.",
            },
            "problem": _prose(chance, 3),
            "best_for": _prose(chance, 3),
            "not_ideal_for": _prose(chance, 2),
            "overview": _prose(chance, 8),
            "origin": _prose(chance, 4),
            "warnings": [_warning(chance, f"warning-{m}", Level.DANGER) for m in range(2)],
            "principles": [{"key": f"principle-{m}", "text": _prose(chance, 1)} for m in range(4)],
            "steps": [
                {
                    "key": f"step-{m}",
                    "title": _sentence(chance, 3),
                    "body": _prose(chance, 4),
                    "tip": _prose(chance, 1),
                    "warnings": [_warning(chance, f"warning-of-step-{m}", Level.CAUTION)]
                    if m % 3 == 0
                    else [],
                }
                for m in range(6)
            ],
            "checklist": [
                {"key": f"item-{m}", "text": _sentence(chance, 7), "step": f"step-{m % 6}"} for m in range(10)
            ],
            "examples": [
                {"key": f"example-{m}", "title": _sentence(chance, 4), "body": _prose(chance, 4)}
                for m in range(2)
            ],
            "mistakes": [
                {"key": f"mistake-{m}", "title": _sentence(chance, 3), "body": _prose(chance, 2)}
                for m in range(3)
            ],
            "claims": claims,
            "sources": _with_what_they_draw_on(citing, records),
        }
    )


@transaction.atomic
def make_frameworks(number: int) -> int:
    """Fill the library with this many published frameworks more, as publish would, but many at once.

    Returns how many made-up frameworks there are then.
    """
    sources = sample_sources()
    bibliography.save(sources)
    categories = _categories()
    first = Framework.objects.filter(slug__startswith=_PREFIX).count() + 1
    for start in range(first, first + number, _BATCH):
        numbers = range(start, min(start + _BATCH, first + number))
        _publish_all(
            [
                (
                    Framework(slug=f"{_PREFIX}{n}"),
                    sample_document(n, sources, categories[n % len(categories)]),
                )
                for n in numbers
            ]
        )
    return first + number - 1


def _categories() -> list[str]:
    Category.objects.bulk_create(
        [
            Category(slug=f"{_PREFIX}{subject}", name=f"Made up: {subject}", position=1000 + n)
            for n, subject in enumerate(_SUBJECTS)
        ],
        update_conflicts=True,
        unique_fields=["slug"],
        update_fields=["name"],
    )
    return [f"{_PREFIX}{subject}" for subject in _SUBJECTS]


def _publish_all(drafts: Sequence[tuple[Framework, FrameworkDocument]]) -> None:
    """What publish does, for many frameworks that are new."""
    write_drafts(drafts)
    revisions = Revision.objects.bulk_create(
        Revision.freeze(framework, document, number=1, kind=ChangeKind.EDITORIAL)
        for framework, document in drafts
    )
    Framework.objects.filter(pk__in=[framework.pk for framework, _ in drafts]).update(
        current_revision=Subquery(Revision.objects.filter(framework=OuterRef("pk")).values("pk")[:1])
    )
    listings.write_all(
        listings.listing_row(framework, revision, document)
        for (framework, document), revision in zip(drafts, revisions, strict=True)
    )


def _with_what_they_draw_on(keys: Sequence[str], records: dict[str, Source]) -> list[Source]:
    found, ahead = {}, list(keys)
    while ahead:
        key = ahead.pop()
        if key not in found:
            found[key] = records[key]
            ahead += records[key].draws_on
    return list(found.values())


def _citation(chance: random.Random, key: str, stance: Stance) -> dict:
    return {"source": key, "stance": stance, "locator": "abstract", "finding": _sentence(chance, 8)}


def _warning(chance: random.Random, key: str, level: Level) -> dict:
    return {"key": key, "level": level, "text": _prose(chance, 1), "what_to_do": _prose(chance, 1)}


def _prose(chance: random.Random, sentences: int) -> str:
    return " ".join(_sentence(chance, chance.randint(8, 16)) for _ in range(sentences))


def _sentence(chance: random.Random, words: int) -> str:
    return " ".join(_word(chance) for _ in range(words)).capitalize() + "."


def _word(chance: random.Random) -> str:
    return chance.choice(_WORDS)
