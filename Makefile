# The commands of the project. Every target can be interrupted and started again.
#   make run    set everything up and start the bot: the web chat on http://127.0.0.1:8765
#   make test   set everything up and run every test (installs Debian's Chromium, PostgreSQL and fonts if missing)
#   make check  format, lint and types: what CI checks before the tests
#   make soak   kill the program 200 times in each of its forms while people use it, and judge
#   make bench  the benchmarks; the last line of standard output is one JSON object
#   make audit  look every locked package up among known vulnerabilities, and list the parts (needs the network)
#   make screens  draw the documents' pictures of a card in Discord anew (docs/)
#   make clean  remove what these commands made

SHELL := /bin/bash
VENV := .venv
BIN := $(VENV)/bin
# Tests at once: most of their time is waiting.
JOBS ?= 3
BASE_PYTHON ?= $(shell command -v python3.11 || command -v python3)
APT := $(if $(filter 0,$(shell id -u)),,sudo )apt-get
export PIP_DISABLE_PIP_VERSION_CHECK := 1

.PHONY: run test check format soak bench audit screens clean

run: $(VENV)/.run-ready
	@exec $(BIN)/python -m bot run

# Tests and benchmarks never leave this machine; `run` may fetch the model that the settings name.
test soak bench screens: export HF_HUB_OFFLINE ?= 1

test: check
	@echo "── 테스트를 실행해요"
	@$(BIN)/python -m pytest -n $(JOBS) --dist loadfile --no-loadscope-reorder || { code=$$?; \
	  [ $$code -eq 1 ] || exit $$code; \
	  echo "── 실패한 테스트만 하나씩 다시 해 봐요. 이번에 되더라도 고칠 것이 있다는 뜻이에요"; \
	  $(BIN)/python -m pytest --last-failed --last-failed-no-failures none; }

check: $(VENV)/.test-ready
	@echo "── 형식, 규칙, 타입을 검사해요"
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy

format: $(VENV)/.test-ready
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

soak: $(VENV)/.test-ready
	@$(BIN)/python -m tests.kill.loop --cycles 200

bench: $(VENV)/.run-ready
	@$(BIN)/python -m benchmarks

# In an environment of its own that is thrown away. A package that could not be looked up is a failure:
# without --strict the answer would be "no known vulnerabilities" where nobody was asked.
# AUDIT_SERVICE is pypi or osv.
AUDIT_SERVICE ?= osv
AUDIT := .cache/audit
audit:
	@folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; mkdir -p $(AUDIT); \
	$(BASE_PYTHON) -m venv "$$folder" \
	  && "$$folder/bin/pip" install -q pip-audit==2.10.1 cyclonedx-bom==7.5.0 \
	  && echo "── 부품 목록을 적어요 ($(AUDIT)/sbom.json)" \
	  && "$$folder/bin/cyclonedx-py" requirements constraints.txt --of JSON -o $(AUDIT)/sbom.json \
	  && echo "── 알려진 취약점을 찾아요 ($(AUDIT_SERVICE), $$(date -u +%F))" \
	  && "$$folder/bin/pip-audit" --strict --no-deps --disable-pip --progress-spinner off \
	    -s $(AUDIT_SERVICE) -r constraints.txt

screens: $(VENV)/.test-ready
	@$(BIN)/python -m tests.discord.screens

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp is written last, so an interrupted installation is simply carried on.
$(VENV)/.venv-ready:
	@echo "── 파이썬 가상 환경을 만들어요 ($(VENV))"
	@$(BASE_PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	  || { echo "Python 3.11 이상 3.13 이하가 필요해요. BASE_PYTHON=/경로/python3.11 make run 처럼 알려 주세요." >&2; exit 2; }
	@$(BASE_PYTHON) -c 'import ensurepip' 2>/dev/null || { \
	  echo "── python3-venv를 설치해요"; $(APT) update -q && $(APT) install -y -q python3-venv; }
	@$(BASE_PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.run-ready: $(VENV)/.venv-ready pyproject.toml constraints.txt
	@echo "── 필요한 패키지를 설치해요. 처음에는 몇 분 걸리고, 끊겨도 이어서 할 수 있어요"
	@$(BIN)/python -m pip install --progress-bar on -c constraints.txt -e .
	@touch $@

$(VENV)/.test-ready: $(VENV)/.run-ready
	@echo "── 테스트에 필요한 것을 설치해요"
	@$(BIN)/python -m pip install -q -c constraints.txt -e '.[test]'
	@missing=""; command -v chromium >/dev/null || missing="chromium"; \
	for package in fonts-noto-cjk fonts-noto-color-emoji postgresql unicode-cldr-core unicode-data; do \
	  dpkg -s $$package >/dev/null 2>&1 || missing="$$missing $$package"; done; \
	if [ -n "$$missing" ]; then echo "── 데비안 패키지를 설치해요: $$missing"; \
	  $(APT) update -q && DEBIAN_FRONTEND=noninteractive $(APT) install -y -q --no-install-recommends $$missing; fi
	@touch $@
