"""An editor's work in a browser: writing, ordering, and what becomes of two edits of one draft."""

from pathlib import Path

import pytest

from frameworks.drafts import read_draft
from frameworks.models import Framework, HelpContact, SafetyNotice, Source, SourceUpdate
from tests.factories import make_category, make_document, make_framework
from tests.frameworks.desk import address, browser_of
from tests.pages.checks import breaks_no_rule, never_scrolls_sideways, serves_everybody

SEED = (Path(__file__).parents[1] / "frameworks" / "pages" / "seed-page.txt").read_text(encoding="utf-8")

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def framework():
    return make_framework()


@pytest.fixture
def desk(signed_in_page):
    """Open the draft of a framework as an editor."""

    def desk(framework, role="editor", **options):
        return signed_in_page(browser_of(role).person, address(framework), **options)

    return desk


def draft(framework):
    return read_draft(Framework.objects.get(pk=framework.pk))


def row(page, part, number):
    return page.locator(f"#part-{part} > .desk-rows > ol > li").nth(number - 1)


def save(page, button="Save the draft"):
    page.get_by_role("button", name=button).click()
    page.locator(".messagelist").wait_for()


def preview_and_publish(page):
    page.get_by_role("link", name="Publish", exact=True).click()
    page.get_by_label("Note to readers").fill("What changed.")
    page.get_by_role("button", name="Preview it, then publish").click()
    page.get_by_role("link", name="Publish this").click()
    page.get_by_role("button", name="Publish").click()


def choose(claim, name, add="Enter"):
    """Have the claim be about one more entry, as with a keyboard."""
    choice = claim.get_by_label("What it is about")
    choice.focus()
    choice.select_option(label=name)
    if add:
        claim.get_by_role("button", name="Add", exact=True).press(add)


def choose_step(entry, name):
    """As with a keyboard: the list is filled when somebody comes to it."""
    choice = entry.get_by_label("Step")
    choice.focus()
    choice.select_option(label=name)


def chosen(claim):
    return claim.locator("[data-chosen] > li > span").all_inner_texts()


