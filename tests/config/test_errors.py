import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory

FORM = "application/x-www-form-urlencoded"


def words_of(status):
    return render_to_string(f"{status}.html")


class TestAMistakeOfOurs:
    def test_shows_a_calm_page_and_nothing_of_the_mistake(self, wrong):
        response = wrong.get("/wrong/broken/")
        assert response.status_code == 500
        assert response.text == words_of(500)
        assert "no-store" in response.headers["Cache-Control"]

    def test_is_words_even_when_the_page_itself_is_broken(self, wrong, settings, tmp_path):
        (tmp_path / "500.html").write_text("{% no such tag %}")
        settings.TEMPLATES = [{**settings.TEMPLATES[0], "DIRS": [tmp_path]}]
        response = wrong.get("/wrong/broken/")
        assert response.status_code == 500
        assert "Please try again" in response.text


class TestNoDatabase:
    @pytest.mark.parametrize("path", ["/wrong/operational/", "/wrong/interface/"])
    def test_is_a_calm_503_that_says_when_to_come_back(self, wrong, path):
        response = wrong.get(path)
        assert response.status_code == 503
        assert response.headers["Retry-After"] == "30"
        assert response.text == words_of(503)

    def test_while_debugging_too(self, wrong, settings):
        settings.DEBUG = True
        response = wrong.get("/wrong/operational/")
        assert response.status_code == 503
        assert "Traceback" not in response.text

    @pytest.mark.parametrize("debug", ["on", "off"])
    def test_wherever_it_is_asked(self, run_python, debug):
        """A real one that refuses connections: asked by a view, by the session's middleware, and at login."""
        code = """if True:
            import django; django.setup()
            from django.conf import settings
            from django.test import Client, RequestFactory
            settings.ROOT_URLCONF = "tests.config.urls"
            client = Client(headers={"host": "localhost"}, raise_request_exception=False)
            client.cookies[settings.SESSION_COOKIE_NAME] = "0123456789abcdef"
            for path in ("/wrong/database/", "/wrong/user/", "/wrong/slow-to-print/"):
                response = client.get(path)
                print(response.status_code, response["Retry-After"], "Traceback" in response.text)
        """
        asked = run_python("-c", code, DEBUG=debug, ALLOWED_HOSTS="localhost")
        assert asked.stdout.splitlines() == ["503 30 False"] * 3, asked.stderr


class TestAnUnreadableRequest:
    @pytest.mark.parametrize("debug", [True, False])
    @pytest.mark.parametrize("charset", ["utf-7", "utf-16", "latin-1", "idna", "no-such"])
    def test_in_another_charset_is_a_calm_400(self, wrong, settings, charset, debug):
        settings.DEBUG = debug
        for content_type in (FORM, "multipart/form-data; boundary=x", "text/plain"):
            response = wrong.generic("POST", "/wrong/form/", b"a=b", f"{content_type}; charset={charset}")
            assert response.status_code == 400
            assert response.text == words_of(400)
        assert wrong.generic("GET", "/?q=+AGE-", b"x", f"text/plain; charset={charset}").status_code == 400

    @pytest.mark.django_db  # not that it is asked: outside a test, the start of a request closes old connections
    @pytest.mark.parametrize("method", ["GET", "POST"])
    @pytest.mark.parametrize(
        "content_type", ["{}; charset=base64", "{}; charset=undefined", "{};x=" + "y" * 20_000]
    )
    def test_that_django_itself_stumbles_over_is_a_calm_400(self, content_type, method):
        from config.wsgi import application

        started = []
        environ = RequestFactory().generic(method, "/healthz?a=b", b"a=b", "x").environ
        environ["CONTENT_TYPE"] = content_type.format(FORM)
        body = b"".join(application(environ, lambda status, headers: started.append((status, dict(headers)))))
        [(status, headers)] = started
        assert status.startswith("400 ")
        assert "Content-Security-Policy" in headers
        assert body.decode() == words_of(400)

    @pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"'])
    def test_but_utf8_is_read_however_it_is_written(self, wrong, charset):
        response = wrong.generic("POST", "/wrong/form/", "a=é".encode(), f"{FORM}; charset={charset}")
        assert response.text == "[('a', 'é')]"

    @pytest.mark.parametrize("path", ["/%00", "/frameworks/a%00b/", "/?q=%00", "/?%00=1", "/healthz?a=b%00"])
    def test_with_a_nul_in_its_address_is_a_calm_400(self, wrong, path):
        response = wrong.get(path)
        assert response.status_code == 400
        assert response.text == words_of(400)

    @pytest.mark.parametrize("body", [b"a=%00", b"%00=a", b"a=1&a=x%00y", b"a=\x00"])
    def test_with_a_nul_in_its_form_is_a_calm_400(self, wrong, body):
        assert wrong.post("/wrong/form/", body, FORM).status_code == 400

    def test_with_a_nul_in_a_cookie_is_a_calm_400(self, wrong, settings):
        response = wrong.get(
            "/wrong/user/", headers={"cookie": f'{settings.SESSION_COOKIE_NAME}="aaaaaaaaa\\000"'}
        )
        assert response.status_code == 400

    @pytest.mark.django_db
    @pytest.mark.parametrize("debug", [True, False])
    def test_of_malformed_utf8_is_never_a_500(self, wrong, settings, debug):
        settings.DEBUG = debug
        for bad in ("%ff", "%ed%a0%80", "%c3%28", "%f4%90%80%80"):
            assert wrong.get(f"/{bad}/").status_code == 404
            assert wrong.get(f"/?q={bad}").status_code < 500
            assert wrong.get(f"/frameworks/{bad}/").status_code == 404
            assert wrong.post("/wrong/form/", f"a={bad}", FORM).status_code == 200
        assert wrong.post("/wrong/form/", b"a=\xff\xfe", FORM).status_code == 200

    @pytest.mark.parametrize("debug", [True, False])
    def test_too_large_or_malformed_is_not_a_500(self, wrong, settings, debug):
        settings.DEBUG = debug
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
        assert wrong.post("/wrong/form/", b"a=" + b"b" * 200, FORM).status_code in (400, 413)
        settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 2
        assert wrong.post("/wrong/form/", b"a=1&b=2&c=3&d=4", FORM).status_code == 400
        assert wrong.post("/wrong/form/", b"nonsense", "multipart/form-data").status_code == 400
        assert wrong.get("/", headers={"host": "evil.example"}).status_code == 400


class TestAnUnknownAddress:
    @pytest.mark.parametrize("debug", [True, False])
    @pytest.mark.parametrize("path", ["/no/such/page/", "/wrong/missing/"])
    def test_shows_the_same_page_while_debugging(self, wrong, settings, debug, path):
        settings.DEBUG = debug
        response = wrong.get(path)
        assert response.status_code == 404
        assert "404.html" in [template.name for template in response.templates]


class TestARefusal:
    def test_has_a_page_of_its_own(self, wrong):
        response = wrong.get("/wrong/forbidden/")
        assert response.status_code == 403
        assert "403.html" in [template.name for template in response.templates]

    def test_of_a_form_says_that_it_may_have_been_open_too_long(self, wrong):
        response = Client(enforce_csrf_checks=True).post("/wrong/form/", {"a": "b"})
        assert response.status_code == 403
        assert response.context["form_expired"] is True
