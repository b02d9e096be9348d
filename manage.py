#!/usr/bin/env python
"""Tracework's commands: `python manage.py help` lists them."""

import os
import sys
from pathlib import Path


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    choose_development_on_a_bare_checkout()
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        sys.exit(f"{error}")  # which variable is missing: one line, where a traceback would bury it


def choose_development_on_a_bare_checkout():
    """Turn DEBUG on where nobody has configured anything, so that commands work straight after a clone.

    Only here: a web server goes through `config.wsgi`, where DEBUG stays off until someone asks for it.
    Any one of the three variables, or a `.env` file, shows that somebody has made up their mind.
    """
    configured = os.environ.keys() & {"DEBUG", "DATABASE_URL", "SECRET_KEY"}
    if not configured and not Path(__file__).with_name(".env").exists():
        os.environ["DEBUG"] = "on"


if __name__ == "__main__":
    main()
