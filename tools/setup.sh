#!/bin/sh
# Make .venv with the locked packages of requirements/$1.txt and keywitness itself.
set -eu
cd "$(dirname "$0")/.."
which=${1:-run}

python=""
for candidate in "${PYTHON:-}" python3 python3.14 python3.13 python3.12 python3.11; do
  [ -n "$candidate" ] || continue
  if "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    python=$candidate
    break
  fi
done
[ -n "$python" ] || { echo "keywitness needs Python 3.11 or newer; none was found (set PYTHON=/path/to/python)" >&2; exit 1; }

if [ ! -x .venv/bin/python ] || ! .venv/bin/python -c 'import pip' 2>/dev/null; then
  if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    # Debian ships venv apart from Python.
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    if [ "$(id -u)" = 0 ]; then
      echo "setting up: python$version-venv" >&2
      apt-get update -qq && apt-get install -y -qq "python$version-venv" >/dev/null
    else
      echo "Python's venv is missing: sudo apt-get install python$version-venv" >&2
      exit 1
    fi
  fi
  echo "setting up: .venv with $("$python" --version)" >&2
  "$python" -m venv .venv
fi

echo "setting up: packages of requirements/$which.txt" >&2
.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r "requirements/$which.txt"
.venv/bin/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
.venv/bin/python -m compileall -q src || true # so that the first command need not; a read-only tree runs without
touch .venv/.run
[ "$which" = run ] || touch ".venv/.$which"