class TestOrder:
    def test_is_made_by_keyboard_and_said(self, desk, framework):
        page = desk(framework)
        title = row(page, "steps", 2).get_by_label("Title")
        title.focus()
        page.keyboard.press("Alt+ArrowUp")
        page.get_by_role("status").get_by_text("Now number 1 of 2.").wait_for()
        assert page.evaluate("document.activeElement.value") == "Breathe"
        row(page, "checklist", 1).get_by_role("button", name="Move down").press("Enter")
        page.get_by_role("status").get_by_text("Now number 2 of 2.").wait_for()
        save(page)
        saved = draft(framework)
        assert [step.key for step in saved.steps] == ["breathe", "sit"]
        assert saved.item_keys == ["four-rounds", "chair"]

    def test_is_made_by_drag(self, desk, framework):
        page = desk(framework, height=2000)  # nothing has to scroll on the way
        row(page, "steps", 2).locator(".desk-handle").first.hover()
        page.mouse.down()
        for x in (40, 50):  # the first move begins the drag, the second is over the row
            row(page, "steps", 1).hover(position={"x": x, "y": 8})
        page.mouse.up()
        save(page)
        assert [step.key for step in draft(framework).steps] == ["breathe", "sit"]

    def test_takes_a_row_between_two_others_which_others_can_choose_at_once(self, desk, framework):
        page = desk(framework)
        row(page, "steps", 2).get_by_role("button", name="Insert before").click()
        between = row(page, "steps", 2)
        between.get_by_label("Title").fill("Stretch")
        between.get_by_label("What to do").fill("The arms.")
        choose_step(row(page, "checklist", 1), "Stretch")
        choose(row(page, "claims", 1), "Stretch")
        save(page)
        saved = draft(framework)
        assert [step.key for step in saved.steps] == ["sit", "stretch", "breathe"]
        assert saved.checklist[0].step == "stretch"
        assert saved.claims[0].about == ("breathe", "overview", "stretch")

    def test_leaves_a_new_warning_about_the_whole_and_a_new_item_at_no_step(self, desk):
        framework = make_framework(steps=[], checklist=[], warnings=[], claims=[])
        page = desk(framework)
        for part in ("steps", "warnings", "checklist"):
            page.locator(f"#part-{part} > .desk-rows > [data-add] button").click()
        row(page, "steps", 1).get_by_label("Title").fill("Sit")
        row(page, "steps", 1).get_by_label("What to do").fill("On a chair.")
        warning, item = row(page, "warnings", 1), row(page, "checklist", 1)
        warning.get_by_label("What can happen").fill("You may faint.")
        warning.get_by_label("Level").select_option(label="Danger")
        item.get_by_label("To tick").fill("I sit")
        for choice, whole in (
            (warning.get_by_label("About"), "The whole framework"),
            (item.get_by_label("Step"), "No step"),
        ):
            choice.focus()
            assert choice.locator("option").all_inner_texts() == [whole, "Sit"]
        save(page)
        saved = draft(framework)
        assert [one.text for one in saved.warnings] == ["You may faint."]
        assert (saved.steps[0].warnings, saved.checklist[0].step) == ((), None)

    def test_lets_a_removed_row_come_back(self, desk, framework):
        page = desk(framework)
        row(page, "mistakes", 1).get_by_role("button", name="Remove").click()
        row(page, "principles", 1).get_by_role("button", name="Remove").click()
        row(page, "mistakes", 1).get_by_role("button", name="Undo").click()
        save(page)
        saved = draft(framework)
        assert (len(saved.mistakes), len(saved.principles)) == (1, 0)

    def test_of_the_citations_of_a_claim_is_their_own(self, desk, framework):
        page = desk(framework)
        claim = row(page, "claims", 1)
        claim.get_by_role("button", name="Add a citation").click()
        claim.get_by_label("Source", exact=True).nth(1).fill("talk2019")
        claim.get_by_label("Stance").nth(1).select_option("qualifies")
        page.keyboard.press("Alt+ArrowUp")
        page.locator("#part-claims > .desk-rows > [data-add] button").click()
        new = row(page, "claims", 2)
        new.get_by_label("Claim", exact=True).fill("It helps sleep.")
        new.get_by_role("button", name="Add a citation").click()
        new.get_by_label("Source", exact=True).fill("lee2020")
        new.get_by_label("Stance").select_option("supports")
        save(page)
        first, second = draft(framework).claims
        assert [citation.source for citation in first.citations] == ["talk2019", "lee2020"]
        assert [citation.source for citation in second.citations] == ["lee2020"]


