# What one does with Tracework: `make help` lists it. Needs Python 3.12 or newer, and nothing else.

HOST ?= 127.0.0.1
PORT ?= 8000
WORKERS ?= 2
THREADS ?= 4

PYTHON = .venv/bin/python
INSTALLED = .venv/requirements-installed
# Whatever .env says, these commands are a developer's.
DEVELOPMENT = DEBUG=on

.PHONY: help run serve test durability lint format stop requirements clean

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1|/p' Makefile | column -t -s '|' 2>/dev/null || grep '##' Makefile

run: free-port $(INSTALLED) ## Start Tracework for developing (PORT=8000), with its database and the starting library
	@$(DEVELOPMENT) $(PYTHON) manage.py migrate --verbosity 0
	@$(DEVELOPMENT) $(PYTHON) manage.py load_library content/ || echo 'The library starts without what was refused.'
	@$(DEVELOPMENT) $(PYTHON) manage.py make_demonstration_accounts
	@$(DEVELOPMENT) BASE_URL=http://$(HOST):$(PORT) exec $(PYTHON) manage.py runserver $(HOST):$(PORT)

serve: free-port $(INSTALLED) ## Start it the way production does: settings from the environment, after `manage.py migrate`
	@DEBUG=off $(PYTHON) manage.py collectstatic --noinput --verbosity 0
	@DEBUG=off exec .venv/bin/granian --interface wsgi --host $(HOST) --port $(PORT) \
		--workers $(WORKERS) --blocking-threads $(THREADS) --respawn-failed-workers \
		--no-ws --no-access-log config.wsgi:application

test: $(INSTALLED) ## Run the tests, on several cores (ARGS="-k words" and the like go to pytest)
	@$(DEVELOPMENT) $(PYTHON) -m pytest --numprocesses logical --maxprocesses 4 --dist worksteal $(ARGS)

durability: $(INSTALLED) ## Kill web server and database while readers tick, and look for every tick (1 to 2 minutes)
	@$(PYTHON) -m tests.durability $(ARGS)

TEMPLATES = $$(find templates -name '*.html')
# Values that fit production and open nothing; check needs no more to judge the settings.
CHECK_PRODUCTION = DEBUG=off ALLOWED_HOSTS=tracework.example DATABASE_URL=postgresql://nobody@127.0.0.1:1/none \
	SECRET_KEY=$$($(PYTHON) -c 'import secrets; print(secrets.token_urlsafe(64))') \
	$(PYTHON) manage.py check --deploy --fail-level WARNING

lint: $(INSTALLED) ## Check layout, likely bugs, who knows whom, migrations and production settings
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	.venv/bin/djade --target-version 6.1 --check $(TEMPLATES)
	.venv/bin/lint-imports --no-cache --no-logo
	$(DEVELOPMENT) $(PYTHON) manage.py makemigrations --check --dry-run
	@echo 'manage.py check --deploy, without and with a proxy'
	@TRUSTED_PROXY_COUNT=0 $(CHECK_PRODUCTION)
	@TRUSTED_PROXY_COUNT=1 $(CHECK_PRODUCTION)

format: $(INSTALLED) ## Mend what `make lint` says about layout
	$(PYTHON) -m ruff check --fix-only
	$(PYTHON) -m ruff format
	-.venv/bin/djade --target-version 6.1 $(TEMPLATES)

stop: $(INSTALLED) ## Stop the embedded database, which otherwise waits for the next command
	@$(DEVELOPMENT) $(PYTHON) manage.py stop_database

COMPILE = var/compile/bin/uv pip compile pyproject.toml --quiet --universal --python-version 3.12 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --custom-compile-command 'make requirements' $(ARGS)

requirements: $(INSTALLED) ## Pin again what pyproject.toml asks for (ARGS=--upgrade takes the newest)
	$(PYTHON) -m venv --clear var/compile
	var/compile/bin/python -m pip install --quiet uv
	$(COMPILE) --output-file requirements-production.txt
	$(COMPILE) --output-file requirements.txt --group development --constraint requirements-production.txt
	rm -r var/compile

clean: ## Remove what can be made again; the data in var/postgres-18 stays
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis var/static var/compile
	find . -name __pycache__ -type d -prune -exec rm -r {} +

# Runs only when the pinned requirements have changed.
$(INSTALLED): requirements.txt
	@$(FIND_PYTHON); \
	$(PYTHON) -c '' 2>/dev/null || { echo "Making .venv with $$($$python --version)"; \
		$$python -m venv --clear .venv || { rm -rf .venv; exit 1; }; }
	@echo 'Installing requirements.txt into .venv'
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	@touch $@

# The first of these that is new enough. In this folder, pyenv's python3 is the version in .python-version.
FIND_PYTHON = for python in python3 python3.13 python3.14 python3.12 /usr/bin/python3; do \
		$$python -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && break; python=; \
	done; \
	[ -n "$$python" ] || { echo 'Tracework needs Python 3.12 or newer. Install it, and see that python3 or' \
		'python3.13 starts it.' >&2; exit 1; }

# First of all, so that nobody waits for an installation only to read this.
free-port:
	@$(FIND_PYTHON); $$python config/free_port.py $(HOST) $(PORT)
