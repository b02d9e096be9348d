"""From the desk to readers: preview, comparison, what is missing, publishing, going back, withdrawing, export."""

import html
import io
import re
import zipfile
from datetime import date

import pytest
from django.db import transaction
from django.urls import reverse

from frameworks import bibliography
from frameworks.admin import publishing
from frameworks.desk import publishing as desk
from frameworks.desk.publishing import digest
from frameworks.desk.saving import begin_draft, save_draft
from frameworks.document import FrameworkFile
from frameworks.drafts import read_draft, write_draft
from frameworks.matching import matched
from frameworks.models import (
    DraftChange,
    Framework,
    HelpContact,
    Review,
    Revision,
    SafetyNotice,
    Source,
    SourceUpdate,
)
from frameworks.page_text import read
from frameworks.readiness import advice
from frameworks.yaml_text import YamlText
from tests.factories import make_category, make_document, make_framework, make_source

from .desk import ROLES, address, browser_of
from .desk_forms import typed
from .test_desk_import import IMPORT, SEED

pytestmark = pytest.mark.django_db


@pytest.fixture
def framework():
    return make_framework(published=True)


def edit(framework, by, **changes):
    """Save the draft with these changes, as the desk does."""
    framework.refresh_from_db()
    document = read_draft(framework)
    save_draft(framework, document.model_copy(update=changes), by=by.person, version=framework.version)
    framework.refresh_from_db()


def publish_page(browser, framework, **typed_before):
    """The page that publishes, as the preview leads to it."""
    preview = browser.get(address(framework, "preview"), typed_before).text
    found = re.search(rf'href="({address(framework, "publish")}\?[^"]*)"', preview)
    return browser.get(html.unescape(found[1]))


def publish(browser, framework, **changes):
    page = publish_page(browser, framework)
    return browser.post(address(framework, "publish"), typed(page, "publish", **changes))


def sends(page) -> tuple[str, str, dict]:
    """Where the form of the page that publishes leads, how, and with what."""
    [attributes] = re.findall(r'<form ([^>]*id="publish"[^>]*)>', page.text)
    fields = {
        name: values[0] for name, values in typed(page, "publish").items() if name != "csrfmiddlewaretoken"
    }
    return (
        re.search(r'action="([^"]*)"', attributes)[1],
        re.search(r'method="([^"]*)"', attributes)[1],
        fields,
    )


