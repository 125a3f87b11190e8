"""What one API answer changes in one row: pure functions, no session and no clock.

Answers are read with the backfill's own extractor, so that both arrive at the same id. The rules:

1. An answer that says nothing of the row (not JSON, `null`, no operations, other videos' operations or media) changes
   nothing. One that is no JSON leaves a trace in `error_message` of a row that still waits for its id (`trace_of`).
2. The id is stored where the row has none. Another id than the row's, or than the one in its stored answer while the
   row has none, is refused, and the row stays as it is: which of the two is right is for a person to say.
3. The URLs are stored, unless the answer's ids are such that a person must look; `video_url` is the fife URL, else the
   serving URI where there is no `video_url` yet. A URL that is missing leaves the stored one.
4. The body is stored if it says at least as much of the row as the stored one. Bodies rank, from less to more: not
   finished; the same with `media` instead of operations; failed; finished without an id that can be used; with the id.
   Of two that rank alike, the one with more URLs says more. So a later answer that lacks the id never takes away the
   body that has it, from which the backfill would fill the row. A stored body that a person must look at (not JSON, ids
   that disagree, …) is evidence, and is replaced only by an answer with the id.
5. The status follows the answer, but never one that says less than the stored body, unless it completes the row; a
   completed row stays completed. A failure stores the API's reason in `error_message`; the next status removes that
   reason.
6. `media` instead of operations (2026) gives status, reason and URLs of the row that it names, and never an id.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from app.media_ids.extraction import (
    FAILED_STATUS,
    STATUS_PREFIX,
    SUCCESSFUL_STATUS,
    Failed,
    Found,
    OperationFacts,
    Outcome,
    Skipped,
    extract,
    operation_facts,
)
from app.videos.errors import MediaIdConflictError
from app.videos.media_answers import media_facts
from app.videos.models import Veo3VideoGeneration
from app.videos.new_values import Changes, Status
from app.videos.storable_text import is_storable, storable_json, storable_prose

Weight: TypeAlias = tuple[int, int]

STATUS_OF_ROW: Final[dict[str | None, Status]] = {
    SUCCESSFUL_STATUS: "completed",
    FAILED_STATUS: "failed",
    f"{STATUS_PREFIX}ACTIVE": "processing",
    f"{STATUS_PREFIX}SCHEDULED": "processing",
    f"{STATUS_PREFIX}PENDING": "pending",
}
"""Any other status, or none, leaves the row's status unchanged."""
RANKS: Final = {
    "not_finished": 1,
    "generation_failed": 3,
    "no_media_generation_id": 4,
    "ids_disagree": 4,
    "invalid_id": 4,
}
"""How much a body without an id says of the row, by the extractor's reason; reasons not listed: 0, nothing."""
RANK_OF_MEDIA: Final = 2
RANK_WITH_ID: Final = 5
NO_REASON: Final = "the API gave no reason"
UNREADABLE: Final = "unreadable answer: "
"""How the message begins that an answer that is no JSON leaves in `error_message`."""


@dataclass(frozen=True)
class Reading:
    """What a body says of one row."""

    outcome: Outcome
    facts: OperationFacts
    failure: str | None = None
    """Why the row's video failed, '' where the API gave no reason; None where it did not fail."""
    is_about_row: bool = True
    """Whether the body has something to say of the row."""

    @cached_property
    def weight(self) -> Weight:
        """How much the body says of the row: its rank, then the number of its URLs. Greater says more."""
        return self._rank, sum(url is not None for url in (self.facts.fife_url, self.facts.serving_base_uri))

    @property
    def _rank(self) -> int:
        if isinstance(self.outcome, Found):
            return RANK_WITH_ID
        if self.outcome.reason != "media_contract":
            return RANKS.get(self.outcome.reason, 0)
        if not self.is_about_row:
            return 0
        ended = "generation_failed" if self.failure is not None else "no_media_generation_id"
        return RANKS[ended] if self.status in {"failed", "completed"} else RANK_OF_MEDIA

    @property
    def media_generation_id(self) -> str | None:
        """The row's id in the body."""
        return self.outcome.media_generation_id if isinstance(self.outcome, Found) else None

    @property
    def status(self) -> Status | None:
        """The row's status by this body; None where it does not say."""
        return "failed" if self.failure is not None else STATUS_OF_ROW.get(self.facts.status)


def read(generation: Veo3VideoGeneration, body: str) -> Reading:
    """Return what the body says of this row. Never raises, whatever the text is."""
    return read_for(generation.operation_name, generation.scene_id, body)


