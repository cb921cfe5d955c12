"""The app in the browser: a server on this machine alone, and the page it serves."""
