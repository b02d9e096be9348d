"""For servers that speak ASGI. Ours speaks WSGI (config/wsgi.py): the site has no use for open connections."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_asgi_application()
