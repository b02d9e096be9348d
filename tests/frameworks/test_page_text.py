import re
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from frameworks.document import RESERVED_KEYS, Level, SourceType
from frameworks.evidence import Tier, tier
from frameworks.matching import How, matched
from frameworks.page_text import NotAPage, Says, read
from frameworks.prose import UNSEEN, Prose
from frameworks.remarks import WORDS, worded
from tests.factories import make_document, make_source
from tests.strategies import documents

SEED = (Path(__file__).parent / "pages" / "seed-page.txt").read_text(encoding="utf-8")

#: A page as the seed's site prints it, with what that page lacks.
FULL = """\
STRESSMinutes to result

Box breathing

Four slow counts, four times

Problem it solves

Worry that keeps you from starting.

Best for

The minutes before something hard

Overview

Why this framework exists

Breathe in, hold, breathe out, hold: four counts each.

It takes two minutes.

Core principles

1 total
  1. A slow breath calms.

Steps

2 steps
  1. Sit
    Find a chair.
    WarningNever while driving.
    WarningStop when you feel faint.
  2. Breathe
    In, hold, out, hold.
    Pro tipCount on your fingers.

Checklist

0 of 2 done
☐ I have a chair
☐ I did four rounds
Saved in your browser

Common mistakes

1 traps
Hurrying
Four counts are four seconds.

Source

Source · PAPER
Slow breathing and the pulse
Ann Lee, Bo Roe · Journal of Examples · 2020
12:30
Open source → https://example.org/pulse
"""


def lines_of(page):
    return [(line.line, line.text) for line in page.unrecognised]


def remarks(page):
    return [
        f"line {remark.line}: {worded(remark)}" if remark.line else worded(remark)
        for remark in page.disagreements
    ]


def refusal(text):
    with pytest.raises(NotAPage) as refused:
        read(text)
    return worded(refused.value.remark)


def replaced(old, new, text=FULL):
    assert old in text
    return text.replace(old, new, 1)


def pointed_out(page):
    """The lines that may warn of something and are no warnings, each with the word that says so."""
    found = (remark for remark in page.disagreements if remark.says is Says.PERHAPS_A_WARNING)
    return {remark.line: remark.values["word"] for remark in found}


def accounted(page):
    return sorted([*page.used, *page.labels, *(line.line for line in page.unrecognised)])


def filled_lines(text):
    lines = re.split(r"\r\n|\r|\n", text.removeprefix("\ufeff"))
    return [n for n, line in enumerate(lines, 1) if line.strip()]


class TestReadingTheSeedPage:
    def test_puts_every_text_into_its_field_and_leaves_no_line_over(self):
        page = read(SEED)
        lines = [line.strip() for line in SEED.splitlines()]
        assert page.unrecognised == []
        assert page.category == "PEAK PERFORMANCE"
        assert page.parts == {
            "time_to_result": "months",
            "title": lines[2],
            "tagline": lines[4],
            "problem": lines[8],
            "best_for": lines[12],
            "not_ideal_for": lines[16],
            "overview": lines[22],
            "principles": [{"text": lines[n][3:]} for n in (27, 28, 29)],
            "steps": [
                {
                    "title": lines[n][3:],
                    "body": lines[n + 1],
                    "tip": lines[n + 2].removeprefix("Pro tip"),
                    "warnings": [{"level": "caution", "text": lines[n + 3].removeprefix("Warning")}],
                }
                for n in (34, 38, 42)
            ],
            "checklist": [],
            "examples": [
                {"title": lines[54], "body": lines[56], "outcome": lines[58].removeprefix("Outcome")}
            ],
            "mistakes": [{"title": lines[n], "body": lines[n + 1]} for n in (63, 65)],
            "origin": lines[72],
            "sources": [
                {
                    "type": "broadcast",
                    "title": lines[78],
                    "author": [{"family": "Huberman", "given": "Andrew"}],
                    "issued": "2025",
                }
            ],
        }

    def test_says_what_it_drops_and_what_somebody_has_to_judge(self):
        assert remarks(read(SEED)) == [
            "line 38: a warning arrives as caution: level to be judged",
            "line 42: a warning arrives as caution: level to be judged",
            "line 46: a warning arrives as caution: level to be judged",
            "line 48: the page has no checklist item; it cannot be published without one",
            "line 77: “Traced to primary” is dropped: what sources amount to is computed",
        ]

    def test_knows_the_words_around_the_content(self):
        labels = read(SEED).labels
        assert {labels[n] for n in (21, 50, 71)} == {"label"}
        assert {labels[n] for n in (27, 34, 54, 63)} == {"count"}
        assert (labels[77], labels[81]) == ("verdict", "link")

    @pytest.mark.parametrize("end", ["\r\n", "\r"])
    def test_is_the_same_with_the_line_ends_of_other_systems(self, end):
        assert read(SEED.replace("\n", end)) == read(SEED)
        assert read("\ufeff" + SEED) == read(SEED)

    @pytest.mark.parametrize("indent", ["", "\t", "\u00a0\u00a0"])
    def test_is_the_same_however_it_is_indented(self, indent):
        assert read(re.sub("(?m)^ +", indent, SEED)) == read(SEED)