def read_for(operation_name: str | None, scene_id: str | None, body: str) -> Reading:
    """Return what the body says of a row with this operation and scene. Never raises, whatever the text is."""
    outcome = extract(body, operation_name, scene_id)
    if isinstance(outcome, Skipped) and outcome.reason == "media_contract":
        media = media_facts(body, operation_name)
        if media is None:
            return Reading(outcome, OperationFacts(), is_about_row=False)
        return Reading(outcome, media.facts, media.failure)
    failed = isinstance(outcome, Skipped) and outcome.reason == "generation_failed"
    return Reading(outcome, operation_facts(body, operation_name, scene_id), _detail(outcome) if failed else None)


def changes_by(
    generation: Veo3VideoGeneration, answer: str, reading: Reading, stored: Reading | None = None
) -> Changes:
    """Return what an answer changes in the row by the rules above. Changes nothing itself.

    `reading` is the answer's; `stored` is that of the row's stored body, where it is known. Raises MediaIdConflictError
    where the row, or its stored answer, has another id.
    """
    if reading.weight[0] == 0:
        return {}
    stored = stored or read(generation, generation.raw_response or "")
    _refuse_other_id(generation.id, generation.media_generation_id or stored.media_generation_id, reading)
    says_enough = reading.weight >= stored.weight
    changes = _media(generation, reading) | _without_trace(generation)
    if says_enough and (reading.media_generation_id or not _is_evidence(generation, stored)):
        changes["raw_response"] = storable_json(answer)
    return changes | _status(generation, reading, says_enough=says_enough)


def trace_of(generation: Veo3VideoGeneration, answer: str, reading: Reading) -> Changes:
    """Return what an answer that is no JSON leaves in the row: a message in `error_message`; nothing for others.

    Nothing too for a row that is completed or failed, has its id, or has another message. None of the answer's text is
    repeated: it could be cut off within a signed URL.
    """
    unreadable = isinstance(reading.outcome, Failed) and reading.outcome.reason in {"invalid_json", "not_an_object"}
    waits = generation.status not in {"completed", "failed"} and not generation.media_generation_id
    if not (unreadable and waits and (not generation.error_message or _has_trace(generation))):
        return {}
    return {"error_message": f"{UNREADABLE}{_kind(answer)}"}


def _kind(answer: str) -> str:
    text = answer.strip()
    if not text:
        return "it is empty"
    kind = "HTML or XML" if text.startswith("<") else "no JSON object, or cut off"
    return f"{kind} ({len(answer)} characters)"


def _has_trace(generation: Veo3VideoGeneration) -> bool:
    return (generation.error_message or "").startswith(UNREADABLE)


def _without_trace(generation: Veo3VideoGeneration) -> Changes:
    return {"error_message": None} if _has_trace(generation) else {}


def _refuse_other_id(generation_id: str, known: str | None, reading: Reading) -> None:
    offered = reading.media_generation_id
    if known and offered and known != offered:
        raise MediaIdConflictError(generation_id, known, offered)


def _is_evidence(generation: Veo3VideoGeneration, stored: Reading) -> bool:
    return bool(generation.raw_response) and isinstance(stored.outcome, Failed)


def _media(generation: Veo3VideoGeneration, reading: Reading) -> Changes:
    """Return the id and the URLs, without URLs that a database cannot store."""
    if isinstance(reading.outcome, Failed):
        return {}
    fife_url, serving_base_uri = (
        url if url and is_storable(url) else None for url in (reading.facts.fife_url, reading.facts.serving_base_uri)
    )
    return {
        "media_generation_id": reading.media_generation_id,
        "fife_url": fife_url,
        "serving_base_uri": serving_base_uri,
        "video_url": fife_url or (None if generation.video_url else serving_base_uri),
    }


def _status(generation: Veo3VideoGeneration, reading: Reading, *, says_enough: bool) -> Changes:
    status = reading.status
    if status is None or generation.status == "completed" or not (says_enough or status == "completed"):
        return {}
    if status == "failed":
        return {"status": status, "error_message": _reason(generation, reading)}
    if generation.status == "failed":
        return {"status": status, "error_message": None}
    return {"status": status}


def _reason(generation: Veo3VideoGeneration, reading: Reading) -> str:
    known = None if _has_trace(generation) else generation.error_message
    return storable_prose(reading.failure or "") or known or NO_REASON


def _detail(outcome: Outcome) -> str:
    return "" if isinstance(outcome, Found) else outcome.detail
