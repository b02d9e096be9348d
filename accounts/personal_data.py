"""The register of what is held of a person, so that one page can show it, one file can hold it, and leaving erases it.

Each app registers its own from `ready()`. A test walks all models: none that belongs to a person is left out.
"""

import io
import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from django.contrib.auth import get_user_model
from django.db import transaction

from .models import User


@dataclass(frozen=True)
class Holding:
    """One kind of thing that an app holds of a person.

    `export` gives files for the person to take away, each as its name and content. `erase` deletes all of it, inside
    the transaction that deletes the person. `models` are the labels of the tables that this covers.
    """

    name: str
    describe: Callable[[User], str] | str
    export: Callable[[User], Iterable[tuple[str, str | bytes]]]
    erase: Callable[[User], None]
    models: tuple[str, ...] = ()
    address: str = ""  # the page where the person sees it, if there is one


@dataclass(frozen=True)
class Described:
    name: str
    description: str
    address: str


_holdings: list[Holding] = []


def register(holding: Holding) -> None:
    _holdings.append(holding)


def holdings() -> tuple[Holding, ...]:
    return tuple(_holdings)


def described(user) -> list[Described]:
    """What is held of this person, in the words of the data page."""
    return [
        Described(
            holding.name,
            holding.describe(user) if callable(holding.describe) else holding.describe,
            holding.address,
        )
        for holding in _holdings
    ]


def as_zip(user) -> bytes:
    """All that is held of this person, as files in one archive. Raises ValueError for two files of one name."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as files:
        for holding in _holdings:
            for name, content in holding.export(user):
                if name in files.namelist():
                    raise ValueError(f"Two files are called {name}: one would hide the other.")
                files.writestr(name, content)
    return archive.getvalue()


@transaction.atomic
def erase(user) -> None:
    """Erase all that is held of this person, and the person: everything, or nothing where something fails."""
    # Nothing new can be written for them meanwhile: a row that belongs to a person locks the person too.
    person = get_user_model().objects.select_for_update().get(pk=user.pk)
    for holding in _holdings:
        holding.erase(person)
    person.delete()
