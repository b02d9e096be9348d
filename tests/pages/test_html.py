"""The Nu HTML checker finds no error on any page. It needs Java and its file: `.ci/run` fetches it."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from .conftest import ADDRESSES

VNU_JAR = os.environ.get("VNU_JAR")


@pytest.mark.skipif(
    not (VNU_JAR and shutil.which("java")), reason="VNU_JAR names no Nu HTML checker, or there is no Java"
)
@pytest.mark.django_db
@pytest.mark.usefixtures("starting_library")
def test_every_page_is_valid_html(tmp_path):
    client = Client()
    for number, address in enumerate(ADDRESSES.values()):
        (tmp_path / f"{number}.html").write_bytes(client.get(address).content)
    checked = subprocess.run(
        ["java", "-jar", VNU_JAR, "--format", "json", "--skip-non-html", str(tmp_path)],
        capture_output=True,
        check=False,
    )
    messages = json.loads(checked.stderr)["messages"]
    names = list(ADDRESSES)
    told = [
        f"{names[int(Path(message['url']).stem)]}: {message['message']}: {message.get('extract')}"
        for message in messages
        if message["type"] == "error"
    ]
    assert not told, "\n".join(told)