class TestWhatAClaimIsAbout:
    def test_is_added_and_removed_by_keyboard_and_said(self, desk, framework):
        page = desk(framework)
        claim, status = row(page, "claims", 1), page.get_by_role("status")
        assert chosen(claim) == ["Step 2: Breathe", "Overview"]
        choose(claim, "Sit")
        status.get_by_text("Added: Step 1: Sit").wait_for()
        assert chosen(claim) == ["Step 2: Breathe", "Overview", "Step 1: Sit"]
        claim.get_by_role("button", name="Remove: Step 2: Breathe").press("Enter")
        status.get_by_text("Removed: Step 2: Breathe").wait_for()
        assert page.evaluate("document.activeElement.title") == "Remove: Overview"
        # Halfway down, a box may lie half behind the bar with the links: axe would call it too small.
        page.evaluate("scrollTo(0, 0)")
        breaks_no_rule(page, "what a claim is about")
        save(page)
        assert draft(framework).claims[0].about == ("overview", "sit")

    def test_is_never_lost_by_an_arrow_key(self, desk, framework):
        page = desk(framework)
        row(page, "claims", 1).get_by_label("What it is about").press("ArrowDown")
        assert chosen(row(page, "claims", 1)) == ["Step 2: Breathe", "Overview"]

    def test_is_offered_once_and_never_itself(self, desk, framework):
        page = desk(framework)
        choice = row(page, "claims", 1).get_by_label("What it is about")
        choice.focus()
        offered = choice.locator("option").all_inner_texts()
        assert "Sit" in offered
        assert not {"Breathe", "Overview", "Slow breathing lowers the pulse."} & {*offered}
        page.locator("#part-claims > .desk-rows > [data-add] button").click()
        choose(row(page, "claims", 2), "Slow breathing lowers the pulse.")
        assert chosen(row(page, "claims", 2)) == ["Claim 1: Slow breathing lowers the pulse."]

    def test_has_the_names_that_are_typed_elsewhere(self, desk, framework):
        page = desk(framework)
        page.locator("#part-steps > .desk-rows > [data-add] button").click()
        new = row(page, "steps", 3)
        new.get_by_label("Title").fill("Rest")
        new.get_by_label("What to do").fill("A while.")
        new.get_by_label("Pro tip").focus()
        claim = row(page, "claims", 1)
        choose(claim, "Rest")
        new.get_by_label("Title").fill("Lie down")
        new.get_by_label("Pro tip").focus()
        row(page, "steps", 1).get_by_role("button", name="Remove").click()
        row(page, "steps", 2).get_by_role("button", name="Move up").click()
        claim.get_by_role("button", name="Remove: Step 2: Lie down").wait_for()
        assert chosen(claim) == ["Step 1: Breathe", "Overview", "Step 2: Lie down"]

    def test_is_saved_where_it_was_chosen_and_not_added(self, desk, framework):
        page = desk(framework)
        choose(row(page, "claims", 1), "Sit", add=None)
        save(page)
        assert draft(framework).claims[0].about == ("breathe", "overview", "sit")

    def test_is_unticked_and_typed_without_a_script(self, desk, framework):
        page = desk(framework, javascript=False, width=390)
        claim = row(page, "claims", 1)
        claim.get_by_label("Overview").uncheck()
        claim.get_by_label("What it is about").fill("sit")
        never_scrolls_sideways(page, "without a script")
        save(page)
        assert draft(framework).claims[0].about == ("breathe", "sit")


class TestALongDraft:
    @pytest.fixture
    def long(self):
        steps = [{"key": f"s{n}", "title": f"Step {n}", "body": "Do it."} for n in range(12)]
        items = [{"key": f"i{n}", "text": f"Item {n}", "step": f"s{n}"} for n in range(12)]
        return make_framework(slug="long", steps=steps, checklist=items, claims=[])

    def test_is_folded_and_opens_where_a_link_leads_and_where_something_is_to_be_mended(self, desk, long):
        page = desk(long)
        jump = page.get_by_role("navigation", name="Parts of the draft")
        jump.get_by_role("link", name="Steps 12").click()
        title = row(page, "steps", 12).get_by_label("Title")
        assert not title.is_visible()
        row(page, "steps", 12).locator("summary").click()
        title.fill("")
        row(page, "steps", 3).get_by_role("button", name="Remove").click()
        jump.get_by_role("link", name="Steps 11").wait_for()
        page.get_by_role("button", name="Save the draft").click()
        page.get_by_role("link", name="Step 11: Title: Is empty.").wait_for()
        assert row(page, "steps", 12).get_by_label("Title").is_visible()
        assert not row(page, "steps", 2).get_by_label("Title").is_visible()
        page.goto(f"{address(long)}#entry-s4")
        assert row(page, "steps", 5).get_by_label("Title").is_visible()
        page.locator("#part-steps > .desk-rows > [data-folding]").get_by_role(
            "button", name="Fold all"
        ).click()
        assert not row(page, "steps", 5).get_by_label("Title").is_visible()
        breaks_no_rule(page, "a long draft")

    def test_draws_as_little_anew_for_a_move_as_a_short_one(self, desk, long):
        drawn = []
        for one, role in {make_framework(claims=[]): "editor", long: "publisher"}.items():
            page = desk(one, role)
            page.evaluate(
                "window.drawn = 0; new MutationObserver((all) => drawn += all.length).observe("
                "document.querySelector('#draft'), {subtree: true, childList: true, characterData: true})"
            )
            row(page, "steps", 2).get_by_role("button", name="Move up").click()
            page.get_by_role("status").get_by_text("Now number 1 of").wait_for()
            drawn.append(page.evaluate("window.drawn"))
        assert drawn[0] == drawn[1] > 0


