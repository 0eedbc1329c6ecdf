#!/bin/sh
# The report is tested in a real browser: install Debian's Chromium where we may; its tests skip, and say so, elsewhere.
set -u
for name in chromium chromium-browser google-chrome; do
  command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
  echo "setting up: chromium for the report's browser tests" >&2
  { apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium fonts-liberation; } >/dev/null 2>&1 || echo "chromium could not be installed" >&2
else
  echo "no chromium: the report's browser tests will be skipped (sudo apt-get install chromium)" >&2
fi
exit 0
