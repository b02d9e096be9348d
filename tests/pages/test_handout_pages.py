"""The pages of handouts with everything that there can be on them: as a browser shows them, and as valid HTML."""

import re
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from accounts.models import ClinicianProfile
from checklists.models import State
from checklists.owners import Owner
from checklists.ticking import Change, tick
from frameworks.drafts import write_draft
from frameworks.models import Framework, HelpContact, SafetyNotice
from sharing import progress
from sharing.models import LONGEST_MESSAGE, Handout, HandoutStart
from tests.factories import (
    make_checklist,
    make_clinician,
    make_document,
    make_framework,
    make_handout,
    make_user,
)

from .checks import DESKTOP, breaks_no_rule, is_valid_html, serves_everybody
from .test_checklist_pages import ITEMS, LONG_WORD, STEPS, unfold

NEW = "/handouts/new/full/6b1f0c52-3f5e-4d0c-9a53-0d1b6f8a4c11/"


@pytest.fixture
def clinician(db):
    return make_clinician(
        name=f"Dr {LONG_WORD}", credential=LONG_WORD[:150], organisation="Northfield Trauma Clinic"
    )


@pytest.fixture
def desk(clinician):
    browser = Client()
    browser.force_login(clinician)
    return browser


@pytest.fixture
def addresses(clinician):
    """Each page, by its name, with one of each kind of handout: open, outdated, expiring, expired, revoked."""
    HelpContact.objects.create(
        key="gb-999", country="GB", kind="emergency", name="Somebody who helps", number="999", link="tel:999"
    )
    document = make_document(
        title=f"Full, {LONG_WORD}",
        steps=STEPS,
        checklist=ITEMS,
        supervision="professional-required",
        sensitive=True,
    )
    full = make_framework(document, slug="full", published=True)
    pinned = make_handout(clinician, full, message=f"See {LONG_WORD}\n\n<b>Slowly</b>")
    closed = make_handout(clinician, full, revoked_at=timezone.now() + timedelta(minutes=1))
    make_handout(clinician, full, expires_at=timezone.now() + timedelta(days=2))
    Handout.objects.filter(pk=make_handout(clinician, full).pk).update(
        created_at=timezone.now() - timedelta(days=9),
        last_on=timezone.now().date(),
        expires_at=timezone.now(),
    )
    later = {"key": "later", "level": "danger", "text": f"Learned afterwards, {LONG_WORD}."}
    write_draft(full, document.model_copy(update={"title": "Full"}))
    full.publish(by=None, kind="clinical", note="A title.")
    write_draft(
        full,
        make_document(**{**document.model_dump(exclude={"sources"}), "title": "Full", "warnings": [later]}),
    )
    full.publish(by=None, kind="safety", note="A warning.")
    SafetyNotice.objects.create(framework=full, level="danger", text=f"Two people fainted, {LONG_WORD}.")
    gone = make_framework(slug="gone", title="Gone", published=True)
    withdrawn = make_handout(clinician, gone)
    gone.withdraw(reason="A trial found harm.")
    patient = make_user("patient@example.com")
    checklist = make_checklist(patient, framework=full)
    HandoutStart.objects.create(checklist=checklist, handout=pinned)
    shown = progress.grant(checklist.pk, patient, handout=pinned.pk, name=LONG_WORD[:80])
    tick(checklist.pk, Owner(reader=patient.pk), [Change(checklist.item_keys[0], State.DONE)])
    return {
        "desk": "/handouts/",
        "handout": pinned.path,
        "closed": closed.path,
        "withdrawn": withdrawn.path,
        "its page": pinned.get_absolute_url(),
        "its page, revoked": closed.get_absolute_url(),
        "start": f"{pinned.path}start/",
        "start of what was withdrawn": f"{withdrawn.path}start/",
        "progress": shown.get_absolute_url(),
        "new": NEW,
        "new of what was withdrawn": "/handouts/new/gone/6b1f0c52-3f5e-4d0c-9a53-0d1b6f8a4c11/",
        "framework": "/frameworks/full/",
    }


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
class TestEveryPage:
    def test_breaks_no_rule_of_axe_and_never_scrolls_sideways(self, signed_in_page, clinician, addresses):
        page = signed_in_page(clinician, reduced_motion="reduce")
        for name, address in addresses.items():
            page.set_viewport_size(DESKTOP)
            page.goto(address)
            unfold(page.locator(".given details, .tools details"))
            serves_everybody(page, name)

    def test_holds_with_errors_in_the_preview_and_for_others_too(self, signed_in_page, clinician, addresses):
        page = signed_in_page(clinician, NEW, reduced_motion="reduce")
        message = page.get_by_label("A message to the reader")
        message.evaluate("field => field.removeAttribute('maxlength')")  # the browser would cut it
        message.fill("x" * 2001)
        page.get_by_role("button", name="Look at it").click()
        page.get_by_role("alert").wait_for()
        serves_everybody(page, "errors")
        page.get_by_label("A message to the reader").fill("x")
        page.get_by_role("button", name="Look at it").click()
        page.get_by_role("button", name="Make the handout").wait_for()
        serves_everybody(page, "preview")
        page = signed_in_page(make_user(), "/handouts/", reduced_motion="reduce")
        serves_everybody(page, "not verified")


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_the_largest_framework_with_the_longest_message_is_one_sheet_of_either_paper(open_page):
    call_command("load_library", settings.BASE_DIR / "content", stdout=StringIO())
    largest = max(
        Framework.objects.published().select_related("current_revision"),
        key=lambda one: len(one.current_revision.document.model_dump_json(include={"steps", "warnings"})),
    )
    message = "\n\n".join(["We begin with the first step alone, slowly, and talk on Thursday. " * 10] * 4)
    page = open_page()
    page.goto(make_handout(framework=largest, message=message[:LONGEST_MESSAGE].strip()).path)
    for paper in ("A4", "Letter"):
        printed = page.pdf(format=paper, prefer_css_page_size=True)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 2, paper
    page.emulate_media(media="print")
    smallest = page.locator(".handout").evaluate(
        """handout => Math.min(...[...handout.querySelectorAll("*")]
            .filter(one => one.checkVisibility() && one.innerText?.trim())
            .map(one => parseFloat(getComputedStyle(one).fontSize)))"""
    )
    assert smallest * 72 / 96 >= 8.5 - 0.01, "in points"