class TestARowThatIsRemoved:
    def test_is_named_and_has_no_number_and_says_what_stands_at_it(self, desk, framework):
        page = desk(framework)
        step = row(page, "steps", 1)
        step.get_by_role("button", name="Remove").click()
        said = "“Sit” is removed when you save. At this step stand: “Never while driving.”, “I have a chair”."
        step.get_by_text(said).wait_for()
        page.get_by_role("status").get_by_text(said).wait_for()
        assert [row(page, "steps", n).locator("legend").inner_text() for n in (1, 2)] == ["Step", "Step 1"]
        choose_step(row(page, "checklist", 1), "Breathe")
        step.get_by_text("At this step stand: “Never while driving.”. Choose").wait_for()
        about = row(page, "warnings", 2).get_by_label("About")
        assert about.locator("option:checked").inner_text() == "Sit (removed)"
        about.select_option(label="The whole framework")
        save(page)
        assert [one.key for one in draft(framework).warnings] == ["dizzy", "no-driving"]

    def test_does_not_take_the_focus_where_something_else_is_to_be_mended(self, desk, framework):
        page = desk(framework)
        row(page, "mistakes", 1).get_by_role("button", name="Remove").click()
        row(page, "steps", 1).get_by_label("Title").fill("")
        page.get_by_role("button", name="Save the draft").click()
        page.get_by_role("link", name="Title: Is empty.").wait_for()
        row(page, "mistakes", 1).get_by_role("button", name="Undo").wait_for()
        assert page.evaluate("document.activeElement === document.body")


class TestWithoutAConnection:
    def test_nothing_is_sent_and_the_page_says_so(self, desk, framework):
        page = desk(framework)
        page.get_by_label("Tagline").fill("Kept")
        page.context.set_offline(True)
        page.get_by_role("button", name="Save the draft").click()
        page.get_by_role("status").get_by_text("You are offline: nothing was sent.").wait_for()
        page.context.set_offline(False)
        assert page.get_by_label("Tagline").input_value() == "Kept"
        save(page)
        assert draft(framework).tagline == "Kept"


class TestUnsavedChanges:
    def test_are_not_left_without_a_word(self, desk, framework):
        page = desk(framework)
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.get_by_label("Tagline").fill("Unsaved")
        with page.expect_event("dialog") as asked:
            page.get_by_role("link", name="History").click(no_wait_after=True)
        assert asked.value.type == "beforeunload"
        save(page)
        page.get_by_role("link", name="History").click()
        page.wait_for_url("**/history/")

    def test_of_two_editors_are_put_together(self, desk, framework):
        first, second = desk(framework), desk(framework, role="publisher")
        first.get_by_label("Tagline").fill("Slow counts")
        row(second, "steps", 1).get_by_label("Title").fill("Sit upright")
        save(first)
        second.get_by_role("button", name="Save the draft").click()
        conflict = second.get_by_role("alert")
        conflict.get_by_text("Editor saved it meanwhile").wait_for()
        assert row(second, "steps", 1).get_by_label("Title").input_value() == "Sit upright"
        serves_everybody(second, "a conflict")
        second.locator(".desk-submit").get_by_role("button", name="Save both together").click()
        second.locator(".messagelist").wait_for()
        saved = draft(framework)
        assert (saved.tagline, saved.steps[0].title) == ("Slow counts", "Sit upright")


