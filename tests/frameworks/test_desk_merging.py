"""Two edits of one draft put together: nothing of either is lost, and nothing that either took away comes back."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from frameworks.desk.merging import merge
from frameworks.document import Citation, FrameworkDocument
from tests.factories import make_document, make_source
from tests.strategies import documents

slow = settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])

CERTAINTY = {
    "level": "low",
    "outcome": "Pulse",
    "judged_by": "The editors",
    "reason": "One small trial.",
    "grade": False,
}
CHECK = {"checked": "says-it", "checked_by": "Ann Lee", "checked_on": "2026-05-31"}


def cite(source, stance="supports", **fields):
    return {"source": source, "stance": stance, **fields}


def claims(*citations, about=(), **fields):
    return [{"key": "calms", "text": "It calms.", "about": about, "citations": citations, **fields}]


def merged(base, theirs, mine) -> FrameworkDocument:
    """What becomes of box breathing with these changes; the records of sources are beside the point."""
    base, theirs, mine = (make_document(**changes) for changes in (base, theirs, mine))
    data = merge(base, theirs, mine)
    sources = {source.key: source for one in (base, theirs, mine) for source in one.sources}
    cited = {
        c["source"]
        for c in [*data["citations"], *(c for claim in data["claims"] for c in claim["citations"])]
    }
    return FrameworkDocument.model_validate(data | {"sources": tuple(sources[key] for key in cited)})


class TestTheCitationsOfAClaim:
    def merged(self, base, theirs, mine):
        found = merged({"claims": claims(*base)}, {"claims": claims(*theirs)}, {"claims": claims(*mine)})
        return found.claims[0].citations

    def sources(self, *edits):
        return [citation.source for citation in self.merged(*edits)]

    def test_that_each_added_stand_both(self):
        old = cite("lee2020")
        assert self.sources([old], [old, cite("a2001")], [old, cite("b2002")]) == [
            "lee2020",
            "b2002",
            "a2001",
        ]

    def test_that_either_took_away_stay_away(self):
        one, two, three = cite("lee2020"), cite("a2001"), cite("b2002")
        assert self.sources([one, two, three], [two, three], [one, three]) == ["b2002"]

    def test_that_both_changed_say_what_each_wrote(self):
        found = self.merged(
            [cite("lee2020")],
            [cite("lee2020", locator="p. 3", stance="qualifies")],
            [cite("lee2020", finding="Lower.", **CHECK)],
        )
        assert found == (Citation(**cite("lee2020", "qualifies", locator="p. 3", finding="Lower.", **CHECK)),)

    def test_that_both_checked_were_checked_by_one(self):
        theirs = cite("lee2020", checked="says-part", checked_by="Bo", checked_on="2026-01-01")
        (found,) = self.merged([cite("lee2020")], [theirs], [cite("lee2020", **CHECK)])
        assert (found.checked, found.checked_by, str(found.checked_on)) == tuple(CHECK.values())
        again = [CHECK | {"checked_on": "2026-07-01"}, CHECK | {"checked_by": "Cy"}]
        (found,) = self.merged(*([cite("lee2020", **check)] for check in (CHECK, *again)))
        assert (found.checked_by, str(found.checked_on)) == ("Cy", "2026-05-31")

    def test_that_both_added_are_one_where_neither_contradicts_the_other(self):
        found = self.merged([], [cite("a2001", locator="p. 3")], [cite("a2001", finding="Lower.")])
        assert found == (Citation(**cite("a2001", locator="p. 3", finding="Lower.")),)
        pages = [[cite("a2001", locator=page)] for page in ("p. 3", "p. 9")]
        assert [citation.locator for citation in self.merged([], *pages)] == ["p. 9", "p. 3"]
        assert len(self.merged([], [cite("a2001")], [cite("a2001", "disputes")])) == 2

    def test_that_both_added_are_taken_for_the_very_same_first(self):
        plain, placed = cite("a2001"), cite("a2001", locator="p. 3")
        assert self.merged([], [placed], [plain, placed]) == (Citation(**plain), Citation(**placed))

    def test_that_one_took_away_and_the_other_reworded_are_kept(self):
        assert self.sources([cite("lee2020")], [], [cite("lee2020", locator="p. 3")]) == ["lee2020"]

    def test_have_my_order_where_i_changed_it(self):
        one, two = cite("lee2020"), cite("a2001")
        assert self.sources([one, two], [one, two, cite("b2002")], [two, one]) == [
            "a2001",
            "b2002",
            "lee2020",
        ]


class TestTheCitationsOfTheWhole:
    def test_that_each_added_stand_both(self):
        old = cite("talk2019", "origin")
        found = merged(
            {"citations": [old]},
            {"citations": [cite("a2001", "background"), old]},
            {"citations": [cite("b2002", "background")]},
        )
        assert [citation.source for citation in found.citations] == ["b2002", "a2001"]


class TestWhatAClaimIsAbout:
    def about(self, *three):
        return merged(*({"claims": claims(about=names)} for names in three)).claims[0].about

    def test_is_all_that_either_added(self):
        assert self.about(["breathe"], ["breathe", "sit"], ["slow", "breathe"]) == ("slow", "breathe", "sit")

    def test_is_nothing_that_either_took_away(self):
        assert self.about(["breathe", "sit", "slow"], ["sit", "slow"], ["breathe", "sit"]) == ("sit",)

    def test_has_my_order_where_i_changed_it(self):
        assert self.about(["breathe", "sit"], ["breathe", "sit", "slow"], ["sit", "breathe"]) == (
            "sit",
            "slow",
            "breathe",
        )


class TestTheCertainty:
    def certainty(self, *three):
        return merged(*({"certainty": one} for one in three)).certainty

    def test_says_what_each_wrote(self):
        found = self.certainty(
            CERTAINTY, CERTAINTY | {"reason": "Two trials."}, CERTAINTY | {"outcome": "Sleep"}
        )
        assert (found.reason, found.outcome) == ("Two trials.", "Sleep")

    def test_is_one_persons_where_both_judged_first(self):
        theirs = CERTAINTY | {"judged_by": "A panel", "grade": True}
        found = self.certainty(None, theirs, CERTAINTY)
        assert (found.judged_by, found.grade) == ("The editors", False)
        assert self.certainty(None, theirs, None).grade

    def test_that_one_took_away_is_kept_only_where_the_other_reworded_it(self):
        assert self.certainty(CERTAINTY, None, CERTAINTY) is None
        assert self.certainty(CERTAINTY, CERTAINTY, None) is None
        assert self.certainty(CERTAINTY, CERTAINTY | {"level": "high"}, None).level == "high"
        assert self.certainty(CERTAINTY, None, CERTAINTY | {"level": "high"}).level == "high"


def places(document):
    """All that an edit can change, each on its own: a field, or something of a list that is added or taken away."""
    yield from ("title", "problem", "sensitive")
    if document.certainty:
        yield from (f"certainty {name}" for name in ("level", "outcome", "judged_by", "reason", "grade"))
    yield from ("principles + new-1", "principles + new-2")
    yield from (f"principles - {principle.key}" for principle in document.principles)
    for n, claim in enumerate(document.claims):
        yield f"claims {n} text"
        yield from (
            f"claims {n} about + {name}" for name in ("origin", "overview") if name not in claim.about
        )
        yield from (f"claims {n} about - {name}" for name in set(claim.about))
    for around, part in [
        ("", document),
        *((f"claims {n} ", claim) for n, claim in enumerate(document.claims)),
    ]:
        yield from (f"{around}citations + new{number}" for number in (1, 2))
        for n in range(len(part.citations)):
            # What one takes away and the other rewords is kept: those are not different things.
            ends = ("gone",) if n % 2 else ("locator", "finding", "checked")
            yield from (f"{around}citations {n} {end}" for end in ends)


def edited(document, edits) -> FrameworkDocument:
    """The document after these edits: which place, and by whom."""
    data = document.model_dump(mode="json")
    for place, by in edits:
        *path, name = [int(part) if part.isdigit() else part for part in place.split(" ")]
        around = data
        for part in path:
            around = around if part in ("+", "-") else around[part]
        match [*path, name]:
            case ["principles", "+", key]:
                around.append({"key": key, "text": f"Of {by}."})
            case ["principles", "-", key]:
                around[:] = [one for one in around if one["key"] != key]
                for claim in data["claims"]:
                    claim["about"] = [one for one in claim["about"] if one != key]
            case [*_, "about", "+", name]:
                around.append(name)
            case [*_, "about", "-", name]:
                around[:] = [one for one in around if one != name]
            case [*_, "citations", "+", key]:
                around.append(cite(key, "background", locator=f"seen by {by}"))
            case [*_, "checked"]:
                around |= CHECK | {"checked_by": by}
            case [*_, "sensitive" | "grade"]:
                around[name] = not around[name]
            case [*_, "level"]:
                around[name] = "high" if around[name] == "low" else "low"
            case _:
                around[name] = f"{name} of {by}"
    for part in (data, *data["claims"]):
        part["citations"] = [one for one in part["citations"] if "gone" not in one]
    return with_records(data)


def with_records(data) -> FrameworkDocument:
    cited = {one["source"] for part in (data, *data["claims"]) for one in part["citations"]}
    return FrameworkDocument.model_validate(data | {"sources": [make_source(key) for key in cited]})


def each_once(document) -> FrameworkDocument:
    """Without what nobody could tell apart: one source that a claim cites twice for the same."""
    data = document.model_dump(mode="json")
    for part in (data, *data["claims"]):
        part["citations"] = list({(one["source"], one["stance"]): one for one in part["citations"]}.values())
    return with_records(data)


def in_any_order(document) -> dict:
    data = document.model_dump(mode="json", exclude={"sources"})
    for part in (data, *data["claims"]):
        part["citations"].sort(key=str)
    for claim in data["claims"]:
        claim["about"].sort()
    data["principles"].sort(key=str)
    return data


class TestAnyTwoEditsOfDifferentThings:
    @slow
    @given(documents().map(each_once), st.data())
    def test_stand_both_whole(self, base, data):
        all_places = sorted(places(base))
        chosen = data.draw(st.lists(st.sampled_from(all_places), unique=True, max_size=12))
        edits = [(place, data.draw(st.sampled_from(["Ann", "Bo"]))) for place in chosen]
        theirs, mine = (edited(base, [edit for edit in edits if edit[1] == by]) for by in ("Bo", "Ann"))
        both = edited(base, edits)
        assert in_any_order(with_records(merge(base, theirs, mine))) == in_any_order(both)

    @slow
    @given(documents(), documents())
    def test_of_which_one_is_none_are_the_other(self, base, other):
        for edits in ((base, other), (other, base)):
            assert FrameworkDocument.model_validate(merge(base, *edits) | {"sources": other.sources}) == other