class TestReadingAPage:
    def test_reads_what_the_seed_page_lacks(self):
        page = read(FULL)
        assert (page.unrecognised, page.category) == ([], "STRESS")
        assert [warning["text"] for warning in page.parts["steps"][0]["warnings"]] == [
            "Never while driving.",
            "Stop when you feel faint.",
        ]
        assert (page.parts["steps"][0]["tip"], page.parts["steps"][1]["warnings"]) == ("", [])
        assert page.parts["overview"].endswith("each.\n\nIt takes two minutes.")
        assert page.parts["checklist"] == [{"text": "I have a chair"}, {"text": "I did four rounds"}]
        assert (page.parts["not_ideal_for"], page.parts["origin"], page.parts["examples"]) == ("", "", [])
        assert page.parts["sources"] == [
            {
                "type": "article-journal",
                "title": "Slow breathing and the pulse",
                "author": [{"family": "Lee", "given": "Ann"}, {"family": "Roe", "given": "Bo"}],
                "container_title": "Journal of Examples",
                "issued": "2020",
                "locator": "12:30",
                "URL": "https://example.org/pulse",
            }
        ]

    @pytest.mark.parametrize(
        ("counted", "remark"),
        [
            ("2 steps", "line 25: the page counts 3 here under steps, and 2 follow"),
            ("1 total", "line 20: the page counts 3 here under principles, and 1 follows"),
            ("1 traps", "line 42: the page counts 3 here under mistakes, and 1 follows"),
            ("0 of 2 done", "line 35: the page counts 3 here under checklist, and 2 follow"),
        ],
    )
    def test_reports_a_count_that_does_not_agree_with_what_follows(self, counted, remark):
        assert remark not in remarks(read(FULL))
        number = counted.replace("2", "3") if "2" in counted else counted.replace("1", "3")
        line = FULL.splitlines().index(counted) + 1
        assert re.sub(r"^line \d+", f"line {line}", remark) in remarks(read(replaced(counted, number)))

    def test_reports_a_number_that_is_out_of_turn(self):
        assert "line 35: is numbered 5 where 2 would come" in remarks(
            read(replaced("2. Breathe", "5. Breathe"))
        )

    @pytest.mark.parametrize(
        ("head", "category", "time"),
        [
            ("STRESSMinutes to result", "STRESS", "minutes"),
            ("Stress · Weeks to result", "Stress", "weeks"),
            ("STRESS\nDAYS TO RESULT", "STRESS", "days"),
            ("Home\nSTRESS\n1 month to result", "STRESS", "months"),
            ("STRESS", "STRESS", None),
            ("Years to result", "", "years"),
            ("", "", None),
        ],
    )
    def test_tells_category_and_time_apart(self, head, category, time):
        page = read(replaced("STRESSMinutes to result", head))
        assert (page.category, page.parts.get("time_to_result")) == (category, time)
        assert (page.parts["title"], page.parts["tagline"]) == (
            "Box breathing",
            "Four slow counts, four times",
        )
        assert lines_of(page) == ([(1, "Home")] if head.startswith("Home") else [])

    @pytest.mark.parametrize(
        ("line", "after"),
        [
            (0, "Back to the library"),
            (6, "Share this page"),
            (9, "Save for later"),
            (21, "Read more"),
            (24, "Show all"),
            (26, "Listen"),
            (30, "Expand steps"),
            (32, "Helpful"),
            (34, "Report"),
            (47, "Copy link"),
            (50, "Print"),
            (54, "Follow"),
            (58, "Related frameworks"),
        ],
    )
    def test_gives_back_with_its_number_what_stands_among_the_content(self, line, after):
        lines = FULL.splitlines()
        lines[line:line] = ["", after, ""]
        page = read("\n".join(lines))
        assert lines_of(page) == [(line + 2, after)]

    def test_gives_back_what_stands_directly_before_a_text(self):
        page = read(
            replaced("    In, hold, out, hold.", "    Show more\n    In, hold, out, hold: four counts.")
        )
        assert lines_of(page) == [(36, "Show more")]
        wrapped = replaced(
            "    In, hold, out, hold.", "    Take it in slowly and\n    hold, then out and hold."
        )
        assert read(wrapped).unrecognised == []
        short = read(replaced("    In, hold, out, hold.", "    In this order:\n    In\n    Hold\n    Out"))
        assert short.unrecognised == []

    def test_points_out_a_text_of_short_lines_which_nothing_tells_from_buttons(self):
        page = read(replaced("The minutes before something hard", "Shift workers\n\nShare"))
        assert page.parts["best_for"] == "Shift workers\n\nShare"
        assert "line 13: best_for is several short lines; see whether each belongs there" in remarks(page)

    def test_gives_back_an_outcome_that_no_example_has(self):
        again = "OutcomeIt may also do nothing."
        page = read(SEED.replace("1 cases\n", f"1 cases\n{again}\n"))
        assert lines_of(page) == [(55, again)]
        page = read(SEED.replace("Common mistakes", f"{again}\n\nCommon mistakes"))
        assert lines_of(page) == [(61, again)]

    def test_puts_wrapped_lines_together(self):
        page = read(replaced("Four counts are four seconds.", "Four counts are\nfour seconds."))
        assert page.parts["mistakes"] == [{"title": "Hurrying", "body": "Four counts are\nfour seconds."}]
        page = read(replaced("WarningNever while driving.", "WarningNever while\n    driving."))
        assert page.parts["steps"][0]["warnings"][0]["text"] == "Never while\ndriving."
        assert page.unrecognised == []

    def test_reads_labels_with_a_colon_or_on_a_line_of_their_own(self):
        text = replaced("Pro tipCount", "Pro tip\n    Count")
        text = replaced("WarningNever", "WARNING: Never", text)
        text = replaced("WarningStop", "Warning – stop", text)
        steps = read(text).parts["steps"]
        assert steps[1]["tip"] == "Count on your fingers."
        assert [warning["text"] for warning in steps[0]["warnings"]] == [
            "Never while driving.",
            "stop when you feel faint.",
        ]

    def test_a_sentence_that_begins_with_the_word_of_a_label_stays_a_sentence_and_is_pointed_out(self):
        page = read(replaced("Find a chair.", "Warnings are read first."))
        assert page.parts["steps"][0]["body"] == "Warnings are read first."
        assert pointed_out(page) == {32: "Warnings"}

    def test_a_list_within_a_step_is_no_further_step(self):
        page = read(replaced("In, hold, out, hold.", "In this order:\n      1. in\n      2. out"))
        assert page.parts["steps"][1]["body"] == "In this order:\n1. in\n2. out"
        assert len(page.parts["steps"]) == 2

    @pytest.mark.parametrize("numbers", ["", "alone"])
    def test_finds_the_steps_when_their_numbers_were_lost_or_torn_off(self, numbers):
        text = re.sub(r"  ([12])\. ", r"  \1\n" if numbers else "", FULL)
        assert read(text).parts["steps"] == read(FULL).parts["steps"]
        assert read(text).parts["principles"] == read(FULL).parts["principles"]

    def test_a_step_without_a_text_is_kept_and_pointed_out(self):
        page = read(replaced("    In, hold, out, hold.\n", ""))
        assert page.parts["steps"][1] == {
            "title": "Breathe",
            "body": "Breathe",
            "tip": "Count on your fingers.",
            "warnings": [],
        }
        assert "line 35: the step has no text; its title stands for it until there is one" in remarks(page)

    def test_a_title_that_is_too_long_begins_the_text(self):
        page = read(replaced("2. Breathe", "2. Breathe " + "slowly " * 50))
        step = page.parts["steps"][1]
        assert step["title"].endswith("slowly…")
        assert step["body"].startswith("Breathe slowly slowly")
        assert step["body"].endswith("\n\nIn, hold, out, hold.")

    def test_what_no_document_can_hold_is_given_back(self):
        page = read(replaced("It takes two minutes.", "Long. " * 2000))
        assert page.parts["overview"] == ""
        assert any("characters long; 10,000 are the most" in remark for remark in remarks(page))
        page = read(replaced("1. A slow breath calms.", "\n".join(f"  {n}. Idea." for n in range(1, 104))))
        assert len(page.parts["principles"]) == 100
        assert [text for _, text in lines_of(page)] == ["101. Idea.", "102. Idea.", "103. Idea."]
        page = read(replaced("Hurrying", "[" * 301))
        assert page.parts["mistakes"] == []
        assert [len(text) for _, text in lines_of(page)] == [301, 29]

    def test_reads_other_alphabets_and_signs(self):
        page = read(replaced("Find a chair.", "בחרו כיסא — e\u0301té 🌿"))
        assert page.parts["steps"][0]["body"] == "בחרו כיסא — été 🌿"

    def test_leaves_out_characters_that_nobody_sees_and_says_so(self):
        page = read(replaced("Find a chair.", "Find \u202ea\x00 chair."))
        assert page.parts["steps"][0]["body"] == "Find a chair."
        assert "line 32: holds the unseen character U+202E, which is left out" in remarks(page)

    @settings(max_examples=300)
    @example("[a](b)")
    @example("[__1__[")
    @given(st.text(st.sampled_from("ab *_\\[](-.é1"), min_size=1, max_size=30))
    def test_plain_signs_never_become_markup(self, said):
        said = " ".join(f"x{said}x".split())
        body = read(replaced("Find a chair.", said)).parts["steps"][0]["body"]
        assert Prose(body).plain == said

    @pytest.mark.parametrize(
        ("kind", "type"),
        [
            ("PAPER", "article-journal"),
            ("BOOK", "book"),
            ("ARTICLE", "article"),
            ("VIDEO", "motion_picture"),
            ("TALK", "speech"),
            ("PODCAST", "broadcast"),
            ("Blog post", "post-weblog"),
            ("WEBSITE", "webpage"),
        ],
    )
    def test_knows_the_kinds_of_sources_and_makes_none_of_them_primary(self, kind, type):
        (source,) = read(replaced("PAPER", kind)).parts["sources"]
        assert source["type"] == type
        assert tier(make_source("lee2020", type=type, study_design=None)) is not Tier.PRIMARY

    def test_an_unknown_kind_is_a_document_and_said(self):
        page = read(replaced("PAPER", "TABLET"))
        assert page.parts["sources"][0]["type"] == SourceType.DOCUMENT
        assert "line 54: “TABLET” is no kind of source that is known; taken as a document" in remarks(page)

    @pytest.mark.parametrize(
        ("line", "names", "and_others"),
        [
            ("Lee, A., & Roe, B. · 2020", [("Lee", "A."), ("Roe", "B.")], False),
            ("Lee A, Roe BC et al. · 2020", [("Lee", "A"), ("Roe", "BC")], True),
            ("Bessel van der Kolk (2014)", [("van der Kolk", "Bessel")], False),
            ("World Health Organization · 2020-05", ["World Health Organization"], False),
            ("Ann Lee", [("Lee", "Ann")], False),
        ],
    )
    def test_reads_people_as_a_bibliography_names_them(self, line, names, and_others):
        text = replaced("Ann Lee, Bo Roe · Journal of Examples · 2020", line)
        (source,) = read(text).parts["sources"]
        assert [
            name.get("literal") or (name["family"], name.get("given")) for name in source["author"]
        ] == names
        assert source.get("and_others", False) is and_others

    def test_reads_several_sources_with_their_numbers(self):
        more = ["Source · BOOK", "On breath", "Roe · 2011", "https://doi.org/10.1234/roe.2011", "PMID 12345"]
        page = read(FULL + "\n".join([*more, "1:02:03", "2:00 Pauses"]))
        assert page.unrecognised == []
        assert page.parts["sources"][1] == {
            "type": "book",
            "title": "On breath",
            "author": [{"family": "Roe"}],
            "issued": "2011",
            "DOI": "10.1234/roe.2011",
            "PMID": "12345",
            "locator": "1:02:03; 2:00 Pauses",
        }


