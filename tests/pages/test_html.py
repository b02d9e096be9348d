"""The Nu HTML checker finds no error on any page that is the same for everyone."""

import pytest
from django.test import Client

from .checks import is_valid_html
from .conftest import ADDRESSES


@pytest.mark.html
@pytest.mark.django_db
@pytest.mark.usefixtures("starting_library")
def test_every_page_is_valid_html(tmp_path):
    client = Client()
    is_valid_html(tmp_path, {name: client.get(address) for name, address in ADDRESSES.items()})