class TestThePreview:
    def test_shows_the_draft_as_the_page_would_and_says_that_it_is_one(self, editor, framework):
        edit(framework, editor, overview=make_document(overview="Not seen by *anyone*.").overview)
        SafetyNotice.objects.create(framework=framework, text="Two people fainted.")
        page = editor.get(address(framework, "preview"))
        for shown in (
            "A draft. Only editors see this page.",
            "Draft of revision 2, not published",
            'href="/frameworks/box-breathing/revisions/"',
            "Not seen by <em>anyone</em>.",
            "Two people fainted.",
            "I have a chair",
            "Traced to primary",
        ):
            assert shown in page.text
        assert "Start this checklist" not in page.text
        assert "Not seen by" not in editor.get("/frameworks/box-breathing/").text

    def test_shows_what_was_never_published_with_what_is_live(self, editor):
        framework = make_framework(sensitive=True)
        HelpContact.objects.create(
            key="x", kind="talk", name="A line", number="1", link="tel:1", country="GB"
        )
        Review.objects.create(
            framework=framework,
            reviewer="Ann Lee",
            credential="GP",
            reviewed_on="2026-01-01",
            due_on="2027-01-01",
        )
        SourceUpdate.objects.create(
            source=Source.objects.get(key="lee2020"), type="retraction", date="2026-02-03"
        )
        page = editor.get(address(framework, "preview")).text
        for shown in ("A line", "Ann Lee", "Retracted", "Draft, never published"):
            assert shown in page
        assert "/frameworks/box-breathing/revisions/" not in page, "readers find nothing there yet"

    def test_is_nobody_elses_and_kept_by_no_cache(self, editor, framework):
        answer = editor.get(address(framework, "preview"))
        assert answer.headers["Cache-Control"].startswith("private, no-store")
        assert 'content="noindex"' in answer.text

    def test_alone_of_all_addresses_may_stand_in_a_frame_of_ours(self, editor, framework):
        for name in ("preview", "phone", "change", "publish"):
            answer = editor.get(address(framework, name))
            framed = name == "preview"
            assert ("frame-ancestors 'self'" in answer.headers["Content-Security-Policy"]) is framed, name
            assert ("frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]) is not framed, name
            if answer.status_code == 200:
                assert answer.headers["X-Frame-Options"] == ("SAMEORIGIN" if framed else "DENY")
        assert (
            "default-src 'self'"
            in editor.get(address(framework, "preview")).headers["Content-Security-Policy"]
        )
        assert f'src="{address(framework, "preview")}?framed"' in editor.get(address(framework, "phone")).text

    def test_in_a_frame_opens_links_in_the_whole_window_and_stays_for_its_own_places(self, editor, framework):
        page = editor.get(f"{address(framework, 'preview')}?framed").text
        assert '<base target="_top">' in page[: page.index("</head>")]
        article = page[page.index("<h1>") :]
        assert article.count('target="_self" href="#') > 5
        assert article.count('href="#') == article.count('target="_self" href="#')
        assert "target=" not in editor.get(address(framework, "preview")).text

    def test_follows_saving_where_that_is_asked(self, editor, framework):
        page = editor.get(address(framework))
        answer = editor.post(address(framework), typed(page, tagline="New", _preview=""))
        assert answer.url == address(framework, "preview")
        assert "New" in editor.get(answer.url).text


class TestThePagesOfAFramework:
    @pytest.mark.parametrize("name", ["publish", "withdraw", "revisions", "compare", "phone", "history"])
    def test_name_it_in_their_heading_and_title(self, publisher, framework, name):
        page = publisher.get(address(framework, name)).text
        assert re.search(r"<h1>[^<]+: Box breathing</h1>", page)
        assert re.search(r"<title>[^<]+: Box breathing ", page)

    def test_lead_to_a_new_safety_notice_once_there_are_readers(self, editor, publisher, framework):
        link = f'href="/admin/frameworks/safetynotice/add/?framework={framework.pk}"'
        assert link in publisher.get(address(framework, "revisions")).text
        assert link not in editor.get(address(framework, "revisions")).text
        assert (
            "/safetynotice/add/?" not in publisher.get(address(make_framework(slug="new"), "revisions")).text
        )

    def test_tell_its_history_by_names_and_lead_to_what_was_changed(self, editor, framework):
        editor.person.display_name = "Ann Lee"
        editor.person.save()
        editor.post(address(framework), typed(editor.get(address(framework)), title="Square breathing"))
        page = editor.get(address(framework, "history")).text
        assert re.search(r"<li>\d+ \w{3} \d{4}, \d\d:\d\d · Ann Lee · Changed Title\.</li>", page)
        assert editor.person.email not in page[page.index("<h1>") :]
        assert f'<a href="{address(framework, "revisions")}">' in page
        assert f'href="{address(framework, "history")}"' in editor.get(address(framework, "revisions")).text


class TestComparing:
    def test_the_draft_with_the_live_revision_marks_the_words(self, editor, framework):
        edit(framework, editor, title="Square breathing")
        page = editor.get(address(framework, "compare")).text
        assert "Against revision 1" in page
        assert "<del>" in page
        assert "Square" in page
        assert address(framework, "compare") in editor.get(address(framework)).text

    def test_any_two_revisions_is_a_choice_among_all(self, editor, framework):
        assert "<select" not in editor.get(address(framework, "revisions")).text
        edit(framework, editor, title="Square breathing")
        framework.publish(by=None, kind="editorial")
        page = editor.get(address(framework, "revisions")).text
        assert (
            '<form class="choose-two ui screen-only" method="get" action="/frameworks/box-breathing/revisions/"'
            in page
        )
        assert '<option value="1" selected>' in page

    def test_what_was_never_published_is_with_nothing(self, editor):
        assert editor.get(address(make_framework(), "compare")).status_code == 404


def advised(document, **facts):
    facts = {"retracted": (), "review_due_on": date(2027, 1, 1), "today": date(2026, 6, 1), **facts}
    return {(problem.rule, problem.path) for problem in advice(document, **facts)}


def sound(**changes):
    """A document of which nothing is advised."""
    checked = {"checked": "says-it", "checked_by": "Ann", "checked_on": "2026-05-01"}
    warnings = [{"key": "dizzy", "level": "danger", "text": "You may faint.", "what_to_do": "Sit down."}]
    claim = {
        "key": "calms",
        "text": "It calms.",
        "citations": [{"source": "lee2020", "stance": "supports", **checked}],
    }
    steps = [{"key": "sit", "title": "Sit", "body": "Find a chair."}]
    checklist = [{"key": "chair", "text": "A chair"}]
    return make_document(
        **{"warnings": warnings, "claims": [claim], "steps": steps, "checklist": checklist, **changes}
    )


class TestAdvice:
    def test_is_none_where_nothing_is_amiss(self):
        assert advised(sound()) == set()

    def test_a_warning_says_what_to_do(self):
        warning = {"key": "w", "level": "danger", "text": "You may faint."}
        steps = [{"key": "sit", "title": "Sit", "body": "x", "warnings": [warning]}]
        assert advised(sound(warnings=[])) == set()
        assert advised(sound(steps=steps)) == {("warning-says-what-to-do", "steps[0].warnings[0]")}

    @pytest.mark.parametrize(
        ("text", "repeats"),
        [
            ("Not without supervision.", True),
            ("Do not do this without medical supervision!", True),
            ("Only under supervision", True),
            ("Never without a professional", True),
            ("This must not be done without supervision.", True),
            ("Only with a therapist.", True),
            ("Do not attempt without a trained professional.", True),
            ("Medical supervision is required.", True),
            ("Never do this unsupervised.", True),
            ("Don’t try this on your own. It can only be done with a qualified clinician", True),
            ("Sitting down must not be done alone.", True),
            ("Ask your doctor first.", True),
            ("Sit only under supervision: fainting.", False),
            ("Never unsupervised: sitting.", False),
            ("Without supervision you may not sit again.", False),
            ("Medical supervision is required, because the blood pressure rises.", False),
            ("Must not be done by people with psychosis without a doctor.", False),
            ("Only with a therapist who knows of your epilepsy.", False),
            ("Do not drive alone.", False),
            ("Supervision alone is not enough.", False),
            ("You may faint.", False),
            ("Not without supervision: you may stop breathing.", False),
            ("You may faint without supervision nobody sees.", False),
        ],
    )
    def test_a_warning_says_more_than_that_supervision_is_needed(self, text, repeats):
        warning = {"key": "w", "level": "danger", "text": text, "what_to_do": "Ask."}
        step = {"key": "sit", "title": "Sitting down", "body": "Find a chair.", "warnings": [warning]}
        expected = {("warning-says-what-can-happen", "steps[0].warnings[0]")} if repeats else set()
        assert advised(sound(steps=[step])) == expected

    def test_a_warning_as_pages_print_it_says_no_more_than_that(self):
        document, _ = matched(read(SEED))
        found = advised(document, review_due_on=date(2030, 1, 1))
        where = {path for rule, path in found if rule == "warning-says-what-can-happen"}
        assert where == {f"steps[{n}].warnings[0]" for n in range(3)}

    def test_claims_without_a_source_and_unchecked_ones_are_counted(self):
        claims = [
            {"key": "a", "text": "A", "citations": [{"source": "lee2020", "stance": "supports"}]},
            {"key": "b", "text": "B"},
            {"key": "c", "text": "C", "citations": [{"source": "lee2020", "stance": "background"}]},
        ]
        document = sound(claims=claims)
        assert advised(document) == {
            ("claims-have-sources", "claims[1]"),
            ("claims-are-checked", "claims[0]"),
        }
        messages = [
            p.message for p in advice(document, retracted=(), review_due_on=date(2030, 1, 1), today=date.min)
        ]
        assert messages[0].startswith("2 claims have no source")
        assert messages[1].startswith("1 claim cites")
        assert advised(document, retracted=("lee2020",)) == {("claims-have-sources", "claims[0]")}

    def test_a_step_that_a_professional_does_has_a_warning(self):
        steps = [{"key": "sit", "title": "Sit", "body": "x", "done_by": "professional"}]
        assert advised(sound(steps=steps)) == {("professional-step-has-a-warning", "steps[0]")}

    def test_some_claim_is_listed(self):
        assert advised(sound(claims=[])) == {("claims-are-listed", "claims")}

    @pytest.mark.parametrize(
        "words",
        ["Suicidal thoughts pass.", "Urges to self-harm.", "After abuse.", "What trauma does.", "SELF HARM"],
    )
    def test_what_may_find_a_reader_in_distress_is_marked_sensitive(self, words):
        rule = ("what-may-distress-is-sensitive", "sensitive")
        assert advised(sound(overview=words)) == {rule}
        assert advised(sound(mistakes=[{"key": "m", "title": "Hurrying", "body": words}])) == {rule}
        assert advised(sound(overview=words, sensitive=True)) == set()

    def test_a_harmless_word_asks_for_no_mark(self):
        assert advised(sound(overview="It is harmless, and selfless; no astraum.")) == set()

    def test_a_review_is_there_and_not_overdue(self):
        assert advised(sound(), review_due_on=None) == {("is-reviewed", "")}
        assert advised(sound(), review_due_on=date(2026, 5, 31)) == {("review-is-not-overdue", "")}
        assert advised(sound(), review_due_on=date(2026, 6, 1)) == set()

    def test_a_certainty_always_has_a_reason_or_is_not_saved(self, editor):
        framework = make_framework()
        page = editor.get(address(framework))
        form = typed(page, certainty_level="low", certainty_outcome="Pulse", certainty_judged_by="Us")
        answer = editor.post(address(framework), form)
        assert answer.status_code == 422
        assert 'href="#id_certainty_reason"' in answer.text


class TestReadyToPublish:
    def test_lists_what_blocks_and_what_is_advised_each_with_its_field(self, editor):
        framework = make_framework(
            overview="", supervision="professional-required", warnings=[], steps=[], claims=[], checklist=[]
        )
        page = editor.get(address(framework)).text
        assert "Not ready to publish: " in page
        for anchor in ("id_overview", "part-steps"):
            assert f'href="{address(framework)}#{anchor}"' in page
            assert f'id="{anchor}"' in page
        assert "No clinician has reviewed it" in page

    def test_leads_from_a_missing_review_to_where_it_is_added(self, editor, publisher, framework):
        link = f'href="/admin/frameworks/review/add/?framework={framework.pk}">No clinician has reviewed it'
        assert link in publisher.get(address(framework)).text
        assert "/review/add/" not in editor.get(address(framework)).text
        assert f'value="{framework.pk}" selected' in publisher.get(link.split('"')[1]).text

    def test_says_so_where_nothing_blocks_and_who_does_it(self, editor, publisher, framework):
        page = editor.get(address(framework)).text
        assert "Ready to publish; a publisher publishes it" in page
        assert "a publisher publishes it" not in publisher.get(address(framework)).text
        assert f'href="{address(framework)}#entry-calms"' in page
        assert 'id="entry-calms"' in page


class TestPublishing:
    def test_makes_a_revision_of_what_was_previewed(self, editor, publisher, framework):
        edit(framework, editor, title="Square breathing")
        answer = publish(publisher, framework, kind="clinical", note="A better name.")
        assert (answer.status_code, answer.url) == (303, address(framework, "revisions"))
        revision = Revision.objects.first()
        assert (revision.number, revision.kind, revision.note) == (2, "clinical", "A better name.")
        assert revision.published_by == publisher.person
        assert "Published revision 2." in publisher.get(address(framework, "history")).text
        assert "Square breathing" in publisher.get("/frameworks/box-breathing/").text

    def test_of_a_draft_that_changed_since_is_refused_with_what_changed(self, editor, publisher, framework):
        edit(framework, editor, title="Square breathing")
        page = publish_page(publisher, framework)
        edit(framework, editor, tagline="Sneaked in")
        form = typed(page, "publish", kind="editorial")
        answer = publisher.post(address(framework, "publish"), form)
        assert answer.status_code == 409
        assert "has changed since you previewed it" in answer.text
        assert "Sneaked" in answer.text
        assert Revision.objects.count() == 1
        assert sends(answer)[:2] == (address(framework, "preview"), "get"), "until it is previewed"
        assert publisher.post(address(framework, "publish"), form).status_code == 409

    def test_of_an_older_preview_says_so_at_once(self, editor, publisher, framework):
        edit(framework, editor, title="Square breathing")
        before = publish_page(publisher, framework).request["QUERY_STRING"]
        edit(framework, editor, tagline="Later")
        page = publisher.get(f"{address(framework, 'publish')}?{before}")
        assert "has changed since you previewed it" in page.text
        assert "Later" in page.text

    def test_of_a_source_whose_record_changed_since_is_refused(self, editor, publisher, framework):
        edit(framework, editor, title="Square breathing")
        page = publish_page(publisher, framework)
        Source.objects.filter(key="lee2020").update(title="After the preview")
        answer = publisher.post(address(framework, "publish"), typed(page, "publish", kind="editorial"))
        assert answer.status_code == 409
        assert "or the record of a source" in answer.text
        assert Revision.objects.count() == 1

    def test_of_what_nobody_has_previewed_leads_to_the_preview(self, editor, publisher, framework):
        edit(framework, editor, title="Square breathing")
        page = publisher.get(address(framework, "publish")).text
        assert "Preview it, then publish" in page
        assert 'type="submit">Publish<' not in page
        for sent in ({}, {"version": framework.version}, {"previewed": ""}):
            answer = publisher.post(
                address(framework, "publish"), {"kind": "safety", "note": "Kept.", **sent}
            )
            assert answer.status_code == 409
            assert "Not published: preview it first." in answer.text
            assert sends(answer) == (
                address(framework, "preview"),
                "get",
                {"kind": "safety", "note": "Kept."},
            )
        assert Revision.objects.count() == 1

    def test_keeps_kind_and_note_on_the_way_through_the_preview(self, editor, publisher, framework):
        edit(framework, editor, title="Square breathing")
        page = publisher.get(address(framework, "publish"))
        assert sends(page) == (address(framework, "preview"), "get", {"kind": "editorial", "note": ""})
        note = "“Dizzy” & faint: 100 %?"
        page = publish_page(publisher, framework, kind="clinical", note=note)
        target, method, fields = sends(page)
        assert (target, method) == (address(framework, "publish"), "post")
        assert (fields["kind"], fields["note"]) == ("clinical", note)

        edit(framework, editor, tagline="Sneaked in")
        refused = publisher.post(target, fields)
        assert refused.status_code == 409
        assert sends(refused) == (address(framework, "preview"), "get", {"kind": "clinical", "note": note})
        elsewhere = f'href="{address(framework, "preview")}"'
        assert refused.text.count(elsewhere) == 1, "but for the navigation, no way leaves the note behind"
        target, _method, fields = sends(publish_page(publisher, framework, **sends(refused)[2]))
        assert publisher.post(target, fields).status_code == 303
        revision = framework.revisions.latest("number")
        assert (revision.kind, revision.note) == ("clinical", note)

    def test_of_nothing_new_is_said(self, publisher, framework):
        page = publisher.get(address(framework, "publish"))
        assert "Nothing to publish: the draft says what revision 1 says." in page.text
        form = {"previewed": digest(read_draft(framework)), "kind": "editorial", "note": ""}
        answer = publisher.post(address(framework, "publish"), form, follow=True)
        assert "The draft says what revision 1 says." in answer.text
        assert Revision.objects.count() == 1

    def test_of_what_is_not_ready_says_what_is_missing(self, publisher):
        framework = make_framework(overview="")
        sent = {"previewed": digest(read_draft(framework)), "kind": "editorial", "note": "Kept."}
        answer = publisher.post(address(framework, "publish"), sent)
        assert answer.status_code == 422
        assert "The overview is empty" in answer.text
        assert typed(answer, "publish")["note"] == ["Kept."]
        assert not Revision.objects.exists()

    def test_of_a_later_revision_needs_a_note_to_readers(self, editor, publisher, framework):
        edit(framework, editor, title="Other")
        answer = publish(publisher, framework, note=" ", kind="safety")
        assert answer.status_code == 422
        assert "Say in a sentence what changed since revision 1" in answer.text
        assert typed(answer, "publish")["kind"] == ["safety"]
        framework.refresh_from_db()
        assert (Revision.objects.count(), framework.current_revision.number) == (1, 1)
        first = make_framework(slug="first")
        assert publish(publisher, first).status_code == 303, "the first is new as a whole"

    def test_takes_the_note_as_the_document_does(self, editor, publisher, framework):
        edit(framework, editor, title="Other")
        answer = publish(publisher, framework, note="x" * 301)
        assert answer.status_code == 422
        assert "It is 301 characters long; at most 300 fit." in answer.text
        assert publish(publisher, framework, kind="huge").status_code == 422


class TestTheTwoPersonRule:
    def try_to(self, browser, framework):
        form = {"previewed": digest(read_draft(framework)), "kind": "safety", "note": "What changed."}
        return browser.post(address(framework, "publish"), form).status_code

    @pytest.mark.parametrize(
        "grave",
        [{"supervision": "professional-required"}, {"sensitive": True}],
        ids=["supervised", "sensitive"],
    )
    def test_holds_for_what_is_supervised_or_sensitive(self, editor, publisher, grave):
        HelpContact.objects.create(
            key="x", kind="talk", name="A line", number="1", link="tel:1", country="GB"
        )
        framework = make_framework(published=True, **grave)
        edit(framework, editor, title="By another")
        edit(framework, publisher, tagline="And by me")
        page = publisher.get(address(framework, "publish")).text
        assert "Somebody else has to publish this" in page
        assert "Ask a publisher who has changed neither." in page
        assert "Ready to publish" not in page
        assert 'id="publish"' not in page
        assert self.try_to(publisher, framework) == 422
        other = browser_of("publisher", "second@example.com")
        assert self.try_to(other, framework) == 303
        edit(framework, editor, title="Once more")
        framework.refresh_from_db()
        assert self.try_to(publisher, framework) == 303  # made none of the changes since

    def test_does_not_hold_for_others(self, publisher, framework):
        edit(framework, publisher, title="By me")
        assert self.try_to(publisher, framework) == 303

    def test_is_not_escaped_by_taking_the_supervision_out(self, publisher):
        framework = make_framework(published=True, supervision="professional-required")
        edit(framework, publisher, supervision=make_document(supervision="self-guided").supervision)
        assert self.try_to(publisher, framework) == 422

    def test_is_not_escaped_before_the_first_publication_either(self, editor, publisher):
        framework = make_framework(supervision="professional-required")
        edit(framework, editor, title="By another")
        edit(framework, publisher, supervision=make_document(supervision="self-guided").supervision)
        assert self.try_to(publisher, framework) == 422
        assert self.try_to(browser_of("publisher", "second@example.com"), framework) == 303

    def test_covers_the_sources_that_an_import_brought(self, publisher, editor):
        make_category("peak-performance", name="Peak performance")
        framework = make_framework(published=True, supervision="professional-required")
        page = publisher.post(IMPORT, {"text": SEED})
        publisher.post(IMPORT, typed(page, "import", _store=page.context["plan"].digest))
        cited = [{"source": "huberman2025", "stance": "background"}]
        document = make_document(citations=cited, sources=bibliography.records(["huberman2025"]).values())
        edit(framework, editor, citations=document.citations, sources=document.sources)
        assert self.try_to(publisher, framework) == 422

    def test_covers_the_records_of_its_sources(self, publisher):
        framework = make_framework(published=True, supervision="professional-required")
        source = Source.objects.get(key="lee2020")
        page = publisher.get(f"/admin/frameworks/source/{source.pk}/change/")
        form = typed(page, "source_form", title="Another title")
        answer = publisher.post(f"/admin/frameworks/source/{source.pk}/change/", form)
        assert answer.status_code == 302, answer.context["errors"]
        assert self.try_to(publisher, framework) == 422
        assert self.try_to(browser_of("publisher", "second@example.com"), framework) == 303

    def test_holds_for_administrators_too(self):
        framework = make_framework(published=True, supervision="professional-required")
        administrator = browser_of("administrator")
        edit(framework, administrator, title="By me")
        assert self.try_to(administrator, framework) == 422


class TestGoingBack:
    def test_brings_an_earlier_revision_into_the_draft_alone(self, editor, framework):
        write_draft(
            framework,
            make_document(
                title="Second",
                steps=make_document().steps[:1],
                checklist=[{"key": "chair", "text": "I have a chair"}],
                claims=[],
            ),
        )
        framework.publish(by=None, kind="editorial")
        framework.refresh_from_db()
        restore = reverse("admin:frameworks_framework_restore", args=[framework.pk, 1])
        assert restore in editor.get(address(framework, "revisions")).text
        page = editor.get(restore)
        assert "Box breathing" in page.text
        assert editor.post(restore, typed(page, "restore")).url == address(framework)
        assert read_draft(framework) == make_document()
        assert framework.revisions.count() == 2
        assert DraftChange.objects.get().changed_by == editor.person
        assert "Restored revision 1" in editor.get(address(framework, "history")).text

    def test_points_out_a_source_that_was_retracted_since(self, editor, framework):
        SourceUpdate.objects.create(
            source=Source.objects.get(key="lee2020"), type="retraction", date="2026-02-03"
        )
        page = editor.get(reverse("admin:frameworks_framework_restore", args=[framework.pk, 1])).text
        assert "Retracted sources" in page
        assert "lee2020: Slow breathing and the pulse" in page

    def test_never_goes_over_an_edit_made_meanwhile(self, editor, publisher, framework):
        edit(framework, editor, title="Second")
        restore = reverse("admin:frameworks_framework_restore", args=[framework.pk, 1])
        page = editor.get(restore)
        edit(framework, publisher, tagline="Meanwhile")
        answer = editor.post(restore, typed(page, "restore"))
        assert answer.status_code == 409
        assert read_draft(framework).tagline == "Meanwhile"
        assert editor.post(restore, typed(answer, "restore")).status_code == 303
        assert read_draft(framework) == make_document()

    def test_to_a_revision_that_never_was_is_not_found(self, editor, framework):
        assert editor.get(f"/admin/frameworks/framework/{framework.pk}/restore/9/").status_code == 404


class TestWithdrawing:
    def test_takes_a_reason_and_tells_readers(self, publisher, framework):
        page = publisher.get(address(framework, "withdraw"))
        assert publisher.post(address(framework, "withdraw"), typed(page, "withdraw")).status_code == 422
        form = typed(page, "withdraw", reason="Two trials found harm.\r\n\r\n\r\n\r\nSee another. ")
        assert publisher.post(address(framework, "withdraw"), form).status_code == 303
        framework.refresh_from_db()
        assert framework.withdrawn_reason == "Two trials found harm.\n\nSee another."
        assert "Two trials found harm." in publisher.get("/frameworks/box-breathing/").text
        assert "Two trials found harm." in publisher.get(address(framework, "revisions")).text
        assert publisher.get(address(framework, "withdraw")).status_code == 404
        page = publisher.get(address(framework, "publish")).text
        assert "it cannot be published again" in page
        for untrue in (
            'id="publish"',
            "Somebody else has to",
            "is missing",
            "Nothing to publish",
            "Not ready",
        ):
            assert untrue not in page, untrue

    def test_leaves_nothing_that_would_publish_it_again(self, publisher, framework):
        publish_it = f'href="{address(framework, "publish")}'
        pages = [address(framework, name) for name in ("preview", "change", "revisions")]
        assert all(publish_it in publisher.get(page).text for page in pages)
        framework.withdraw(reason="Two trials found harm.")
        assert not any(publish_it in publisher.get(page).text for page in pages)

    def test_refuses_what_cannot_be_stored(self, publisher, framework):
        answer = publisher.post(address(framework, "withdraw"), {"reason": "a\u202eb"})
        assert answer.status_code == 422
        assert "unseen character" in answer.text

    @pytest.mark.parametrize("when", ["before", "at the same moment"])
    def test_after_somebody_else_keeps_the_reason_that_was_typed(
        self, publisher, framework, monkeypatch, when
    ):
        form = typed(publisher.get(address(framework, "withdraw")), "withdraw", reason="Mine, at length.")
        if when == "before":
            framework.withdraw(reason="Two trials found harm.")
        else:
            clean = publishing.WithdrawForm.clean_reason

            def and_somebody_withdraws_it(form):
                framework.withdraw(reason="Two trials found harm.")
                return clean(form)

            monkeypatch.setattr(publishing.WithdrawForm, "clean_reason", and_somebody_withdraws_it)
        answer = publisher.post(address(framework, "withdraw"), form)
        assert answer.status_code == 409
        assert "it has been withdrawn since you opened this page" in answer.text
        assert "Two trials found harm." in answer.text
        assert "Mine, at length." in answer.text
        assert 'id="withdraw"' not in answer.text
        framework.refresh_from_db()
        assert framework.withdrawn_reason == "Two trials found harm."
        assert publisher.get(address(framework, "withdraw")).status_code == 404


class TestExporting:
    def test_gives_the_draft_as_a_file_that_can_be_loaded_again(self, editor, framework):
        edit(framework, editor, title="Only a draft")
        answer = editor.get(address(framework, "export"))
        assert answer.headers["Content-Disposition"] == 'attachment; filename="box-breathing.yaml"'
        loaded = YamlText(answer.content, "box-breathing.yaml").read(FrameworkFile)
        assert loaded.change is None
        assert loaded.document == read_draft(framework)

    def export(self, browser, frameworks):
        form = {"action": "export", "_selected_action": [one.pk for one in frameworks]}
        answer = browser.post("/admin/frameworks/framework/", form)
        archive = zipfile.ZipFile(io.BytesIO(answer.content))
        return {name: archive.read(name) for name in archive.namelist()}

    def test_gives_those_that_are_chosen_in_one_file(self, editor, framework):
        bibliography.save([make_source("beneath2001"), make_source("top2024", draws_on=["beneath2001"])])
        records = bibliography.records(["top2024"]).values()
        cites = {"citations": [{"source": "top2024", "stance": "background"}], "claims": []}
        other = make_framework(slug="other", title="Another", sources=records, **cites)
        bare = begin_draft("bare", title="Bare", category="stress", by=None)
        files = self.export(editor, [framework, other, bare])
        for one in (framework, other, bare):
            loaded = YamlText(files.pop(f"{one.slug}.yaml"), "draft.yaml").read(FrameworkFile)
            assert loaded.document == read_draft(one)
        assert not files

    def test_asks_as_much_for_many_as_for_one(self, editor, framework, django_assert_num_queries):
        for count in (1, 4):
            with django_assert_num_queries(12):
                assert len(self.export(editor, Framework.objects.all())) == count
            for number in range(3):
                make_framework(slug=f"other-{number}")


@pytest.mark.django_db(transaction=True)
class TestAnEditThatWaitsForAPublish:
    def test_counts_as_one_made_after_it(self, editor, publisher, elsewhere):
        """Else whoever waited could publish alone what they wrote."""
        framework = make_framework(published=True, supervision="professional-required")
        edit(framework, editor, title="By another")
        mine = read_draft(framework).model_copy(update={"tagline": "By me"})
        with transaction.atomic():
            Framework.objects.get(pk=framework.pk).publish(by=None, kind="editorial")
            waiting = elsewhere(
                lambda: save_draft(framework, mine, by=publisher.person, version=framework.version)
            )
            waiting.until_it_waits()
        assert waiting.result()
        framework.refresh_from_db()
        assert framework.draft_changes.latest("version").follows == 2
        assert desk.needs_another(framework, read_draft(framework), publisher.person)


class TestAnEarlierChangeOfTheDraft:
    def test_is_shown_word_by_word_with_who_made_it(self, editor, publisher, framework):
        edit(framework, editor, tagline="Four slow counts, five times")
        first = framework.version
        edit(framework, publisher, title="Square breathing")
        listed = editor.get(address(framework, "revisions")).text
        assert f'href="{address(framework, f"changes/{first}")}"' in listed
        page = editor.get(address(framework, f"changes/{first}"))
        assert "Editor" in page.text
        assert "<del><span" in page.text
        assert [rewording.name for rewording in page.context["changes"].texts] == ["Tagline"]
        page = editor.get(address(framework, f"changes/{framework.version}"))
        assert [rewording.name for rewording in page.context["changes"].texts] == ["Title"]
        assert not page.context["more"]

    def test_that_made_the_draft_shows_all_of_it(self, editor, framework):
        framework = begin_draft("cold-showers", title="Cold showers", category="stress", by=editor.person)
        page = editor.get(address(framework, "changes/1"))
        assert "Cold showers" in page.text

    def test_says_that_a_file_was_loaded_after_it(self, editor, framework):
        edit(framework, editor, tagline="New")
        version = framework.version
        write_draft(framework, read_draft(framework).model_copy(update={"title": "Loaded"}))
        page = editor.get(address(framework, f"changes/{version}"))
        assert page.context["more"]
        assert "A file was loaded after it" in page.text

    def test_is_reached_however_many_came_after_it(self, editor, framework, monkeypatch):
        monkeypatch.setattr(publishing, "_CHANGES_SHOWN", 2)
        for n in range(5):
            edit(framework, editor, tagline=f"No. {n}")
        seen, where = [], address(framework, "revisions")
        while where:
            page = editor.get(where)
            seen += [change.version for change in page.context["changes"]]
            older = page.context["older"]
            where = older and f"{address(framework, 'revisions')}?before={older}"
            assert (f'href="?before={older}"' in page.text) is bool(older)
        assert seen == list(range(framework.version, framework.version - 5, -1))

    def test_of_another_number_is_not_there(self, editor, framework):
        edit(framework, editor, tagline="New")
        for version in (framework.version - 1, framework.version + 1):
            assert editor.get(address(framework, f"changes/{version}")).status_code == 404


class TestWhoMayPublish:
    @pytest.mark.parametrize("role", ROLES)
    def test_and_who_may_open_which_page(self, role, framework):
        browser = browser_of(role)
        edits = role in {"editor", "publisher", "administrator"}
        publishes = role in {"publisher", "administrator"}
        pages = {
            "preview": edits,
            "phone": edits,
            "compare": edits,
            "revisions": edits,
            "export": edits,
            "restore/1": edits,
            "publish": publishes,
            "withdraw": publishes,
        }
        for name, allowed in pages.items():
            for ask in (browser.get, browser.post):
                answer = ask(address(framework, name), {"reason": ""} if name == "withdraw" else {})
                if role == "anonymous" and ask == browser.post:
                    assert answer.status_code == 401, name
                elif role == "anonymous":
                    assert answer.status_code == 302, name
                    assert answer.url.startswith("/admin/login/"), name
                elif not allowed:
                    assert answer.status_code in {302, 403}, name
                    assert answer.status_code == 403 or answer.url.startswith("/admin/login/"), name
                else:
                    assert answer.status_code in {200, 303, 409, 422}, name
        assert Revision.objects.count() == 1
        framework.refresh_from_db()
        assert framework.withdrawn_at is None


class TestWithdrawingForAReasonThatNobodyCanRead:
    @pytest.mark.parametrize("reason", ["", "  ", "\u200b", "\u00ad\u2060"])
    def test_is_refused(self, publisher, framework, reason):
        answer = publisher.post(address(framework, "withdraw"), {"reason": reason})
        assert answer.status_code == 422
        framework.refresh_from_db()
        assert framework.withdrawn_at is None


class TestRestoring:
    def test_takes_the_records_of_sources_from_the_bibliography(self, framework):
        Source.objects.filter(key="lee2020").update(title="Corrected since")
        document, retracted = desk.restorable(framework.current_revision)
        assert document.sources[0].title == "Corrected since"
        assert retracted == frozenset()
