"""What machines ask: is the process alive, and can it serve?"""

from django.db import InterfaceError, OperationalError, ProgrammingError, connection
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def alive(request):
    """The process answers. It asks nothing else, so a database that is down restarts no healthy server."""
    return HttpResponse("alive\n", content_type="text/plain")


@require_safe
@never_cache
def ready(request):
    """The database answers too, and has our tables. 503 says: send people elsewhere, but let this process live."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT FROM frameworks_framework LIMIT 1")
    except ProgrammingError:
        return HttpResponse("the database was not migrated\n", content_type="text/plain", status=503)
    except (OperationalError, InterfaceError):
        return HttpResponse("the database does not answer\n", content_type="text/plain", status=503)
    return HttpResponse("ready\n", content_type="text/plain")
