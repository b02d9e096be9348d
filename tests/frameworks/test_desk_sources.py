"""The bibliography at the desk, what becomes of a source, and what shows at once over every revision."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from frameworks import bibliography
from frameworks.document import Name
from frameworks.models import (
    Category,
    DrawsOn,
    HelpContact,
    Listing,
    Review,
    SafetyNotice,
    Source,
    SourceUpdate,
)
from tests.factories import make_category, make_framework, make_source

from .desk import ROLES, browser_of
from .desk_forms import typed

pytestmark = pytest.mark.django_db

SOURCES = "/admin/frameworks/source/"


@pytest.fixture
def framework():
    return make_framework(published=True)


def change_of(key):
    return f"{SOURCES}{Source.objects.get(key=key).pk}/change/"


def save(browser, key, **changes):
    page = browser.get(change_of(key))
    return browser.post(change_of(key), typed(page, "source_form", **changes))


def mistakes(answer) -> dict:
    return {name: list(found) for name, found in answer.context["adminform"].form.errors.items()}


class TestARecord:
    def test_saved_untouched_stays_as_it_is(self, editor, framework):
        before = bibliography.records()
        assert save(editor, "lee2020").status_code == 302
        assert bibliography.records() == before

    def test_is_made_of_what_is_typed(self, editor, framework):
        page = editor.get(f"{SOURCES}add/")
        form = typed(
            page,
            "source_form",
            key="who2021",
            type="report",
            title=" Guidelines  on sleep ",
            authors="World Health Organization\r\nLee, Ann\r\nPlato,\r\n",
            issued="2021-06",
            study_design="practice-guideline",
            study_level="1",
            study_level_read_by="Ann Lee",
            study_level_read_on="2026-05-01",
            rests_on=[str(Source.objects.get(key="lee2020").pk)],
        )
        assert editor.post(f"{SOURCES}add/", form).status_code == 302
        record = bibliography.records(["who2021"])["who2021"]
        assert record.title == "Guidelines on sleep"
        assert record.author == (
            Name(literal="World Health Organization"),
            Name(family="Lee", given="Ann"),
            Name(family="Plato"),
        )
        assert record.draws_on == ("lee2020",)
        assert record.study_level.level == 1
        page = typed(editor.get(change_of("who2021")), "source_form")
        assert page["authors"] == ["World Health Organization\nLee, Ann\nPlato,"]

    def test_says_what_is_wrong_at_its_field(self, editor, framework):
        answer = save(
            editor,
            "talk2019",
            DOI="https://doi.org/10.1/x",
            PMID="12x",
            issued="May",
            URL="http://",
            title="y" * 301,
        )
        assert answer.status_code == 200
        assert set(mistakes(answer)) >= {"URL", "title"}
        answer = save(editor, "talk2019", DOI="https://doi.org/10.1/x", PMID="12x", issued="May")
        found = mistakes(answer)
        assert found.keys() >= {"DOI", "PMID", "issued"}
        assert "without https://doi.org/" in found["DOI"][0]
        assert "write its digits alone" in found["PMID"][0]
        assert "study_level_read_by" not in found
        answer = save(editor, "talk2019", study_level="2")
        assert answer.status_code == 200

    def test_has_a_doi_and_a_pmid_of_its_own(self, editor, framework):
        answer = save(editor, "talk2019", DOI="10.1234/LEE.2020")
        assert "Another source has this DOI." in answer.text
        save(editor, "lee2020", PMID="123")
        assert "Another source has this PMID." in save(editor, "talk2019", PMID="123").text

    def test_never_rests_on_itself(self, editor, framework):
        bibliography.save([make_source("top2024", draws_on=["lee2020"])])
        answer = save(editor, "lee2020", rests_on=[str(Source.objects.get(key="top2024").pk)])
        assert "would be a circle" in answer.text
        assert DrawsOn.objects.count() == 1

    def test_keeps_its_key(self, editor, framework):
        form = typed(editor.get(change_of("lee2020")), "source_form", key="other", title="Renamed")
        editor.post(change_of("lee2020"), form)
        assert Source.objects.get(title="Renamed").key == "lee2020"

    def test_is_proposed_as_a_duplicate_of_one_with_the_same_title(self, editor, framework):
        save(editor, "talk2019", title="slow breathing and the PULSE")
        assert "Perhaps the same work as lee2020" in editor.get(SOURCES).text

    def test_says_who_cites_it(self, editor, framework):
        page = editor.get(change_of("lee2020")).text
        assert f'<a href="/admin/frameworks/framework/{framework.pk}/change/">Box breathing</a>' in page

    def test_says_who_cites_it_by_a_source_that_draws_on_it(self, editor):
        bibliography.save([make_source("lee2020"), make_source("review2022", draws_on=["lee2020"])])
        claim = {"key": "a", "text": "A", "citations": [{"source": "review2022", "stance": "supports"}]}
        records = bibliography.records(["review2022"]).values()
        drafted = make_framework(title="Only a draft", claims=[claim], citations=[], sources=[*records])
        page = editor.get(change_of("lee2020")).text
        assert f'<a href="/admin/frameworks/framework/{drafted.pk}/change/">Only a draft</a>' in page
        assert f'<a href="{change_of("review2022")}">review2022</a>' in page
        page = editor.get(change_of("review2022")).text
        assert f'<a href="/admin/frameworks/framework/{drafted.pk}/change/">Only a draft</a>' in page
        assert editor.get(f"{SOURCES}add/").status_code == 200

    def test_that_a_revision_cites_is_never_deleted(self, framework):
        administrator = browser_of("administrator")
        bibliography.save([make_source("unused2000")])
        delete = change_of("lee2020").replace("change", "delete")
        assert administrator.get(delete).status_code == 403
        assert administrator.get(change_of("unused2000").replace("change", "delete")).status_code == 200
        assert "delete_selected" not in administrator.get(SOURCES).text


class TestTwoEditsOfOneRecord:
    """The second to save sees what differs, and loses nothing that was typed."""

    def test_the_second_sees_both_versions_and_saves_again(self, editor, publisher, framework):
        mine = typed(editor.get(change_of("lee2020")), "source_form", sample="40 adults")
        save(publisher, "lee2020", note="One author sells the device.")
        refused = editor.post(change_of("lee2020"), mine)
        assert "the record has changed since you opened it" in refused.text
        told = {
            str(each.name): each.words
            for each in refused.context["adminform"].form.differences.sources[0].rewordings
        }
        assert {name: [(word.piece.value, word.text) for word in words] for name, words in told.items()} == {
            "Who was studied": [("new", "40 adults")],
            "Note": [("gone", "One author sells the device.")],
        }
        source = Source.objects.get(key="lee2020")
        assert (source.note, source.sample) == ("One author sells the device.", "")

        again = typed(refused, "source_form", note="One author sells the device.")
        assert again["sample"] == ["40 adults"]
        assert editor.post(change_of("lee2020"), again).status_code == 302
        source.refresh_from_db()
        assert (source.note, source.sample) == ("One author sells the device.", "40 adults")

    def test_who_has_not_seen_a_retraction_does_not_reword_it(self, publisher, framework):
        update = SourceUpdate.objects.create(
            source=Source.objects.get(key="lee2020"), type="correction", date="2026-02-03"
        )
        mine = typed(publisher.get(change_of("lee2020")), "source_form", note="Mine")
        SourceUpdate.objects.filter(pk=update.pk).update(type="retraction")
        refused = publisher.post(change_of("lee2020"), mine)
        assert "<li>Retracted, 3 February 2026</li>" in refused.text
        update.refresh_from_db()
        assert update.type == "retraction"
        again = typed(refused, "source_form", updates__0__type="retraction")
        assert publisher.post(change_of("lee2020"), again).status_code == 302
        assert Source.objects.get(key="lee2020").note == "Mine"

    def test_what_draws_on_another_source_now_is_among_it(self, editor, publisher, framework):
        mine = typed(editor.get(change_of("talk2019")), "source_form", note="Mine")
        save(publisher, "talk2019", rests_on=[str(Source.objects.get(key="lee2020").pk)])
        refused = editor.post(change_of("talk2019"), mine)
        assert refused.status_code == 200
        names = [each.name for each in refused.context["adminform"].form.differences.sources[0].rewordings]
        assert names == ["Note", "Draws on"]
        assert bibliography.records(["talk2019"])["talk2019"].draws_on == ("lee2020",)

    def test_sent_twice_is_saved_once(self, editor, framework):
        form = typed(editor.get(change_of("lee2020")), "source_form", note="Mine")
        for _twice in range(2):
            assert editor.post(change_of("lee2020"), form).status_code == 302

    def test_of_one_that_was_deleted_meanwhile_brings_nothing_back(self, editor, framework, monkeypatch):
        bibliography.save([make_source("gone2020")])
        form = typed(editor.get(change_of("gone2020")), "source_form", note="Mine")
        address = change_of("gone2020")
        lock = bibliography.lock
        monkeypatch.setattr(
            bibliography, "lock", lambda: (lock(), Source.objects.filter(key="gone2020").delete())
        )
        refused = editor.post(address, form)
        assert "It has been deleted since you opened it." in refused.text
        assert typed(refused, "source_form")["note"] == ["Mine"]
        assert not Source.objects.filter(key="gone2020").exists()

    def test_a_new_record_never_replaces_one_that_is_there(self, framework):
        with pytest.raises(IntegrityError), transaction.atomic():
            bibliography.save([make_source("lee2020", title="Another work")], are_new=True)
        assert Source.objects.get(key="lee2020").title != "Another work"


@pytest.mark.django_db(transaction=True)
class TestTwoEditsAtOneMoment:
    def test_take_turns_from_the_check_to_the_save(self, editor, framework, elsewhere):
        new = typed(
            editor.get(f"{SOURCES}add/"),
            "source_form",
            key="new2020",
            type="book",
            title="Mine",
            DOI="10.1234/x",
        )
        changed = typed(editor.get(change_of("lee2020")), "source_form", note="Mine")
        address = change_of("lee2020")
        with transaction.atomic():
            bibliography.lock()
            adding = elsewhere(lambda: editor.post(f"{SOURCES}add/", new)).until_it_waits()
            changing = elsewhere(lambda: editor.post(address, changed)).until_it_waits()
            theirs = bibliography.records(["lee2020"])["lee2020"].model_copy(update={"note": "Theirs"})
            bibliography.save([make_source("new2020", title="Theirs"), theirs])
            bibliography.save([make_source("other2020", DOI="10.1234/X")])
        answer = adding.result()
        assert set(mistakes(answer)) >= {"key"}
        assert "Another source has this DOI." in answer.text
        assert typed(answer, "source_form")["title"] == ["Mine"]
        assert "the record has changed since you opened it" in changing.result().text
        assert Source.objects.get(key="new2020").title == "Theirs"
        assert Source.objects.get(key="lee2020").note == "Theirs"


class TestTheListOfSources:
    def test_is_searched_and_filtered(self, editor, framework):
        SourceUpdate.objects.create(
            source=Source.objects.get(key="lee2020"), type="retraction", date="2026-02-03"
        )
        for query, keys in {
            "q=pulse": ["lee2020"],
            "q=10.1234": ["lee2020"],
            "updated=retraction": ["lee2020"],
            "updated=correction": [],
            "type__exact=broadcast": ["talk2019"],
            "study_design__exact=": ["talk2019"],
        }.items():
            found = editor.get(f"{SOURCES}?{query}").context["cl"].result_list
            assert [source.key for source in found] == keys, query

    def test_is_searched_by_every_author_and_by_numbers_as_they_were_copied(self, editor):
        names = [
            {"family": "Lee", "given": "Ann"},
            {"family": "Roache", "given": "John D."},
            {"literal": "Sleep O'Group"},
        ]
        bibliography.save([make_source("many2020", author=names, DOI="10.1001/x.1", PMID="24740528")])
        bibliography.save([make_source("family2021", author=[{"family": "Given"}])])
        for query, keys in {
            "roache": ["many2020"],
            "Roache Ann": ["many2020"],
            "o'group": ["many2020"],
            "given": ["family2021"],
            "literal": [],
            "https://doi.org/10.1001/X.1": ["many2020"],
            "doi: 10.1001/x.1": ["many2020"],
            "PMID: 24740528": ["many2020"],
            "https://pubmed.ncbi.nlm.nih.gov/24740528/": ["many2020"],
        }.items():
            found = editor.get(SOURCES, {"q": query}).context["cl"].result_list
            assert [source.key for source in found] == keys, query

    def test_asks_as_much_for_many_as_for_one(self, editor, framework, django_assert_num_queries):
        editor.get(SOURCES)
        with django_assert_num_queries(6):
            editor.get(SOURCES)
        bibliography.save([make_source(f"more{n}") for n in range(20)])
        with django_assert_num_queries(6):
            editor.get(SOURCES)


class TestWhatBecomesOfASource:
    def test_shows_at_once_and_is_counted_anew(self, editor, publisher, framework):
        assert Listing.objects.get().traced_claims == 1
        retraction = {"updates__0__type": "retraction", "updates__0__date": "2026-02-03"}
        assert (
            save(editor, "lee2020", **retraction, updates__0__notice_doi="10.1234/notice").status_code == 302
        )
        assert Listing.objects.get().traced_claims == 0
        assert "Retracted" in editor.get("/frameworks/box-breathing/").text
        assert save(publisher, "lee2020", updates__0__DELETE="on").status_code == 302
        assert Listing.objects.get().traced_claims == 1

    def test_says_which_pages_show_it(self, editor, framework):
        make_framework(slug="draft", title="A draft")
        said = "1 framework shows now what became of it"
        save(editor, "lee2020", note="A word.")
        page = editor.get("/admin/").text
        assert "was changed successfully" in page
        assert said not in page
        save(editor, "lee2020", updates__0__type="correction", updates__0__date="2026-02-03")
        link = '<a href="/frameworks/box-breathing/">Box breathing</a></li>'
        assert f"{said}: {link}" in editor.get("/admin/").text

    def test_has_come_already(self, editor, framework):
        answer = save(
            editor,
            "lee2020",
            updates__0__type="retraction",
            updates__0__date=timezone.localdate() + timedelta(1),
        )
        assert answer.status_code == 200
        assert "This day has not come yet." in answer.text
        assert not SourceUpdate.objects.exists()

    def test_names_its_notice_by_the_doi_however_it_was_copied(self, editor, framework):
        retraction = {"updates__0__type": "retraction", "updates__0__date": "2026-02-03"}
        copied = "https://doi.org/10.1234/notice"
        assert save(editor, "lee2020", **retraction, updates__0__notice_doi=copied).status_code == 302
        assert SourceUpdate.objects.get().notice_doi == "10.1234/notice"

    def test_is_recorded_once_with_a_notice_of_the_right_form(self, editor, framework):
        answer = save(
            editor,
            "lee2020",
            updates__0__type="retraction",
            updates__0__date="2026-02-03",
            updates__0__notice_doi="x",
        )
        assert answer.status_code == 200
        assert not SourceUpdate.objects.exists()


class TestASafetyNotice:
    ADDRESS = "/admin/frameworks/safetynotice/"

    def issue(self, publisher, framework, **changes):
        form = {"framework": framework.pk, "level": "danger", "text": " Two people fainted. ", **changes}
        return publisher.post(f"{self.ADDRESS}add/", form)

    def test_is_shown_at_once_and_lifted_after_a_word(self, publisher, framework):
        assert self.issue(publisher, framework).status_code == 302
        notice = SafetyNotice.objects.get()
        assert notice.text == "Two people fainted."
        assert "Two people fainted." in publisher.get("/frameworks/box-breathing/").text
        action = {"action": "lift", "_selected_action": [notice.pk]}
        asked = publisher.post(self.ADDRESS, action)
        assert "Lift these notices?" in asked.text
        notice.refresh_from_db()
        assert notice.lifted_at is None
        assert "1 notice lifted." in publisher.post(self.ADDRESS, action | {"sure": "yes"}, follow=True).text
        assert "Two people fainted." not in publisher.get("/frameworks/box-breathing/").text

    def test_says_something_that_can_be_stored(self, publisher, framework):
        assert self.issue(publisher, framework, text="  ").status_code == 200
        assert self.issue(publisher, framework, text="a\u202eb").status_code == 200
        assert not SafetyNotice.objects.exists()

    def test_is_never_deleted_and_stays_with_its_framework(self, publisher, framework):
        self.issue(publisher, framework)
        notice = SafetyNotice.objects.get()
        other = make_framework(slug="other")
        page = publisher.get(f"{self.ADDRESS}{notice.pk}/change/")
        form = typed(page, "safetynotice_form", framework=str(other.pk), text="Three people fainted.")
        assert publisher.post(f"{self.ADDRESS}{notice.pk}/change/", form).status_code == 302
        notice.refresh_from_db()
        assert (notice.framework, notice.text) == (framework, "Three people fainted.")
        assert publisher.get(f"{self.ADDRESS}{notice.pk}/delete/").status_code == 403

    def test_says_that_readers_see_it_before_and_after_it_is_saved(self, publisher, framework):
        assert "Readers see it as soon as it is saved" in publisher.get(f"{self.ADDRESS}add/").text
        self.issue(publisher, framework)
        assert "Readers of “Box breathing” see it now" in publisher.get(self.ADDRESS).text
        self.issue(publisher, make_framework(slug="new", title="New"))
        assert "Readers of “New” see it once that is published." in publisher.get(self.ADDRESS).text

    def test_is_filtered_by_whether_it_shows(self, publisher, framework):
        self.issue(publisher, framework, text="Still a danger.")
        SafetyNotice.objects.create(framework=framework, text="No longer one.").lift()
        for shows, there, gone in (
            ("yes", "Still a danger.", "No longer one."),
            ("no", "No longer one.", "Still a danger."),
        ):
            page = publisher.get(f"{self.ADDRESS}?shows={shows}").text
            assert there in page
            assert gone not in page


class TestAReview:
    def test_is_shown_on_the_page(self, publisher, framework):
        today = timezone.localdate()
        form = {
            "framework": framework.pk,
            "reviewer": "Dr Ann Lee",
            "credential": "GP",
            "reviewed_on": today,
            "due_on": today + timedelta(days=365),
        }
        assert publisher.post("/admin/frameworks/review/add/", form).status_code == 302
        assert "Dr Ann Lee" in publisher.get("/frameworks/box-breathing/").text
        assert publisher.get("/admin/frameworks/review/?q=lee").status_code == 200

    def test_is_filtered_by_when_the_next_is_due(self, publisher):
        today = timezone.localdate()
        for who, days in (("Dr Past", -1), ("Dr Today", 0), ("Dr Soon", 60), ("Dr Later", 61)):
            Review.objects.create(
                framework=make_framework(slug=who.lower().replace(" ", "-")),
                reviewer=who,
                credential="GP",
                reviewed_on=today - timedelta(days=9),
                due_on=today + timedelta(days=days),
            )
        for due, shown in (("overdue", {"Dr Past"}), ("soon", {"Dr Today", "Dr Soon"})):
            page = publisher.get(f"/admin/frameworks/review/?due={due}")
            assert {review.reviewer for review in page.context["cl"].queryset} == shown

    def test_is_followed_by_a_later_one(self, publisher, framework):
        form = {"framework": framework.pk, "reviewer": "A", "credential": "B"}
        days = {"reviewed_on": "2026-05-02", "due_on": "2026-05-01"}
        answer = publisher.post("/admin/frameworks/review/add/", form | days)
        assert "The next review is due on a day after this one." in answer.text
        assert not Review.objects.exists()

    def test_that_another_one_followed_is_no_longer_overdue(self, publisher, framework):
        who = {"framework": framework, "reviewer": "A", "credential": "B"}
        Review.objects.create(**who, reviewed_on="2024-01-01", due_on="2025-01-01")
        latest = Review.objects.create(**who, reviewed_on="2025-01-01", due_on="2026-01-01")
        found = publisher.get("/admin/frameworks/review/?due=overdue").context["cl"].result_list
        assert list(found) == [latest]

    def test_has_taken_place(self, publisher, framework):
        form = {"framework": framework.pk, "reviewer": "A", "credential": "B"}
        days = {"reviewed_on": "2030-01-01", "due_on": "2031-01-01"}
        answer = publisher.post("/admin/frameworks/review/add/", form | days)
        assert "This day has not come yet." in answer.text
        assert not Review.objects.exists()


class TestWhatAdministratorsKeep:
    def test_categories_and_help_contacts(self, framework):
        administrator = browser_of("administrator")
        form = {"name": "Sleep", "slug": "sleep", "position": "1"}
        assert administrator.post("/admin/frameworks/category/add/", form).status_code == 302
        category = Category.objects.get(slug="sleep")
        administrator.post(
            f"/admin/frameworks/category/{category.pk}/change/", form | {"slug": "other", "name": "Rest"}
        )
        category.refresh_from_db()
        assert (category.slug, category.name) == ("sleep", "Rest")
        contact = {
            "key": "gb-999",
            "kind": "emergency",
            "name": "Emergency",
            "number": "999",
            "link": "tel:999",
        }
        form = contact | {"country": "GB", "position": "0"}
        assert administrator.post("/admin/frameworks/helpcontact/add/", form).status_code == 302
        wrong = form | {"key": "x", "link": "javascript:alert(1)", "country": "uk"}
        assert administrator.post("/admin/frameworks/helpcontact/add/", wrong).status_code == 200
        assert HelpContact.objects.count() == 1

    def test_contacts_of_no_country_are_found_by_a_word(self, framework):
        for key, country in (("here", "GB"), ("anywhere", "")):
            HelpContact.objects.create(
                key=key, country=country, kind="talk", name=key, number="1", link="tel:1"
            )
        administrator, contacts = browser_of("administrator"), "/admin/frameworks/helpcontact/"
        page = administrator.get(contacts).text
        assert '<a href="?country=">Anywhere else</a>' in page
        assert '<a href="?country=GB">GB: United Kingdom</a>' in page
        for query, keys in {"?country=": ["anywhere"], "?country=GB": ["here"], "?country=FR": []}.items():
            found = administrator.get(contacts + query).context["cl"].result_list
            assert [contact.key for contact in found] == keys


@pytest.mark.parametrize("model", ["safetynotice", "review"])
def test_no_window_beside_a_form_leads_to_the_desk(model, framework):
    page = browser_of("administrator").get(f"/admin/frameworks/{model}/add/").text
    assert '<select name="framework"' in page
    assert "related-widget-wrapper-link" not in page


class TestWhoMay:
    #: Who sees the list, opens the form of a new one, and changes one that there is.
    EVERYBODY = ("editor", "publisher", "administrator")
    PUBLISHING = ("publisher", "administrator")
    MODELS = {
        "source": (EVERYBODY, EVERYBODY, EVERYBODY),
        "safetynotice": (EVERYBODY, PUBLISHING, PUBLISHING),
        "review": (EVERYBODY, PUBLISHING, PUBLISHING),
        "category": (EVERYBODY, ("administrator",), ("administrator",)),
        "helpcontact": (EVERYBODY, ("administrator",), ("administrator",)),
    }

    @pytest.fixture
    def rows(self, framework):
        today = timezone.localdate()
        return {
            "source": Source.objects.get(key="lee2020"),
            "safetynotice": SafetyNotice.objects.create(framework=framework, text="Care."),
            "review": Review.objects.create(
                framework=framework,
                reviewer="A",
                credential="B",
                reviewed_on=today,
                due_on=today + timedelta(days=1),
            ),
            "category": make_category(),
            "helpcontact": HelpContact.objects.create(
                key="x", kind="talk", name="A line", number="1", link="tel:1", country="GB"
            ),
        }

    @pytest.mark.parametrize("role", ROLES)
    def test_open_and_change_what(self, role, rows):
        browser = browser_of(role)
        for model, (see, add, change) in self.MODELS.items():
            base, pk = f"/admin/frameworks/{model}/", rows[model].pk
            for path, allowed in {"": see, "add/": add, f"{pk}/change/": see, f"{pk}/history/": see}.items():
                answer = browser.get(base + path)
                if role in {"anonymous", "reader"}:
                    assert answer.status_code == 302, base + path
                    assert answer.url.startswith("/admin/login/")
                else:
                    assert answer.status_code == (200 if role in allowed else 403), base + path
            if role not in {"anonymous", "reader"}:
                assert browser.post(f"{base}{pk}/change/", {}).status_code == (200 if role in change else 403)
                assert browser.post(f"{base}add/", {}).status_code == (200 if role in add else 403)
                deletes = role == "administrator" and model in {"category", "helpcontact"}
                assert browser.get(f"{base}{pk}/delete/").status_code == (200 if deletes else 403)
        lift = {"action": "lift", "sure": "yes", "_selected_action": [rows["safetynotice"].pk]}
        browser.post("/admin/frameworks/safetynotice/", lift)
        rows["safetynotice"].refresh_from_db()
        assert (rows["safetynotice"].lifted_at is not None) is (role in self.PUBLISHING)

    @pytest.mark.parametrize("role", EVERYBODY)
    @pytest.mark.parametrize(
        "changes",
        [{"type": "correction", "date": "2026-02-04", "notice_doi": "10.1234/x"}, {"DELETE": "on"}],
        ids=["reword", "take-back"],
    )
    def test_undo_what_was_recorded_of_a_source(self, role, changes, framework):
        source = Source.objects.get(key="lee2020")
        SourceUpdate.objects.create(source=source, type="retraction", date="2026-02-03")
        form = typed(browser_of("publisher", "another@example.com").get(change_of("lee2020")), "source_form")
        form |= {f"updates-0-{name}": value for name, value in changes.items()}
        assert browser_of(role).post(change_of("lee2020"), form).status_code == 302
        stands = SourceUpdate.objects.filter(type="retraction", date="2026-02-03", notice_doi="")
        assert stands.exists() is (role == "editor")

    def test_editors_read_what_was_recorded_and_add_to_it(self, editor, framework):
        source = Source.objects.get(key="lee2020")
        SourceUpdate.objects.create(
            source=source, type="correction", date="2026-02-03", notice_doi="10.1234/x"
        )
        page = editor.get(change_of("lee2020"))
        assert "10.1234/x" in page.text
        assert "updates-0-type" not in typed(page, "source_form")
        save(editor, "lee2020", updates__1__type="retraction", updates__1__date="2026-02-04")
        assert {update.type for update in SourceUpdate.objects.all()} == {"correction", "retraction"}
