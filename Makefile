# make test: every check on one interpreter. make demo: certificates renewed in a simulated AWS.
# make docs: the site, in .cache/site. make reference: the pages of docs/reference that are generated.
# make matrix: every fault at every call of a renewal, all of it; the tests have a slice.
# make benchmark: the goals of docs/explanation/performance.md, measured; ARGS=--help tells more.
# Needs Python, its venv module and make; everything else is installed below .cache.
PYTHON ?= python3

VERSION := $(shell $(PYTHON) -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null)
TOX := .cache/tox-$(VERSION)
DEMO := .cache/demo-$(VERSION)
INSTALL := -m pip install -qq --disable-pip-version-check

.PHONY: test demo docs reference matrix benchmark python clean
.DELETE_ON_ERROR:

test: $(TOX)/ready
	$(TOX)/bin/tox run-parallel --parallel-no-spinner -e lint,type,layers,site,py

demo: $(DEMO)/ready
	$(DEMO)/bin/certrenew demo $(ARGS)

docs: $(TOX)/ready
	$(TOX)/bin/tox run -q -e site

reference: $(TOX)/ready
	$(TOX)/bin/tox run -q -e reference -- $(ARGS)

matrix: $(TOX)/ready
	$(TOX)/bin/tox run -q -e matrix -- $(ARGS)

benchmark: $(TOX)/ready
	$(TOX)/bin/tox run -q -e benchmark -- $(ARGS)

clean:
	rm -rf .cache .tox dist

$(TOX)/ready: Makefile | python
	$(PYTHON) -m venv --clear $(TOX)
	$(TOX)/bin/python $(INSTALL) 'tox>=4.24' 'tox-uv>=1.20'
	touch $@

$(DEMO)/ready: Makefile pyproject.toml $(wildcard c7n_certrenew/*_autoload.*) | python
	$(PYTHON) -m venv --clear $(DEMO)
	$(DEMO)/bin/python $(INSTALL) 'uv>=0.8'
	$(DEMO)/bin/uv pip install --quiet --python $(DEMO)/bin/python --editable '.[sandbox]'
	touch $@

python:
	@test -n '$(VERSION)' || { echo 'no Python called $(PYTHON): make PYTHON=... names another'; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] < (3, 15))' || \
	  { echo 'needs Python 3.10 to 3.14, $(PYTHON) is $(VERSION): make PYTHON=... names another'; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo '$(PYTHON) lacks venv or ensurepip (on Debian and Ubuntu: the package python3-venv)'; exit 1; }
