#!/bin/sh
# Lock what pyproject.toml asks for: exact versions, hashes of every wheel, no addresses.
set -eu
cd "$(dirname "$0")/.."
.venv/bin/python -m pip install -q pip-tools
lock() {
  out=$1
  shift
  CUSTOM_COMPILE_COMMAND="make lock" .venv/bin/pip-compile -q --allow-unsafe --strip-extras --generate-hashes \
    --no-emit-index-url --no-emit-trusted-host --no-emit-find-links --output-file "$out" "$@" pyproject.toml
}
lock requirements/run.txt --extra build
lock requirements/dev.txt --extra build --extra dev --extra bench