class TestWithoutScripts:
    def test_position_numbers_and_spare_rows_serve(self, desk, framework):
        page = desk(framework, javascript=False, width=390)
        spare = row(page, "steps", 3)
        spare.get_by_label("Title").fill("Between")
        spare.get_by_label("What to do").fill("The two.")
        spare.get_by_label("Position").fill("1.5")
        row(page, "mistakes", 1).get_by_label("Remove").check()
        save(page)
        saved = draft(framework)
        assert [step.key for step in saved.steps] == ["sit", "between", "breathe"]
        assert saved.mistakes == ()

    def test_what_is_wrong_is_said_beside_its_field(self, desk, framework):
        page = desk(framework, javascript=False)
        row(page, "steps", 1).get_by_label("Title").fill("")
        page.get_by_role("button", name="Save the draft").click()
        page.get_by_role("link", name="Title: Is empty.").click()
        assert page.url.endswith("#id_steps-0-title")
        assert draft(framework) == make_document()


class TestThePagesOfTheDesk:
    def test_break_no_rule_of_axe_and_fit_on_a_telephone(self, desk, framework):
        make_category("sleep")
        page = desk(framework, reduced_motion="reduce")
        for path in ("", "add/", "import/", f"{framework.pk}/change/"):
            page.goto(f"/admin/frameworks/framework/{path}")
            serves_everybody(page, path)