@pytest.fixture
def readers(clinician):
    """The reader's pages before and after agreeing, and after the end of it, with all that there can be on them."""
    reader = make_user("robin@example.com")
    asked, agreed, ended = (make_framework(slug=slug, title=LONG_WORD, published=True) for slug in "abc")
    pages = {"list": "/checklists/shown/", "conflict": f"{make_handout(clinician, asked).path}start/"}
    for name, framework in {"asked": asked, "agreed": agreed, "ended": ended}.items():
        handout = make_handout(clinician, framework)
        checklist = make_checklist(reader, framework=framework)
        HandoutStart.objects.create(checklist=checklist, handout=handout)
        if name != "asked":
            consent = progress.grant(checklist.pk, reader, handout=handout.pk, name=LONG_WORD[:80])
            progress.look(consent.pk, clinician)
        if name == "ended":
            progress.withdraw(consent.pk, reader)
        pages[f"{name}, checklist"] = checklist.get_absolute_url()
        pages[f"{name}, show"] = f"{checklist.get_absolute_url()}show/"
    gone = make_clinician("gone@example.com")
    framework = make_framework(slug="d", published=True)
    checklist = make_checklist(reader, framework=framework)
    HandoutStart.objects.create(checklist=checklist, handout=make_handout(gone, framework))
    ClinicianProfile.objects.filter(user=gone).update(verified_at=None)
    pages["nobody"] = f"{checklist.get_absolute_url()}show/"
    return reader, pages


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
class TestEveryPageOfAReader:
    def test_breaks_no_rule_of_axe_and_never_scrolls_sideways(self, signed_in_page, readers):
        reader, pages = readers
        page = signed_in_page(reader, reduced_motion="reduce")
        for name, address in pages.items():
            page.goto(address)
            serves_everybody(page, name)
        page.goto(pages["asked, show"])
        page.get_by_role("button", name="Let ").click()
        page.get_by_role("alert").wait_for()
        breaks_no_rule(page, "errors")


@pytest.mark.html
@pytest.mark.django_db
def test_the_html_of_every_page_of_a_reader_is_valid(readers, tmp_path):
    reader, addresses = readers
    browser = Client()
    browser.force_login(reader)
    pages = {name: browser.get(address) for name, address in addresses.items()}
    pages["errors"] = browser.post(addresses["asked, show"])
    pages["errors of the conflict"] = browser.post(addresses["conflict"])
    assert {answer.status_code for answer in pages.values()} == {200, 422}
    is_valid_html(tmp_path, pages)


@pytest.mark.html
@pytest.mark.django_db
def test_the_html_of_every_page_is_valid(desk, addresses, tmp_path):
    pages = {name: desk.get(address) for name, address in addresses.items()}
    sent = {"step": "sit", "item": "chair", "days": "7", "revision": "3"}
    pages["preview"] = desk.post(NEW, {**sent, "message": "<b>\n\nSlowly"}, follow=True)
    pages["errors"] = desk.post(NEW, {"message": "x" * 2001})
    reader = Client()
    reader.force_login(make_user())
    pages["not verified"] = reader.get("/handouts/")
    empty = Client()
    empty.force_login(make_clinician("new@example.com"))
    pages["nothing yet"] = empty.get("/handouts/")
    assert {name: answer.status_code for name, answer in pages.items() if answer.status_code != 200} == {
        "closed": 410,
        "errors": 422,
        "not verified": 403,
    }
    is_valid_html(tmp_path, pages)
