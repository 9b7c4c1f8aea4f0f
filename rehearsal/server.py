"""simcord's page server, allowing one other page of the rehearsal to show it in a frame."""

from pathlib import Path
from typing import Any

from aiohttp import web
from simcord.preview import Preview
from simcord.preview._server import PreviewServer

STATIC = Path(__file__).with_name("static")
FRAMED = "framed"
FRAMED_STYLE = f'<link rel="stylesheet" href="/preview.css?{FRAMED}">\n  </head>'


class FramedServer(PreviewServer):
    """Serves the same page; asked for with `?framed`, without the developer's tools around the conversation."""

    def __init__(self, preview: Preview, port: int, framed_by: str) -> None:
        super().__init__(preview, port)
        headers = {key: value for key, value in self._SECURITY_HEADERS.items() if key != "X-Frame-Options"}
        policy = headers["Content-Security-Policy"]
        headers["Content-Security-Policy"] = policy.replace("frame-ancestors 'none'", f"frame-ancestors {framed_by}")
        self._SECURITY_HEADERS = headers  # type: ignore[misc]  # the class's own stay as they are

    async def _index(self, request: web.Request) -> web.Response:
        response: web.Response = await super()._index(request)
        if FRAMED in request.query and response.text:
            response.text = response.text.replace("</head>", FRAMED_STYLE, 1)
        return response

    async def _static(self, request: web.Request) -> Any:
        response: web.Response = await super()._static(request)
        if FRAMED in request.query and request.path == "/preview.css":
            response.text = (STATIC / "framed.css").read_text(encoding="utf-8")
        return response
