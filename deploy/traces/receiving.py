"""The door for spans: `POST /v1/traces`, OTLP over HTTP in protobuf or JSON, plain or gzip."""

from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse
from starlette.requests import Request
from starlette.responses import Response

from deploy.traces.otlp import JSON, PROTOBUF, NotOtlp, TooLarge, read, unpacked
from deploy.traces.store import Store

MAX_BYTES = 16 * 1024 * 1024
"""The largest body, as it comes and unpacked."""
INVALID = 3
"""google.rpc.Code.INVALID_ARGUMENT"""


class Receiver:
    """Takes spans into a store. Whatever is sent, the answer is an answer of OTLP, never a crash."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def take(self, request: Request) -> Response:
        """Take the spans of one request."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind not in (PROTOBUF, JSON):
            return _refusal(415, JSON, f"the content is {PROTOBUF} or {JSON}")
        try:
            spans, invalid = read(await _content(request), kind)
        except TooLarge:
            return _refusal(413, kind, f"a request has at most {MAX_BYTES} bytes")
        except NotOtlp as error:
            return _refusal(400, kind, str(error))
        self._store.add(spans)
        taken = ExportTraceServiceResponse()
        if invalid:
            taken.partial_success.rejected_spans = invalid
            taken.partial_success.error_message = "their ids are not valid"
        return _answer(200, kind, taken)


async def _content(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_BYTES:
            raise TooLarge
    packed = request.headers.get("content-encoding", "identity")
    if packed == "identity":
        return bytes(body)
    if packed == "gzip":
        return unpacked(bytes(body), MAX_BYTES)
    raise NotOtlp("the content is plain or gzip")


def _refusal(status: int, kind: str, why: str) -> Response:
    return _answer(status, kind, Status(code=INVALID, message=why))


def _answer(status: int, kind: str, message: Message) -> Response:
    content = message.SerializeToString() if kind == PROTOBUF else MessageToJson(message)
    return Response(content, status, media_type=kind)
