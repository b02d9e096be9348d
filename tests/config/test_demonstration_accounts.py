class TestDemonstrationAccounts:
    def test_are_refused_by_a_server(self, run_python):
        ran = run_python("manage.py", "make_demonstration_accounts")
        assert ran.returncode == 1
        assert "only where DEBUG is on" in ran.stderr
        assert len(ran.stderr.splitlines()) == 1
