# `make demo` and `make test` set up all they need; only Python 3.11 or newer is asked for.
.POSIX:
.PHONY: demo test env lint docs faults fuzz audit clean

PYTHON ?= python3
# Jobs find python here, whether or not the environment is active.
IN = PATH="$(CURDIR)/.venv/bin:$$PATH"

demo: .venv/ready
	$(IN) snakemake --cores all
	@echo
	@echo "The report: $(CURDIR)/results/report/index.html"

test: .venv/ready
	$(IN) python -m pytest -n 2 --dist loadfile

lint: .venv/ready
	$(IN) ruff check .
	$(IN) ruff format --check .
	$(IN) mypy
	$(IN) snakefmt --check Snakefile workflow/rules
	$(IN) snakemake --lint
	@if command -v npx >/dev/null; then $(BIOME) ci --error-on-warnings; \
	  else echo "npx not found: scripts and styles of the pages are not checked"; fi

# The documentation as a site that opens from disk.
docs: .venv/ready
	NO_MKDOCS_2_WARNING=1 $(IN) mkdocs build --strict --config-file docs/mkdocs/mkdocs.yml
	@echo "The site: $(CURDIR)/site/index.html"

# Hours of faults: whole runs that go wrong, and 200 kills at random moments.
faults: .venv/ready
	$(IN) python -m pytest -m nightly tests
	$(IN) python benchmarks/kills.py --minutes 60

# Coverage-guided: input that readers stumble over. FUZZ names targets, such as `lst`; all by default.
FUZZ_SECONDS ?= 60
fuzz: .venv/fuzz/ready
	PYTHONPATH="$$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')" \
	  nice -n 19 .venv/fuzz/bin/python tests/fuzz/run.py --seconds $(FUZZ_SECONDS) $(FUZZ)

# Apart from the lock: it has no wheels for some platforms.
.venv/fuzz/ready: .venv/ready
	.venv/bin/python -m venv .venv/fuzz
	.venv/fuzz/bin/python -m pip install --quiet --disable-pip-version-check atheris==3.0.0
	touch $@

# Known weaknesses of the locked packages; asks the package index and so needs the network.
audit: .venv/ready
	$(IN) uv tool run --python .venv/bin/python pip-audit==2.10.1 --strict --require-hashes --disable-pip \
	  --progress-spinner off --requirement requirements.lock

# The checker of scripts and styles; of npm, since PyPI has none.
BIOME = npx --yes @biomejs/biome@2.6.8

env: .venv/ready

# The lock is exact and hashed. uv installs it in half a minute, pip takes five. Where only pip knows
# your package index: make env INSTALL="python -m pip install --quiet"
INSTALL ?= uv pip install --quiet --compile-bytecode

.venv/ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Seston needs Python 3.11 or newer; found $$($(PYTHON) --version). Try: make demo PYTHON=python3.12"; exit 1; }
	$(PYTHON) -m venv .venv
	$(IN) python -m pip install --quiet --disable-pip-version-check uv==0.13.9
	$(IN) $(INSTALL) --require-hashes --requirement requirements.lock
	$(IN) $(INSTALL) --no-deps --no-build-isolation --editable .
	touch $@

clean:
	rm -rf .venv results .snakemake site
