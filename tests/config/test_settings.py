import pytest

SECRETS = ("s3cret", "R4nd0m")


class TestWithoutDebug:
    @pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL"])
    def test_start_up_stops_and_names_what_is_missing(self, run_python, name):
        started = run_python("-c", "import config.wsgi", **{name: ""})
        assert started.returncode != 0
        last_line = started.stderr.strip().splitlines()[-1]
        assert f"ImproperlyConfigured: {name} is not set. Set it to" in last_line
        assert not any(secret in started.stderr for secret in SECRETS)

    @pytest.mark.parametrize("name", ["SECRET_KEY", "DATABASE_URL"])
    def test_a_command_says_so_in_one_line(self, run_python, name):
        ran = run_python("manage.py", "migrate", **{name: ""})
        assert ran.returncode == 1
        assert ran.stderr.startswith(f"{name} is not set. Set it to")
        assert len(ran.stderr.splitlines()) == 1

    def test_another_kind_of_database_is_refused(self, run_python):
        started = run_python("-c", "import config.wsgi", DATABASE_URL="sqlite:///s3cret.db")
        assert "DATABASE_URL must begin with postgresql://" in started.stderr
        assert not any(secret in started.stderr for secret in SECRETS)

    def test_nothing_is_assumed_by_a_web_server_on_a_bare_machine(self, run_python):
        started = run_python("-c", "import config.wsgi", DEBUG="", SECRET_KEY="", DATABASE_URL="")
        assert started.returncode != 0

    def test_a_secret_may_begin_with_a_dollar(self, run_python):
        code = "from config.settings import *; print(SECRET_KEY, SECRET_KEY_FALLBACKS)"
        started = run_python("-c", code, SECRET_KEY="$R4nd0m", SECRET_KEY_FALLBACKS="$one,two")
        assert started.stdout == "$R4nd0m ['$one', 'two']\n"

    @pytest.mark.parametrize("proxies", ["0", "1"])
    def test_django_finds_nothing_to_improve(self, run_python, proxies):
        checked = run_python(
            "manage.py", "check", "--deploy", "--fail-level", "INFO", TRUSTED_PROXY_COUNT=proxies
        )
        assert checked.returncode == 0, checked.stderr
        silenced = 1 - int(proxies)  # W008, which wants a redirect to https where nothing speaks it
        assert checked.stdout == f"System check identified no issues ({silenced} silenced).\n"
        assert checked.stderr == ""

    def test_cookies_belong_to_this_very_host_over_https(self, settings, run_python):
        code = """if True:
            from config.settings import *
            for cookie in ("SESSION", "CSRF"):
                print(*(globals()[f"{cookie}_COOKIE_{part}"] for part in ("NAME", "SECURE", "HTTPONLY", "SAMESITE")))
        """
        assert run_python("-c", code).stdout.splitlines() == [
            "__Host-sessionid True True Lax",
            "__Host-csrftoken True True Lax",
        ]


class TestWhereTheSiteIsFound:
    CODE = "from config.settings import BASE_URL; print(BASE_URL)"

    @pytest.mark.parametrize(
        ("given", "address"),
        [
            ({}, "https://localhost"),
            ({"ALLOWED_HOSTS": "tracework.example,other.example"}, "https://tracework.example"),
            ({"ALLOWED_HOSTS": "*", "BASE_URL": "https://a.example/"}, "https://a.example"),
            ({"DEBUG": "on"}, "http://127.0.0.1:8000"),
        ],
    )
    def test_is_what_is_said_or_the_first_of_the_hosts(self, run_python, given, address):
        given = {"BASE_URL": "", "ALLOWED_HOSTS": "localhost", **given}
        assert run_python("-c", self.CODE, **given).stdout == f"{address}\n"

    @pytest.mark.parametrize(
        ("given", "message"),
        [
            ({"ALLOWED_HOSTS": "*"}, "BASE_URL is not set. ALLOWED_HOSTS names no one address"),
            ({"ALLOWED_HOSTS": ".a.example"}, "BASE_URL is not set. ALLOWED_HOSTS names no one address"),
            ({"BASE_URL": "tracework.example"}, "BASE_URL is “tracework.example”; it begins with https://."),
        ],
    )
    def test_must_be_known(self, run_python, given, message):
        started = run_python("-c", self.CODE, **{"BASE_URL": "", **given})
        assert started.returncode != 0
        assert message in started.stderr