class TestWhatIsNoPage:
    @pytest.mark.parametrize(
        "text",
        [
            "",
            "\n \n",
            "A letter.\n\nDear all,\n\nthe steps are slippery.\n",
            "Steps\n\n1. Boil water.\n",
            "title: Box breathing\nprinciples:\n  - {key: slow}\nsteps:\n  - {key: sit}\n",
            "<html><h2>Core principles</h2><h2>Steps</h2></html>",
            "Overview\n\nSource\n",
            "\x00\x01",
        ],
    )
    def test_is_refused_with_what_a_page_has(self, text):
        assert "no page of a framework: such a page has its title on top" in refusal(text)

    def test_a_text_of_too_many_lines_is_refused(self):
        assert re.search(r"it has 20,0\d\d lines, 20,000 are the most", refusal(SEED + "a\n" * 20_000))

    def test_a_page_may_lack_all_but_a_title_and_steps(self):
        page = read("STRESSMinutes to result\nSitting\nSteps\n1. Sit\nFind a chair.\n")
        assert page.unrecognised == []
        assert page.parts["title"] == "Sitting"
        assert "the page has no checklist item; it cannot be published without one" in remarks(page)


class TestAWarningIsNeverHidden:
    """Whatever its label looks like, it becomes a warning, or its line is pointed out."""

    TIP = "    Pro tipCount on your fingers.\n"

    @pytest.mark.parametrize(
        ("label", "level"),
        [
            ("Warning", "caution"),
            ("warning", "caution"),
            ("warning: ", "caution"),
            ("Warnings: ", "caution"),
            ("Warning. ", "caution"),
            ("Warning\n    ", "caution"),
            ("WARNING ", "caution"),
            ("⚠ Warning ", "caution"),
            ("⚠️Warning\n\n    ", "caution"),
            ("- **Warning:** ", "caution"),
            ("[!WARNING] ", "caution"),
            ("1. Warning: ", "caution"),
            ("Safety warning: ", "caution"),
            ("Caution", "caution"),
            ("🚨 CAUTION — ", "caution"),
            ("Danger", "danger"),
            ("danger! ", "danger"),
            ("Contraindication", "contraindication"),
            ("CONTRAINDICATIONS: ", "contraindication"),
        ],
    )
    def test_it_is_known_by_its_label(self, label, level):
        page = read(replaced(self.TIP, f"{self.TIP}    {label}You may stop breathing.\n"))
        step = page.parts["steps"][1]
        assert step["warnings"] == [{"level": level, "text": "You may stop breathing."}]
        assert step["tip"] == "Count on your fingers."
        assert f"line 38: a warning arrives as {level}: level to be judged" in remarks(page) or "\n" in label
        assert (page.unrecognised, pointed_out(page)) == ([], {})

    @pytest.mark.parametrize(
        "line",
        [
            "Count. WarningYou may faint.",
            "Count.WarningYou may faint.",
            "Count. ⚠️ Warning: You may faint.",
            "CountWarningYou may faint.",
            "Count ⚠ Warning You may faint.",
            "Count (slowly). CAUTION You may faint.",
            "Count.\n    Pro tipCount slowly. Danger: You may faint.",
        ],
    )
    def test_it_is_cut_off_what_it_was_glued_to(self, line):
        page = read(replaced("Pro tipCount on your fingers.", f"Pro tip{line}"))
        step = page.parts["steps"][1]
        assert [warning["text"] for warning in step["warnings"]] == ["You may faint."]
        assert step["tip"].startswith("Count")
        assert "faint" not in step["tip"]
        assert (page.unrecognised, pointed_out(page)) == ([], {})
        assert page.used[37].startswith("steps[1].tip")

    def test_it_may_be_glued_to_a_title_or_to_another(self):
        page = read(replaced("2. Breathe", "2. BreatheWarningYou may faint. CautionSit down. Pro tipGo on."))
        step = page.parts["steps"][1]
        assert (step["title"], step["body"]) == ("Breathe", "In, hold, out, hold.")
        assert [warning["text"] for warning in step["warnings"]] == ["You may faint.", "Sit down."]
        assert step["tip"] == "Go on.\n\nCount on your fingers."

    @pytest.mark.parametrize("label", ["Pro tip", "pro tip: ", "PRO TIP ", "💡 Pro-tip: ", "Protip"])
    def test_nor_is_a_tip(self, label):
        page = read(replaced("Pro tipCount", f"{label}Count"))
        assert page.parts["steps"][1]["tip"] == "Count on your fingers."

    @pytest.mark.parametrize(
        ("line", "word"),
        [
            ("Warning signs are told first.", "Warning"),
            ("Warningdo not drive afterwards.", "Warning"),
            ("Dangerous for who drives.", "Danger"),
            ("“Warning: never alone” stands on it.", "Warning"),
            ("Caution-free it is not.", "Caution"),
            ("Read the Boxed Warning: it may harm.", "Warning"),
            ("Sit down. Danger lurks in water.", "Danger"),
            ("Sit down. warning: never alone.", "warning"),
        ],
    )
    def test_what_may_be_one_is_pointed_out(self, line, word):
        page = read(replaced("Find a chair.", line))
        assert page.parts["steps"][0]["body"] == line
        assert pointed_out(page) == {32: word}
        title = read(replaced("2. Breathe", "2. Warning signs"))
        assert title.parts["steps"][1]["title"] == "Warning signs"
        assert pointed_out(title) == {35: "Warning"}

    @pytest.mark.parametrize(
        "line", ["The danger is small.", "Take the precaution.", "See the warning, and stop."]
    )
    def test_no_word_of_a_sentence_is(self, line):
        assert pointed_out(read(replaced("Find a chair.", line))) == {}

    @pytest.mark.parametrize(
        "before",
        ["A slow breath calms.", "Breathe in, hold", "☐ I have a chair", "Hurrying", "Four counts are"],
    )
    def test_it_is_pointed_out_where_no_warning_has_a_place(self, before):
        line = FULL[: FULL.index(before)].count("\n") + 1
        assert pointed_out(read(replaced(before, f"WarningNot alone.\n{before}"))) == {line: "Warning"}
        assert pointed_out(read(replaced(before, f"Calm. WarningNot alone. {before}"))) == {line: "Warning"}

    def test_without_a_text_it_is_said_to_have_none(self):
        page = read(replaced(self.TIP, f"{self.TIP}    Warning\n"))
        assert "line 38: announces a warning, and none follows" in remarks(page)

    def test_on_the_line_after_its_label_it_begins_no_step(self):
        text = re.sub(r"  [12]\. ", "  ", replaced("WarningNever while driving.", "Warning\n    Never alone"))
        steps = read(text).parts["steps"]
        assert [step["title"] for step in steps] == ["Sit", "Breathe"]
        assert steps[0]["warnings"][0]["text"] == "Never alone"


