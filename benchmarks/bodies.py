"""Stored responses with the structure of the captured ones in `tests/data/responses`.

URLs carry random signatures, so the bodies compress as badly as real ones. Each holds one operation: with several, the
contestants that do not look for the row's own operation would be wrong, and wrong results cannot be compared.
"""

import base64
import json
import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]

STATUS = "MEDIA_GENERATION_STATUS_"
ASPECT_RATIO = "VIDEO_ASPECT_RATIO_LANDSCAPE"
MODEL = "veo_3_1_t2v_fast"
STORE = "https://storage.example-cdn.com/ex-sandbox-videofx"
ACCOUNT = "example-labs-videoserver-prod0@system.gserviceaccount.test"
MALFORMED_SHARE_KEPT = 0.6


@dataclass(frozen=True, kw_only=True)
class Video:
    """What a response tells of one video."""

    operation_name: str
    scene_id: str
    prompt: str
    seed: int
    media_generation_id: str
    fife_url: str
    serving_base_uri: str
    repeats_request: bool = False
    """Whether the answer repeats the request whoever has stored it, and so the prompt."""
    raw_bytes: str | None = None
    """The file itself, as an answer brings it that waits for no download."""


def random_uuid(chance: random.Random) -> str:
    """Return a random UUID as text."""
    return str(uuid.UUID(int=chance.getrandbits(128), version=4))


def media_generation_id(chance: random.Random, project_id: str, file_id: str) -> str:
    """Return an id as the API makes it: 162 characters of unpadded base64url, starting with CAUS."""
    parts = b"\x08\x05\x12$", project_id.encode(), b"\x1a$", random_uuid(chance).encode()
    return base64.urlsafe_b64encode(b"".join((*parts, b'"\x03CAE*$', file_id.encode()))).rstrip(b"=").decode()


def signed_url(chance: random.Random, folder: str, file_id: str, signature_bytes: int) -> str:
    """Return the address of a stored file with a random signature."""
    signature = base64.b64encode(chance.randbytes(signature_bytes)).decode().replace("/", "%2F").replace("=", "%3D")
    return f"{STORE}/{folder}/{file_id}?GoogleAccessId={ACCOUNT}&Expires=1761999999&Signature={signature}"


def video_file(chance: random.Random, size: int) -> str:
    """Return a file of so many random bytes, as base64."""
    return base64.b64encode(chance.randbytes(size)).decode()


def direct(video: Video) -> str:
    """Write a finished video as the status checker stores it: with the request, so with the prompt twice."""
    return compact({"operations": [finished(video, request=True)], "remainingCredits": 500})


def wrapped(video: Video) -> str:
    """Write a finished video as the polling worker stores it."""
    return wrap(finished(video))


def nested_id_only(video: Video) -> str:
    """Write a finished video whose id stands in the metadata alone."""
    operation = finished(video, request=True)
    del operation["mediaGenerationId"]
    return compact({"operations": [operation], "remainingCredits": 500})


def top_level_id_only(video: Video) -> str:
    """Write a finished video whose id stands beside the operation alone."""
    operation = finished(video)
    del operation["operation"]["metadata"]["video"]["mediaGenerationId"]
    return wrap(operation)


def without_id(video: Video) -> str:
    """Write a finished video that names no id at all."""
    operation = finished(video)
    del operation["mediaGenerationId"], operation["operation"]["metadata"]["video"]["mediaGenerationId"]
    return wrap(operation)


def pending(video: Video) -> str:
    """Write the answer that is stored when a row is created."""
    raw = {"operations": [unfinished(video, "PENDING")], "remainingCredits": 41000}
    return compact(
        {
            "name": video.operation_name,
            "operationName": video.operation_name,
            "sceneId": video.scene_id,
            "seed": video.seed,
            "raw": raw,
        }
    )


def active(video: Video) -> str:
    """Write the answer for a video that is still being made."""
    return compact({"operations": [unfinished(video, "ACTIVE")]})