class TestTheSecondFactorOfEditors:
    CODE = "from config.settings import REQUIRE_STAFF_MFA; print(REQUIRE_STAFF_MFA)"

    @pytest.mark.parametrize(
        ("debug", "value", "required"),
        [
            ("off", "", True),
            ("on", "", False),
            ("off", "off", False),
            ("on", "TRUE", True),
            ("off", "no", False),
        ],
    )
    def test_is_required_unless_debug_or_told_otherwise(self, run_python, debug, value, required):
        ran = run_python("-c", self.CODE, DEBUG=debug, REQUIRE_STAFF_MFA=value)
        assert ran.stdout == f"{required}\n", ran.stderr

    def test_is_not_switched_off_by_a_slip_of_the_pen(self, run_python):
        ran = run_python("-c", self.CODE, REQUIRE_STAFF_MFA="ture")
        assert "REQUIRE_STAFF_MFA must be on or off." in ran.stderr


class TestManagePy:
    def test_takes_the_settings_that_it_is_told(self, run_python):
        code = "from django.conf import settings; print(settings.SETTINGS_MODULE)"
        told = run_python("manage.py", "shell", "--settings", "tests.settings", "-v0", "-c", code)
        assert told.stdout.strip() == "tests.settings", told.stderr


class TestOnABareCheckout:
    NOTHING = dict.fromkeys(("DEBUG", "SECRET_KEY", "DATABASE_URL"), "")

    def test_commands_that_need_no_database_start_none(self, run_python):
        code = """if True:
            from config.embedded import server
            def refuse(folder):
                raise AssertionError("a command that needs no database asked for one")
            server.ensure_running = refuse
            from django.core.management import execute_from_command_line
            for command in (["help"], ["migrate", "--help"], ["check"], ["findstatic", "--help"]):
                try:
                    execute_from_command_line(["manage.py", *command])
                except SystemExit:
                    pass
            print("done")
        """
        ran = run_python("-c", code, DEBUG="on", DATABASE_URL="")
        assert ran.stdout.endswith("done\n"), ran.stderr

    def test_manage_py_is_in_development(self, tmp_path, monkeypatch):
        import manage

        monkeypatch.setattr(manage, "__file__", str(tmp_path / "manage.py"))
        for name in self.NOTHING:
            monkeypatch.delenv(name, raising=False)
        environment = manage.os.environ
        manage.choose_development_on_a_bare_checkout()
        assert environment["DEBUG"] == "on"

    @pytest.mark.parametrize("name", ["DEBUG", "SECRET_KEY", "DATABASE_URL"])
    def test_but_not_where_something_is_set(self, tmp_path, monkeypatch, name):
        import manage

        monkeypatch.setattr(manage, "__file__", str(tmp_path / "manage.py"))
        for other in self.NOTHING:
            monkeypatch.delenv(other, raising=False)
        monkeypatch.setenv(name, "off")
        manage.choose_development_on_a_bare_checkout()
        assert manage.os.environ.get("DEBUG") != "on"

    def test_nor_where_there_is_an_env_file(self, tmp_path, monkeypatch):
        import manage

        monkeypatch.setattr(manage, "__file__", str(tmp_path / "manage.py"))
        for name in self.NOTHING:
            monkeypatch.delenv(name, raising=False)
        (tmp_path / ".env").touch()
        manage.choose_development_on_a_bare_checkout()
        assert "DEBUG" not in manage.os.environ


class TestAProxyThatIsTrusted:
    ASK = """if True:
        import django; django.setup()
        from django.test import Client
        client = Client(headers={"host": "tracework.example"}, raise_request_exception=False)
        def show(path, **headers):
            response = client.get(path, headers=headers)
            print(response.status_code, response.get("Location", "-"), response.get("Strict-Transport-Security", "-"))
        show("/healthz")
        show("/about/?q=1")
        show("/healthz", x_forwarded_proto="https")
    """

    def test_makes_plain_http_lead_to_https_but_for_probes(self, run_python):
        asked = run_python("-c", self.ASK, TRUSTED_PROXY_COUNT="1")
        assert asked.stdout.splitlines() == [
            "200 - -",
            "301 https://tracework.example/about/?q=1 -",
            "200 - max-age=63072000; includeSubDomains; preload",
        ], asked.stderr

    def test_is_not_believed_when_there_should_be_none(self, run_python):
        asked = run_python("-c", self.ASK, TRUSTED_PROXY_COUNT="0").stdout.splitlines()
        assert asked[0] == asked[2] == "200 - -"
        assert not asked[1].startswith("301")
