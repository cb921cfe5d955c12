"""The app's server: routes behind the guard, on 127.0.0.1 alone."""

from __future__ import annotations

import secrets
import socket
from pathlib import Path
from typing import Any

import uvicorn
from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from pydantic import BaseModel

from natron.app.web import cells, interfaces, records, spectra
from natron.app.web.desk import Desk, Opened
from natron.app.web.guard import Guard, TooLargeError
from natron.app.web.jobs import Jobs
from natron.core import InputError, NatronError

LARGEST_UPLOAD_B = 1_000_000_000
STATIC = Path(__file__).parent / "static"
_LISTED = 500


class FromFolder(BaseModel):
    """A file of the project's folder."""

    path: str


class Said(BaseModel):
    """A table to be written as CSV."""

    header: list[str]
    rows: list[list[str | float | int | None]]


def application(desk: Desk, jobs: Jobs, *, port: int, token: str, largest_B: int = LARGEST_UPLOAD_B) -> Guard:
    """The app as ASGI, behind its guard."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    app.include_router(spectra.routes(desk))
    app.include_router(records.routes(desk))
    app.include_router(cells.routes(desk, jobs))
    app.include_router(interfaces.routes())

    @app.exception_handler(NatronError)
    async def refused(request: Request, error: NatronError) -> JSONResponse:
        return JSONResponse({"error": str(error), "key": getattr(error, "key", None)}, status_code=422)

    @app.exception_handler(TooLargeError)
    async def too_large(request: Request, error: TooLargeError) -> JSONResponse:
        return JSONResponse({"error": str(error)}, status_code=413)

    @app.exception_handler(Exception)
    async def failed(request: Request, error: Exception) -> JSONResponse:
        return JSONResponse({"error": f"natron failed: {type(error).__name__}: {error}"}, status_code=500)

    @app.get("/")
    def page() -> FileResponse:
        return FileResponse(STATIC / "index.html")

    @app.get("/api/start")
    def start() -> dict[str, Any]:
        from natron import __version__

        return {
            "version": __version__,
            "folder": None if desk.folder is None else desk.folder.name,
            "largest_upload_B": largest_B,
            "files": [_told(one) for one in desk.files()],
        }

    @app.post("/api/files")
    async def upload(name: str, request: Request) -> dict[str, Any]:
        from starlette.concurrency import run_in_threadpool

        path = desk.place(name)
        try:
            with path.open("wb") as file:
                async for chunk in request.stream():
                    file.write(chunk)
            return _told(await run_in_threadpool(desk.open, name, path))
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    @app.get("/api/folder")
    def folder() -> dict[str, Any]:
        return {"files": _listed(desk.folder)}

    @app.post("/api/folder")
    def from_folder(asked: FromFolder) -> dict[str, Any]:
        return _told(desk.open_from_folder(asked.path))

    @app.delete("/api/files/{key}")
    def close(key: str) -> dict[str, Any]:
        desk.close(key)
        return {}

    @app.get("/api/jobs/{name}")
    def job(name: str) -> dict[str, Any]:
        return jobs.told(name)

    @app.delete("/api/jobs/{name}")
    def stop(name: str) -> dict[str, Any]:
        jobs.stop(name)
        return {}

    @app.post("/api/csv")
    def csv(table: Said) -> Any:
        from fastapi import Response

        return Response(csv_text(table.header, table.rows), media_type="text/csv; charset=utf-8")

    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return Guard(app, port, token, largest_B)


def csv_text(header: list[str], rows: list[list[str | float | int | None]]) -> str:
    """A table as CSV in which no text is a formula to a spreadsheet."""
    import csv
    import io

    def safe(cell: str | float | int | None) -> str | float | int:
        if cell is None:
            return ""
        if isinstance(cell, str) and cell[:1] in ("=", "+", "-", "@", "\t", "\r"):
            return "'" + cell
        return cell

    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow([safe(cell) for cell in header])
    writer.writerows([[safe(cell) for cell in row] for row in rows])
    return buffer.getvalue()


def serve(folder: Path | None, port: int, *, opened: Any = None) -> None:
    """Run the app until it is interrupted; `opened` is called with its link.

    Raises
    ------
    InputError
        Where the port is taken.
    """
    token = secrets.token_urlsafe(24)
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
    except OSError as error:
        raise InputError(
            f"this port cannot be had: {error.strerror}", key="--port", given=str(port), hint="Leave --port out."
        ) from None
    port = listening.getsockname()[1]
    desk, jobs = Desk(folder), Jobs()
    try:
        if opened is not None:
            opened(f"http://127.0.0.1:{port}/#token={token}")
        config = uvicorn.Config(
            application(desk, jobs, port=port, token=token), log_level="warning", server_header=False, ws="none"
        )
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        jobs.stop_all()
        desk.clear()


def _told(one: Opened) -> dict[str, Any]:
    """A file on the desk, as the page lists it."""
    reading, record = one.reading, one.reading.record
    area = None if record is None else record.area_m2
    if area is None:
        area = next((s.area_m2 for s in reading.spectra if s.area_m2 is not None), None)
    return {
        "key": one.key,
        "name": one.name,
        "format": reading.format,
        "notes": list(reading.notes),
        "rows": 0 if record is None else len(record),
        "duration_h": None if record is None or not len(record) else float(record.time_s[-1] - record.time_s[0]) / 3600,
        "kind": None if record is None else record.kind,
        "area_cm2": None if area is None else area * 1e4,
        "spectra": [
            {
                "points": len(s.frequency_Hz),
                "from_Hz": float(s.frequency_Hz.min()),
                "to_Hz": float(s.frequency_Hz.max()),
                "temperature_degC": None if s.temperature_K is None else s.temperature_K - 273.15,
            }
            for s in reading.spectra
        ],
    }


def _listed(folder: Path | None) -> list[str]:
    """Instrument files below the folder, by the endings that instruments give."""
    from natron.io import FORMATS

    if folder is None:
        return []
    endings = {suffix for each in FORMATS for suffix in each.suffixes} | {".csv", ".txt"}
    found: list[str] = []
    for path in sorted(folder.rglob("*")):
        if len(found) == _LISTED:
            break
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if not hidden and path.suffix.lower() in endings and path.is_file():
            found.append(str(path.relative_to(folder)))
    return found