def failed(video: Video) -> str:
    """Write the answer for a video that was refused."""
    operation = unfinished(video, "FAILED")
    operation["operation"]["error"] = {"code": 3, "message": "PUBLIC_ERROR_AUDIO_FILTERED"}
    return compact({"operations": [operation]})


def media_contract(video: Video) -> str:
    """Write an answer of the newer contract, which names media by another key."""
    status = {"mediaGenerationStatus": STATUS + "SUCCESSFUL"}
    media = {"name": video.scene_id, "workflowId": video.operation_name, "mediaMetadata": {"mediaStatus": status}}
    return compact({"media": [media]})


def malformed(video: Video) -> str:
    """Write an answer that was cut off."""
    body = direct(video)
    return body[: int(len(body) * MALFORMED_SHARE_KEPT)]


def unfinished(video: Video, status: str) -> Json:
    """Return an operation that has no video yet."""
    return {"operation": {"name": video.operation_name}, "sceneId": video.scene_id, "status": STATUS + status}


def finished(video: Video, *, request: bool = False) -> Json:
    """Return an operation whose video is there, with both of its ids."""
    metadata: Json = {
        "@type": "type.googleapis.com/google.internal.labs.aisandbox.v1.Media",
        "name": video.media_generation_id,
        "video": video_block(video),
    }
    if request or video.repeats_request:
        metadata["requestData"] = request_block(video)
    return {
        "operation": {"name": video.operation_name, "metadata": metadata},
        "sceneId": video.scene_id,
        "mediaGenerationId": video.media_generation_id,
        **({} if video.raw_bytes is None else {"rawBytes": video.raw_bytes}),
        "status": STATUS + "SUCCESSFUL",
    }


def video_block(video: Video) -> Json:
    """Return the metadata of a finished video."""
    return {
        "seed": video.seed,
        "mediaGenerationId": video.media_generation_id,
        "prompt": video.prompt,
        "fifeUrl": video.fife_url,
        "mediaVisibility": "PRIVATE",
        "servingBaseUri": video.serving_base_uri,
        "model": MODEL,
        "isLooped": False,
        "aspectRatio": ASPECT_RATIO,
    }


def request_block(video: Video) -> Json:
    """Return the request, as some answers repeat it."""
    control = {
        "videoModelName": MODEL,
        "videoGenerationMode": "VIDEO_GENERATION_MODE_TEXT_TO_VIDEO",
        "videoAspectRatio": ASPECT_RATIO,
    }
    return {
        "videoGenerationRequestData": {"videoModelControlInput": control},
        "promptInputs": [{"textInput": video.prompt}],
    }


def wrap(operation: Json) -> str:
    """Wrap an operation as the polling worker does."""
    raw = {"operations": [operation], "remainingCredits": 41000}
    return compact({"mediaStatus": operation["status"], "status": operation["status"], "raw": raw})


def compact(body: Json) -> str:
    """Write JSON as `JSON.stringify` does: no spaces, characters beyond ASCII as they are."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of row: how its body is written, the row's status, and whether an id can be recovered from it."""

    write: Callable[[Video], str]
    status: str
    recoverable: bool = False


RECOVERABLE_KINDS = {
    Kind(write=direct, status="completed", recoverable=True): 0.45,
    Kind(write=wrapped, status="completed", recoverable=True): 0.45,
    Kind(write=nested_id_only, status="completed", recoverable=True): 0.05,
    Kind(write=top_level_id_only, status="completed", recoverable=True): 0.05,
}
UNRECOVERABLE_KINDS = (
    Kind(write=pending, status="pending"),
    Kind(write=active, status="processing"),
    Kind(write=failed, status="failed"),
    Kind(write=media_contract, status="completed"),
    Kind(write=without_id, status="completed"),
)
MALFORMED_KIND = Kind(write=malformed, status="completed")
