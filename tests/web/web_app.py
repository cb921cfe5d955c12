"""The app for the tests: behind its guard, as a browser on this machine would reach it."""

import contextlib

from natron.app.web.desk import Desk
from natron.app.web.jobs import Jobs
from natron.app.web.server import application

PORT, TOKEN = 8765, "the-token-of-this-launch"


@contextlib.contextmanager
def client(folder=None, *, largest_B=1_000_000_000, token=TOKEN, host=f"127.0.0.1:{PORT}"):
    from starlette.testclient import TestClient

    desk, jobs = Desk(folder), Jobs()
    app = application(desk, jobs, port=PORT, token=TOKEN, largest_B=largest_B)
    headers = {"x-natron-token": token} if token else {}
    try:
        with TestClient(app, base_url=f"http://{host}", headers=headers, raise_server_exceptions=False) as asking:
            yield asking
    finally:
        jobs.stop_all()
        desk.clear()


def dropped(asking, path, name=None):
    """A file on the desk."""
    return asking.post("/api/files", params={"name": name or path.name}, content=path.read_bytes())
