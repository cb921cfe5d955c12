#!/usr/bin/env bash
# The browser that the app's tests drive: Debian's own. Without it they are skipped, and say so.
set -u
command -v chromium >/dev/null || command -v chromium-browser >/dev/null && exit 0
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
  echo "Chromium is not here and cannot be installed by this user; the tests in the browser will be skipped" >&2
  exit 0
fi
{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } >&2 ||
  echo "Chromium could not be installed; the tests in the browser will be skipped" >&2
exit 0
