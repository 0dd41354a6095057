# Python 3.11 to 3.13 and make are all that these targets expect; scripts/bootstrap.sh fetches the rest into .venv.
#   PYTHON=/path/to/python   the interpreter for .venv        PIP_ARGS="..."      more arguments for pip
PYTHON ?=
PIP_ARGS ?=
export PYTHON PIP_ARGS

.NOTPARALLEL:
.PHONY: help setup clean

help:  ## what there is to make
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1	\2/p' Makefile

setup: .venv/ready-setup  ## make .venv with what the self-check needs (PyTorch)

# course only >>>
PY = .venv/bin/python
#   PYTEST_ARGS="..."        more arguments for pytest
PYTEST_ARGS ?=
TESTS = $(PY) -m pytest tests --timeout 900
.PHONY: demo test together alone verify lint system slurm

demo: .venv/ready-demo  ## set up, grade the sample class here, write build/demo/report.html
	@rm -rf build/demo
	$(PY) -m grader grade examples/class --out build/demo/results
	$(PY) -m grader report build/demo/results --html build/demo/report.html

test: system lint together alone  ## set up everything that the tests need, lint, test; what CI runs

together: .venv/ready-test  ## the tests that may run two at a time
	$(TESTS) -m "not alone" -n 2 --dist loadfile $(PYTEST_ARGS)

alone: .venv/ready-test  ## the tests that need the machine for themselves: races, and attacks
	$(TESTS) -m alone $(PYTEST_ARGS)

verify: .venv/ready-test  ## every start fails where it should, every solution passes, every wrong answer is caught
	$(PY) -m grader verify

slurm: system .venv/ready-test  ## a shell on a private Slurm of this machine's own
	$(PY) -m tests.private_slurm

lint: .venv/ready-test  ## ruff and mypy
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy

system:  ## which programs the tests miss here; installs them as root on Debian/Ubuntu
	@sh scripts/bootstrap.sh system

# <<< course only
clean:  ## remove what was built, except .venv
	rm -rf build dist *.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -path ./.venv -prune -o -name __pycache__ -type d -exec rm -rf {} +

.venv/ready-%: pyproject.toml constraints.txt
	@sh scripts/bootstrap.sh $*