class TestWhatIsSaidOfAPage:
    def test_has_words(self):
        assert set(WORDS) == {*Says}


# Lines that look like parts of a page, and lines that do not.
_ODD = [
    "warning: x", "⚠ Warning The end.", "Warning. ", "A sentence. WarningDo not.", "CautionNo", "DANGER", "danger x",
    "Dangerous", "3. Contraindication: x", "a Warning: b", "“Warning”", "Safety warnings", "x WarningYou may faint",
    "Steps", "steps:", "Source", "Source · PODCAST", "Source · ", "Pro tip", "Pro tipX", "Warning", "WarningX",
    "Warnings", "Outcome", "OutcomeX", "3 steps", "0/3", "1", "1.", "1. a", "2) B", "999. c", "- ", "- d", "☐", "[ ]",
    "· · ·", "...", "Months to result", "to result", "12:30", "https://", "https://example.org", "doi:10.1/x", "PMID 0",
    "A B · 2020", "· 2020", ", & ·", "et al. · 2020", "X\u202e", "\x00", "\u2028", "e\u0301" * 200, "[" * 400,
    "*_" * 90, "a" * 11_000, "Traced to nothing", "Open source →", "Saved in your browser", "## Examples", "\ufeff",
    "É", "ﬁ", "\ud800", "ß" * 301,
]  # fmt: skip
_mutations = st.lists(
    st.one_of(
        st.tuples(st.just("insert"), st.integers(0, 100), st.sampled_from(_ODD) | st.text(max_size=20)),
        st.tuples(st.just("delete"), st.integers(0, 100), st.just("")),
        st.tuples(st.just("move"), st.integers(0, 100), st.integers(0, 100)),
        st.tuples(st.just("join"), st.integers(0, 100), st.sampled_from(["", " ", "  "])),
    ),
    max_size=12,
)


