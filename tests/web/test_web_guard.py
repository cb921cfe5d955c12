"""Foreign hosts, origins and tokens; paths that lead outside; what is too large; names and texts that bite."""

import csv
import io

import numpy as np
import pytest

pytest.importorskip("fastapi", reason="the app needs natron[web]")
pytest.importorskip("httpx2", reason="questions to the app need httpx2")

from web_app import PORT, client, dropped

from natron.app.web.guard import Guard
from natron.app.web.server import csv_text


def spectrum_csv(path):
    f = np.geomspace(1e5, 1, 30)
    z = 10 + 100 / (1 + 1j * f / 100)
    path.write_text(
        "Frequency / Hz,Re Z / ohm,Im Z / ohm\n"
        + "\n".join(f"{a!r},{b!r},{c!r}" for a, b, c in zip(f.tolist(), z.real.tolist(), z.imag.tolist(), strict=True))
    )
    return path


@pytest.mark.parametrize(
    "host", ["evil.example", f"evil.example:{PORT}", "127.0.0.1:1", f"127.0.0.1.evil.example:{PORT}"]
)
def test_a_foreign_host_is_refused(host):
    with client(host=host) as asking:
        assert asking.get("/").status_code == 403
        assert asking.get("/api/start").status_code == 403


@pytest.mark.parametrize("origin", ["http://evil.example", "null", f"https://127.0.0.1:{PORT}", "http://127.0.0.1:1"])
def test_a_foreign_origin_is_refused(origin):
    with client() as asking:
        assert asking.post("/api/spectra/show", json={}, headers={"origin": origin}).status_code == 403
        assert asking.get("/api/start", headers={"origin": origin}).status_code == 403
        assert asking.get("/api/start", headers={"sec-fetch-site": "cross-site"}).status_code == 403
        own = f"http://127.0.0.1:{PORT}"
        assert asking.get("/api/start", headers={"origin": own, "sec-fetch-site": "same-origin"}).status_code == 200


@pytest.mark.parametrize("token", ["", "wrong", "the-token-of-this-launc", "ä"])
def test_without_the_token_nothing_is_told(token):
    with client(token="") as asking:
        headers = {"x-natron-token": token.encode()} if token else {}
        for path in ("/api/start", "/api/folder", "/api/cells", "/api/jobs/1"):
            answer = asking.get(path, headers=headers)
            assert answer.status_code == 401, path
            assert "natron app" in answer.json()["error"]
        assert asking.post("/api/files", params={"name": "a.csv"}, content=b"1", headers=headers).status_code == 401
        # the page itself holds nothing of anybody's
        assert asking.get("/").status_code == 200


def test_every_answer_forbids_inline_script_and_foreign_content():
    with client() as asking:
        for path in ("/", "/static/natron.js", "/api/start", "/api/none", "/static/none"):
            policy = asking.get(path).headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
        page = asking.get("/").text
        assert "<script>" not in page
        assert "onclick" not in page
        assert "http://" not in page.replace("http://www.w3.org", "")


def test_an_upload_is_counted_while_it_streams(tmp_path):
    with client(largest_B=1000) as asking:
        assert asking.post("/api/files", params={"name": "a.csv"}, content=b"1" * 1001).status_code == 413

        def pieces():
            # no length is told, so that only counting finds it
            for _ in range(50):
                yield b"1" * 100

        answer = asking.post("/api/files", params={"name": "a.csv"}, content=pieces())
        assert answer.status_code == 413
        assert "command line" in answer.json()["error"]
        assert asking.get("/api/start").json()["files"] == []


def test_two_gigabytes_are_refused_before_they_come():
    with client() as asking:
        answer = asking.post(
            "/api/files", params={"name": "a.csv"}, headers={"content-length": "2000000000"}, content=b""
        )
        assert answer.status_code == 413


@pytest.mark.parametrize(
    "path", ["../secret.csv", "/etc/passwd", "a/../../secret.csv", "..\\secret.csv", "link.csv", "."]
)
def test_nothing_outside_the_folder_can_be_opened(tmp_path, path):
    folder = tmp_path / "project"
    (folder / "a").mkdir(parents=True)
    secret = spectrum_csv(tmp_path / "secret.csv")
    (folder / "link.csv").symlink_to(secret)
    spectrum_csv(folder / "own.csv")
    with client(folder) as asking:
        answer = asking.post("/api/folder", json={"path": path})
        assert answer.status_code == 422
        assert "project's folder" in answer.json()["error"]
        assert asking.post("/api/folder", json={"path": "own.csv"}).json()["spectra"]
        assert asking.get("/static/../server.py").status_code == 404
        assert asking.get("/static/%2e%2e/server.py").status_code == 404
        assert asking.post("/api/cells/design", json={"cell": str(secret)}).status_code == 422


def test_without_a_folder_there_is_none():
    with client() as asking:
        assert asking.get("/api/folder").json() == {"files": []}
        assert asking.post("/api/folder", json={"path": "a.csv"}).status_code == 422


@pytest.mark.parametrize(
    "name",
    [
        "../../etc/x.csv",
        "<script>alert(1)</script>.csv",
        "=cmd|' /C calc'!A0.csv",
        "a" * 3000 + ".csv",
        "ä Ω\n.csv",
        "",
    ],
)
def test_a_name_is_text_and_leads_nowhere(tmp_path, name):
    content = spectrum_csv(tmp_path / "x.csv").read_bytes()
    with client() as asking:
        told = asking.post("/api/files", params={"name": name}, content=content)
        assert told.status_code == 200, told.text
        assert told.json()["name"] == name
        assert told.headers["content-type"].startswith("application/json")
        fault = asking.post("/api/files", params={"name": name}, content=b"\x00\x01 no measurement")
        assert fault.status_code == 422
        assert "natron-app-" not in fault.json()["error"]


def test_no_text_in_a_csv_is_a_formula():
    given = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "plain", "a,b", 'say "x"', -1.5, None]
    text = csv_text(["=head", "b"], [[cell, 1] for cell in given])
    rows = list(csv.reader(io.StringIO(text)))
    for row in rows:
        assert row[0] in ("-1.5", "") or row[0][0] not in "=+-@\t\r"
    assert rows[0][0] == "'=head"
    assert rows[-2][0] == "-1.5"
    assert rows[-4][0] == "a,b"


def test_two_tabs_share_the_desk_and_do_no_harm(tmp_path):
    path = spectrum_csv(tmp_path / "x.csv")
    with client() as asking:
        first, second = dropped(asking, path).json()["key"], dropped(asking, path).json()["key"]
        assert first != second
        assert asking.delete(f"/api/files/{first}").status_code == 200
        assert asking.delete(f"/api/files/{first}").status_code == 422
        assert asking.post("/api/spectra/show", json={"spectra": [{"file": second}]}).status_code == 200
        gone = asking.post("/api/spectra/show", json={"spectra": [{"file": first}]})
        assert gone.status_code == 422
        assert "Drop it again" in gone.json()["error"]


def test_websockets_are_closed():
    sent = []

    async def send(message):
        sent.append(message)

    import asyncio

    asyncio.run(Guard(None, PORT, "t", 1)({"type": "websocket"}, None, send))
    assert sent[0]["type"] == "websocket.close"