class TestFromNothingToReaders:
    def test_a_framework_is_written_previewed_and_published(self, signed_in_page):
        make_category("stress")
        page = signed_in_page(browser_of("publisher").person, "/admin/frameworks/framework/add/")
        page.get_by_label("Title").fill("Cold showers")
        page.get_by_label("Address").fill("cold-showers")
        page.get_by_label("Category").select_option(label="Stress")
        page.get_by_role("button", name="Begin").click()

        page.get_by_text("Not ready to publish").wait_for()
        page.get_by_role("link", name="The overview is empty").click()
        assert page.evaluate("location.hash") == "#id_overview"
        page.get_by_label("Problem it solves").fill("You wake up slowly.")
        page.get_by_role("textbox", name="Overview").fill(
            "Half a minute of cold water. *Little is known* of it."
        )
        page.get_by_label("Supervision").select_option(label="Ask a professional first")
        for part, label, text in [
            ("principles", "Principle", "Cold wakes."),
            ("steps", "Title", "Turn the tap"),
            ("checklist", "To tick", "The tap is turned"),
            ("warnings", "What can happen", "The heart races: dangerous after a heart attack."),
        ]:
            page.locator(f"#part-{part} > .desk-rows > [data-add] button").click()
            row(page, part, 1).get_by_label(label, exact=True).fill(text)
        row(page, "steps", 1).get_by_label("What to do").fill("To cold, for half a minute.")
        choose_step(row(page, "checklist", 1), "Turn the tap")
        row(page, "warnings", 1).get_by_label("Level").select_option(label="Contraindication")
        page.get_by_role("button", name="Save and preview").click()

        page.get_by_text("A draft. Only editors see this page.").wait_for()
        page.get_by_role("heading", name="Turn the tap").first.wait_for()
        never_scrolls_sideways(page, "preview")
        page.get_by_role("link", name="As on a telephone").click()
        framed = page.frame_locator("iframe")
        framed.get_by_role("heading", name="Cold showers").wait_for()
        page.go_back()
        page.get_by_role("link", name="Publish this").click()
        page.get_by_text("Ready to publish").wait_for()
        page.get_by_label("Kind of change").select_option(label="Clinical")
        page.get_by_label("Note to readers").fill("First edition.")
        page.get_by_role("button", name="Publish").click()
        page.get_by_text("Published revision 1.").wait_for()

        page.goto("/frameworks/cold-showers/")
        page.get_by_role("heading", name="Cold showers").wait_for()
        assert "dangerous after a heart attack" in page.locator("main").inner_text()

    @pytest.mark.parametrize("javascript", [True, False], ids=["script", "no-script"])
    def test_the_seed_page_is_imported_mended_and_published(self, signed_in_page, javascript):
        make_category("mental-health", name="Mental health treatment")
        page = signed_in_page(
            browser_of("editor").person, "/admin/frameworks/framework/", javascript=javascript
        )
        page.get_by_role("link", name="Import").click()
        page.get_by_label("Text", exact=True).fill(SEED)
        page.get_by_role("button", name="See what it would do").click()
        page.get_by_role("link", name="Category: There is no category “PEAK PERFORMANCE”").wait_for()
        page.get_by_label("Category").select_option(label="Mental health treatment")
        page.get_by_role("button", name="Look again").click()
        page.get_by_text("Every line was understood.").wait_for()
        page.get_by_role("button", name="Store as a draft").click()

        page.get_by_text("Not ready to publish: 2 things are missing").wait_for()
        page.get_by_role("link", name="Nobody has judged whether a reader may do this alone").click()
        assert page.evaluate("location.hash") == "#id_supervision"
        page.get_by_label("Supervision").select_option(label="Professional required")
        row(page, "steps", 1).get_by_label("Who does it").select_option(label="A professional does this")
        if javascript:
            page.locator("#part-checklist > .desk-rows > [data-add] button").click()
        row(page, "checklist", 1).get_by_label("To tick", exact=True).fill("Off-label status explained")
        row(page, "checklist", 1).get_by_label("Step").select_option(label="Administer ketamine")
        first = page.get_by_label("Level").first
        first.select_option(label="Danger")
        save(page)
        page.get_by_text("Ready to publish").wait_for()

        framework = Framework.objects.get()
        page = signed_in_page(browser_of("publisher").person, address(framework, "publish"))
        page.get_by_label("Note to readers").fill("First edition.")
        page.get_by_label("Note to readers").press("Enter")
        page.get_by_role("link", name="Publish this").click()
        page.get_by_role("button", name="Publish").click()
        page.get_by_text("Published revision 1.").wait_for()
        page.get_by_text("First edition.").wait_for()
        page.goto(framework.get_absolute_url())
        page.get_by_role("heading", name="Administer ketamine").first.wait_for()
        page.get_by_text("Off-label status explained").first.wait_for()

    def test_an_earlier_revision_is_restored_and_published_again(self, desk, framework):
        framework.publish(by=None, kind="editorial")
        page = desk(framework, role="publisher", javascript=False, width=390)
        page.get_by_label("Title", exact=True).first.fill("Square breathing")
        save(page)
        preview_and_publish(page)
        page.get_by_role("link", name="Restore revision 1 into the draft").click()
        page.get_by_role("button", name="Restore it into the draft").click()
        page.get_by_text("Restored revision 1 into the draft.").wait_for()
        page.get_by_role("link", name="Compare with live").click()
        assert "Square" in page.locator("del").inner_text()
        preview_and_publish(page)
        page.goto("/frameworks/box-breathing/")
        page.get_by_role("heading", name="Box breathing").wait_for()
        page.get_by_text("Revision 3").first.wait_for()

    def test_it_is_withdrawn_with_a_reason(self, desk, framework):
        framework.publish(by=None, kind="editorial")
        page = desk(framework, role="publisher")
        page.get_by_role("link", name="Revisions").click()
        page.get_by_role("link", name="Withdraw it").click()
        page.get_by_label("Reason").fill("Two trials found harm.")
        page.get_by_role("button", name="Withdraw it").click()
        page.get_by_text("Withdrawn. Its address now says so, and why.").wait_for()
        page.goto("/frameworks/box-breathing/")
        page.get_by_text("Two trials found harm.").wait_for()


