"""simcord's page server: mends a few small things of its page, and lets the rehearsal's own page show it in a frame."""

from pathlib import Path
from typing import Any

from aiohttp import web
from simcord.preview import Preview
from simcord.preview._server import PreviewServer

STATIC = Path(__file__).with_name("static")
FRAMED = "framed"
# (file, what stands there, what stands there instead)
MENDED = (
    # Discord asks for suggestions as soon as an option is entered, not only once something is typed.
    (
        "/commands.js",
        'const current = String(field.value || "");',
        'const current = String(field.value || "");\n'
        "            if (!autocompleteResults.has(autocompleteKey(currentDraft(), option.name, current)))"
        " queryAutocomplete(option, current);",
    ),
    # Who reads the newest messages goes on reading the newest, until they scroll up.
    ("/timeline.js", "ui.timeline.clientHeight <= 1 ?", "ui.timeline.clientHeight <= 80 ?"),
    (
        "/timeline.js",
        "    state.scrollIntent = captureScrollIntent();\n    if (state",
        "    const before = state.lastTop || 0;\n"
        "    state.lastTop = ui.timeline.scrollTop;\n"
        '    if (state.scrollIntent?.policy === "bottom" && state.lastTop >= before) return;\n'
        "    state.scrollIntent = captureScrollIntent();\n    if (state",
    ),
    (
        "/timeline.js",
        'if (state.scrollIntent?.policy !== "target") state',
        'if (!["target", "bottom"].includes(state.scrollIntent?.policy || "")) state',
    ),
    # What went well is seen in the chat; only what did not is worth a note above it (see framed.css).
    (
        "/app.js",
        "function updateActionStatus() {",
        "new MutationObserver(() => {\n"
        "  const trouble = /not completed|uncertain|interrupted|unavailable|ended|awaiting/;\n"
        "  ui.action.dataset.trouble = String(trouble.test(ui.action.textContent || ''));\n"
        "}).observe(ui.action, { childList: true });\n"
        "function updateActionStatus() {",
    ),
    # The end of what is typed into an option stays in sight.
    (
        "/preview.css",
        ".command-option-input { flex: 0 1 auto;",
        ".command-option-input { box-sizing: content-box; flex: 0 1 auto;",
    ),
)


class MendedServer(PreviewServer):
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
            style = f'  <link rel="stylesheet" href="/preview.css?{FRAMED}">\n  </head>'
            response.text = response.text.replace("</head>", style, 1)
        return response

    async def _static(self, request: web.Request) -> Any:
        response: web.Response = await super()._static(request)
        if FRAMED in request.query and request.path == "/preview.css":
            response.text = (STATIC / "framed.css").read_text(encoding="utf-8")
            return response
        for path, old, new in MENDED:
            if path == request.path and response.text:
                response.text = response.text.replace(old, new)
        return response
