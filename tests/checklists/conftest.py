import pytest
from django.test import Client

from checklists.models import Tick, TickChange
from checklists.owners import Owner
from frameworks.drafts import write_draft
from tests.factories import make_checklist, make_document, make_framework, make_user


@pytest.fixture
def framework():
    """Box breathing, whose checklist has the items `chair` and `four-rounds`."""
    return make_framework(published=True)


@pytest.fixture
def reader():
    return make_user()


@pytest.fixture
def browser(reader):
    """A browser in which the reader is signed in."""
    browser = Client()
    browser.force_login(reader)
    return browser


@pytest.fixture
def owner(reader):
    return Owner(reader=reader.pk)


@pytest.fixture
def checklist(reader, framework):
    return make_checklist(reader, framework=framework)


@pytest.fixture
def publish(framework):
    """Publish a next revision: `publish("clinical", checklist=items("chair"))`."""

    def publish(kind="clinical", **changes):
        write_draft(framework, make_document(**changes))
        return framework.publish(by=None, kind=kind)

    return publish


@pytest.fixture
def items():
    """Items of a checklist, by key and text: `items("chair", rounds="Two rounds")`."""
    texts = {"chair": "I have a chair", "four-rounds": "I did four rounds"}

    def items(*keys, **reworded):
        return [
            {"key": key, "text": text}
            for key, text in [*((key, texts.get(key, f"Do {key}")) for key in keys), *reworded.items()]
        ]

    return items


@pytest.fixture
def rows():
    """What is stored of each item: its state and its note."""
    return lambda checklist: {
        tick.item: (tick.state, tick.note) for tick in Tick.objects.filter(checklist=checklist)
    }


@pytest.fixture
def history():
    """The lines of a checklist's history, in the order in which they were written."""
    return lambda checklist: [
        (change.item, change.state, change.note)
        for change in TickChange.objects.filter(checklist=checklist).order_by("id")
    ]