class TestEveryOtherPageOfTheDesk:
    def test_breaks_no_rule_of_axe_and_fits_on_a_telephone(self, signed_in_page, framework):
        framework.publish(by=None, kind="editorial", note="First.")
        SafetyNotice.objects.create(framework=framework, text="Two people fainted.")
        SourceUpdate.objects.create(
            source=Source.objects.get(key="lee2020"), type="retraction", date="2026-02-03"
        )
        page = signed_in_page(browser_of("administrator").person, address(framework), reduced_motion="reduce")
        page.get_by_label("Title", exact=True).first.fill("Square breathing")
        save(page)
        for name in (
            "change",
            "preview",
            "phone",
            "compare",
            "publish",
            "revisions",
            "history",
            "withdraw",
            "restore/1",
            "changes/2",
        ):
            page.goto(address(framework, name))
            serves_everybody(page, name)
        page.goto("/admin/frameworks/safetynotice/")
        page.locator("input.action-select").first.check()
        page.get_by_label("Action:").select_option("lift")
        page.get_by_role("button", name="Run").click()
        page.get_by_role("button", name="Lift them").wait_for()
        serves_everybody(page, "lift")
        page.goto(address(framework, "withdraw"))
        page.get_by_label("Reason").fill("Mine.")
        framework.withdraw(reason="Two trials found harm.")
        page.get_by_role("button", name="Withdraw it").click()
        page.get_by_text("Not stored: it has been withdrawn").wait_for()
        serves_everybody(page, "withdrawn meanwhile")
        other = make_framework(slug="other")
        page.goto(address(other))
        page.get_by_label("Title", exact=True).first.fill("Typed")
        Framework.objects.filter(pk=other.pk).delete()
        page.get_by_role("button", name="Save the draft").click()
        page.get_by_text("Not saved: this draft is no longer there").wait_for()
        serves_everybody(page, "gone")


class TestTheFormsAndListsOfTheAdmin:
    def test_break_no_rule_of_axe_and_fit_on_a_telephone(self, signed_in_page, framework):
        source = Source.objects.get(key="lee2020")
        SourceUpdate.objects.create(source=source, type="retraction", date="2026-02-03")
        HelpContact.objects.create(key="x", kind="talk", name="A line", number="1", link="tel:1")
        page = signed_in_page(browser_of("administrator").person, reduced_motion="reduce")
        for path in (
            "frameworks/source/",
            "frameworks/safetynotice/add/",
            "frameworks/helpcontact/",
            "frameworks/helpcontact/add/",
            "accounts/user/",
        ):
            page.goto(f"/admin/{path}")
            serves_everybody(page, path)
        for model in ("source", "review", "category"):
            page.goto(f"/admin/frameworks/{model}/add/")
            never_scrolls_sideways(page, model)

        # Half filled, a form is not left unasked.
        page.get_by_label("Name:").fill("Half a na")
        page.once("dialog", lambda dialog: dialog.accept())
        with page.expect_event("dialog") as asked:
            page.get_by_role("link", name="Home").click()
        assert asked.value.type == "beforeunload"

        # The form of a source with all that it can show: what it draws on, what became of it, and somebody else's edit.
        page.goto(f"/admin/frameworks/source/{source.pk}/change/")
        Source.objects.filter(pk=source.pk).update(note="Theirs")
        page.get_by_label("Who was studied:").fill("Forty adults")
        page.get_by_role("button", name="Save and continue editing").click()
        page.get_by_role("alert").get_by_text("the record has changed since you opened it").wait_for()
        serves_everybody(page, "a source")
        assert page.get_by_label("Who was studied:").input_value() == "Forty adults"
        page.get_by_role("button", name="Save and continue editing").click()
        page.get_by_text("was changed successfully").wait_for()