def mutated(text, mutations):
    lines = text.splitlines()
    for what, n, more in mutations:
        n = n % len(lines)
        if what == "insert":
            lines.insert(n, more)
        elif what == "delete" and len(lines) > 1:
            del lines[n]
        elif what == "move":
            lines.insert(more % len(lines), lines.pop(n))
        elif what == "join" and n + 1 < len(lines):
            lines[n : n + 2] = [lines[n] + more + lines[n + 1]]
    return "\n".join(lines)


# The words that a label takes from the text. Where they are part of it, what stands around them is in it, too.
_LABELS = re.compile("pro[ -]?tip|warning|caution|danger|contraindication", re.I)


def letters(text):
    return "".join(re.findall(r"[^\W\d_]+", text))


class TestAnyPage:
    @settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from([SEED, FULL]), _mutations)
    def test_has_every_line_used_known_or_given_back_and_makes_a_document(self, text, mutations):
        text = mutated(text, mutations)
        try:
            page = read(text)
        except NotAPage:
            return
        lines = re.split(r"\r\n|\r|\n", text)
        assert sorted(set(accounted(page))) == filled_lines(text)
        # What is cut in two can be both used and given back.
        assert not [
            n
            for n, count in Counter(accounted(page)).items()
            if count > 1 and not _LABELS.search(lines[n - 1])
        ]
        assert len(remarks(page)) == len(page.disagreements)
        document, matches = matched(page)
        assert document.title == page.parts.get("title", "")
        found = {part: len(page.parts[part]) for part in ("principles", "steps", "checklist", "sources")}
        assert {part: len(getattr(document, part)) for part in found} == found
        assert {match.how for match in matches} <= {How.NEW, How.SAME_TITLE, How.SAME_NUMBER}

    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from([SEED, FULL]), _mutations)
    def test_has_the_words_of_each_used_line_where_it_says(self, text, mutations):
        text = mutated(text, mutations)
        try:
            page = read(text)
        except NotAPage:
            return
        lines = re.split(r"\r\n|\r|\n", text)
        for number, place in page.used.items():
            part = re.match("[a-z_]+", place)[0]
            if part in ("category", "time_to_result", "sources"):
                continue
            said = letters(str(list(_texts(page.parts[part]))))
            line = " ".join(lines[number - 1].split())
            line = re.sub("^(Outcome|OUTCOME)", "", line)
            # Unseen characters and normal forms may differ; the test of those is above.
            for words in map(letters, _LABELS.split(line)):
                if words.isascii() and line.isascii():
                    assert words in said, (number, place)

    @settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])
    @example(SEED, [("insert", 28, "WarningDo not try this alone.")])
    @example(FULL, [("join", 35, ""), ("join", 35, "")])
    @given(st.sampled_from([SEED, FULL]), _mutations)
    def test_hides_no_warning(self, text, mutations):
        """What begins like a warning, or is glued to something as only a label is, is a warning, or is told."""
        text = mutated(text, mutations)
        try:
            page = read(text)
        except NotAPage:
            return
        told = {*pointed_out(page), *(line.line for line in page.unrecognised)}
        for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
            seen = UNSEEN.sub("", " ".join(line.split()))
            begins = re.match(r"(?i)\W*(\d{1,2}[.)] ?)?\W*(warning|caution|danger|contraindication)", seen)
            glued = re.search(r"(Warning|Caution)[A-Z]", seen)
            if (begins or glued) and number in page.used and number not in told:
                assert "warnings[" in page.used[number], (number, line)

    @settings(max_examples=60)
    @given(st.text(max_size=400))
    def test_any_other_text_is_refused_in_words(self, text):
        assert "no page of a framework" in refusal(text)

    @pytest.mark.parametrize(
        "odd",
        [
            "x",
            " ",
            "[",
            "*_",
            "A, ",
            "· ",
            "1:00 ",
            "e\u0301",
            "Warning",
            "1. ",
            "\u202e",
            "x\n",
            f"{'y' * 70}\n",
        ],
    )
    @pytest.mark.parametrize("place", ["PEAK PERFORMANCE", "Overview", "Steps", "Examples", "Open source"])
    def test_a_megabyte_of_oddities_takes_little_time(self, odd, place):
        # Of lines a fifth of that is many times what is read, and refused.
        size, seconds = (200_000, 2) if odd.endswith("\n") else (10**6, 5)
        oddities = odd * (size // len(odd) + 1)
        text = SEED.replace(f"\n{place}\n", f"\n{place}\n\n{oddities}\n")
        if text == SEED:
            text = SEED.replace(place, f"{oddities}\n{place}")
        assert len(text) > size
        before = time.process_time()
        with suppress(NotAPage):
            matched(read(text))
        assert time.process_time() - before < seconds


def _texts(part):
    if isinstance(part, str):
        yield part.replace("\\", "")
    elif isinstance(part, dict):
        for value in part.values():
            yield from _texts(value)
    else:
        for value in part:
            yield from _texts(value)


class TestKeys:
    def test_are_the_first_words(self):
        document, _ = matched(read(FULL))
        assert [step.key for step in document.steps] == ["sit", "breathe"]
        assert document.steps[0].warnings[1].key == "stop-when-you-feel-faint"
        assert document.source_keys == ["lee2020"]
        assert matched(read(SEED))[0].source_keys == ["huberman2025"]

    def test_are_unique_and_never_the_name_of_a_section(self):
        text = replaced("1. Sit", "1. Steps", replaced("2. Breathe", "2. A slow breath calms"))
        document, _ = matched(read(text))
        assert document.principles[0].key == "a-slow-breath-calms"
        assert [step.key for step in document.steps] == ["steps-2", "a-slow-breath-calms-2"]
        assert "steps" in RESERVED_KEYS

    def test_have_a_word_of_their_own_where_no_word_can_stand_in_an_address(self):
        document, _ = matched(read(replaced("1. Sit", "1. לשבת", replaced("Ann Lee, Bo Roe", "李明"))))
        assert document.steps[0].key == "step"
        assert document.source_keys == ["slow2020"]

    def test_of_sources_tell_two_works_of_a_year_apart(self):
        bibliography = {key: make_source(key) for key in ("lee2020", "lee2020b")}
        document, matches = matched(read(FULL), bibliography=bibliography)
        assert [citation.source for citation in document.citations] == ["lee2020c"]
        assert matches[-1].how is How.NEW


class TestAPageThatIsReadAgain:
    """FULL is the page of the draft that `make_document` makes, as far as a page can say it."""

    def test_finds_everything_and_changes_nothing(self):
        first, _ = matched(read(FULL))
        again, matches = matched(read(FULL), first)
        assert again == first
        entries = [match.how for match in matches if match.part != "sources"]
        assert set(entries) == {How.SAME_TEXT}
        assert len(entries) == 1 + 2 + 2 + 2 + 1
        assert matches[-1].how is How.SAME_NUMBER

    def test_keeps_what_no_page_knows(self):
        draft = make_document(
            supervision="ask-first",
            sensitive=True,
            certainty={"level": "low", "outcome": "stress", "judged_by": "Editors", "reason": "Few trials."},
        )
        found, _ = matched(read(FULL), draft, category="stress")
        kept = ("supervision", "sensitive", "certainty", "claims", "warnings")
        assert {name: getattr(found, name) for name in kept} == {name: getattr(draft, name) for name in kept}
        assert found.checklist == draft.checklist
        assert found.examples == draft.examples
        assert [step.key for step in found.steps] == ["sit", "breathe"]

    def test_keeps_what_it_leaves_empty(self):
        draft, _ = matched(read(FULL))
        text = replaced("    Pro tipCount on your fingers.\n", "", replaced("12:30\n", ""))
        assert matched(read(text), draft)[0] == draft
        other = matched(read(replaced("12:30", "45:00")), draft)[0]
        assert other.citations[0].locator == "12:30"

    def test_keeps_the_level_and_the_advice_that_somebody_gave_a_warning(self):
        draft, _ = matched(read(FULL))
        step = draft.steps[0]
        judged = step.warnings[0].model_copy(update={"level": Level.DANGER, "what_to_do": "Stop the car."})
        draft = with_steps(
            draft, step.model_copy(update={"warnings": (judged, *step.warnings[1:])}), *draft.steps[1:]
        )
        assert matched(read(FULL), draft)[0].steps[0].warnings[0] == judged

    def test_finds_by_heading_what_is_worded_otherwise(self):
        draft, _ = matched(read(FULL))
        found, matches = matched(read(replaced("Find a chair.", "Find a firm chair.")), draft)
        assert found.steps[0].key == "sit"
        assert found.steps[0].body == "Find a firm chair."
        assert "steps “sit”: same heading" in map(str, matches)

    def test_finds_by_the_same_text_what_has_another_heading(self):
        draft, _ = matched(read(FULL))
        found, matches = matched(read(replaced("1. Sit", "1. Take a seat")), draft)
        assert (found.steps[0].key, found.steps[0].title) == ("sit", "Take a seat")
        assert "steps “sit”: same text" in map(str, matches)

    def test_finds_by_the_same_text_first(self):
        draft, _ = matched(read(replaced("2. Breathe", "2. Sit")))
        assert [step.key for step in draft.steps] == ["sit", "sit-2"]
        swapped = "1. Sit\n    In, hold, out, hold.\n  2. Sit\n    Find a chair."
        text = re.sub(r"1\. Sit\n(?s:.*?)(?=\n\nChecklist)", swapped, FULL)
        assert [step.key for step in matched(read(text), draft)[0].steps] == ["sit-2", "sit"]

    def test_finds_by_first_words_what_has_no_heading(self):
        draft, _ = matched(read(replaced("A slow breath calms.", "A slow long breath out calms many.")))
        text = replaced("A slow breath calms.", "A slow long breath out calms nearly everybody.")
        found, matches = matched(read(text), draft)
        assert found.principles[0].key == draft.principles[0].key
        assert found.principles[0].text.endswith("everybody.")
        assert matches[0].how is How.SAME_FIRST_WORDS

    def test_follows_a_new_order(self):
        draft, _ = matched(read(FULL))
        turned = re.sub(r"(☐ I have a chair)\n(☐ I did four rounds)", r"\2\n\1", FULL)
        assert matched(read(turned), draft)[0].item_keys == draft.item_keys[::-1]

    def test_lets_go_of_an_entry_that_the_page_has_no_longer_and_of_what_points_to_it(self):
        draft = make_document()
        text = (
            re.sub(r"  2\. Breathe\n(?s:.*?)(?=\n\nChecklist)", "", FULL)
            .replace("☐ ", "")
            .replace("I did", "You did")
        )
        found, _ = matched(read(text), draft, category="stress")
        assert [step.key for step in found.steps] == ["sit"]
        assert found.claims[0].about == ("overview",)
        assert all(item.step in (None, "sit") for item in found.checklist)

    def test_never_gives_the_key_of_an_entry_that_goes_to_another(self):
        draft, _ = matched(read(FULL))
        text = replaced("2. Breathe", "2. Steps of breath")
        gone = draft.steps[1].model_copy(update={"key": "steps-of-breath", "title": "Z", "body": "Y"})
        draft = with_steps(draft, draft.steps[0], gone)
        found, _ = matched(read(replaced("In, hold, out, hold.", "Other words.", text)), draft)
        assert found.steps[1].key == "steps-of-breath-2"

    def test_never_loses_a_warning(self):
        draft, _ = matched(read(FULL))
        found, matches = matched(read(replaced("    WarningNever while driving.\n", "")), draft)
        assert {warning.text for warning in found.steps[0].warnings} == {
            "Stop when you feel faint.",
            "Never while driving.",
        }
        assert any(match.how is How.KEPT for match in matches)
        without_step = re.sub(r"  1\. Sit\n(?s:.*?)  2\. ", "  1. ", FULL)
        found, _ = matched(read(without_step), draft)
        assert [warning.text for warning in found.warnings] == [
            "Never while driving.",
            "Stop when you feel faint.",
        ]

    def test_leaves_a_warning_about_the_whole_where_an_editor_put_it(self):
        draft, _ = matched(read(FULL))
        first, second = draft.steps[0].warnings
        draft = with_steps(draft, draft.steps[0].model_copy(update={"warnings": (second,)}), draft.steps[1])
        draft = draft.model_copy(update={"warnings": (first,)})
        assert matched(read(FULL), draft)[0] == draft

    def test_follows_a_warning_to_another_step(self):
        draft, _ = matched(read(FULL))
        text = replaced("    WarningNever while driving.\n", "")
        text = replaced("    Pro tipCount", "    WarningNever while driving.\n    Pro tipCount", text)
        found, _ = matched(read(text), draft)
        assert found.steps[1].warnings == (draft.steps[0].warnings[0],)

    def test_cites_the_record_that_the_bibliography_has(self):
        record = make_source(
            "huberman2025b",
            type="broadcast",
            title="Erasing Fears & Traumas using modern Neuroscience",
            issued="2025-11-06",
            study_design=None,
            draws_on=["roe2011"],
        )
        bibliography = {"huberman2025b": record, "roe2011": make_source("roe2011")}
        document, matches = matched(read(SEED), bibliography=bibliography)
        assert document.sources == (record, bibliography["roe2011"])
        assert document.citations[0].source == "huberman2025b"
        assert document.citations[0].stance == "origin"
        assert matches[-1].how is How.SAME_TITLE
        other_year = {"huberman2025b": record.model_copy(update={"issued": "2019", "draws_on": ()})}
        assert matched(read(SEED), bibliography=other_year)[1][-1].how is How.NEW

    @settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow])
    @given(st.sampled_from([SEED, FULL]), _mutations, documents())
    def test_makes_a_document_with_any_draft_and_a_second_time_the_same(self, text, mutations, draft):
        try:
            page = read(mutated(text, mutations))
        except NotAPage:
            return
        found, _ = matched(page, draft)
        assert matched(page, found)[0] == found
        kept = {warning.key for warning in found.all_warnings()}
        assert {warning.key for warning in draft.all_warnings()} <= kept


def with_steps(document, *steps):
    return document.model_validate({**document.model_dump(), "steps": [step.model_dump() for step in steps]})
