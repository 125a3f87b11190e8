"""What a caller's own update may not do to a row: the rules for recorded answers hold for such an update too.

Pure functions: no session, no clock.
"""

from app.media_ids.extraction import Failed, is_valid_id
from app.videos.answer_rules import Reading, read_for
from app.videos.errors import MediaIdConflictError, MediaIdInvalidError
from app.videos.models import Veo3VideoGeneration
from app.videos.new_values import Changes, given_in


def guarded(generation: Veo3VideoGeneration, changes: Changes) -> Changes:
    """Return the part of an update that may be stored in the row. Changes nothing itself.

    A stored body that has the row's id, or that a person must look at, is replaced only by a body with the id. A
    completed row stays completed when the update says that it failed. The columns that may not be stored are left out.
    Raises MediaIdInvalidError, and MediaIdConflictError where row, stored body, new body and new id do not agree on the
    id.
    """
    given = given_in(changes)
    kept = changes.copy()
    if given.get("status") == "failed" and generation.status == "completed":
        kept.pop("status")
        kept.pop("error_message", None)
    offered, body = given.get("media_generation_id"), given.get("raw_response")
    if offered and not is_valid_id(offered):
        raise MediaIdInvalidError(generation.id, offered)
    if offered or body:
        stored, new = (_read(generation, given, text) for text in (generation.raw_response, body))
        _refuse_contradiction(generation, offered, stored, new)
        if body and not _may_replace(generation.raw_response, stored, new):
            kept.pop("raw_response")
    return kept


def _read(generation: Veo3VideoGeneration, given: dict[str, str | None], body: str | None) -> Reading:
    """Read a body for the row, with the operation name and scene that the row has after the update."""
    operation_name = _known(generation.operation_name) or given.get("operation_name")
    return read_for(operation_name, _known(generation.scene_id) or given.get("scene_id"), body or "")


def _known(name: str | None) -> str | None:
    """Return the name; None for a blank one, which the update may set."""
    return name if name and name.strip() else None


def _refuse_contradiction(generation: Veo3VideoGeneration, offered: str | None, stored: Reading, new: Reading) -> None:
    known = generation.media_generation_id or stored.media_generation_id
    for one in (offered, new.media_generation_id):
        if one and known and one != known:
            raise MediaIdConflictError(generation.id, known, one)
        known = known or one


def _may_replace(stored_body: str | None, stored: Reading, new: Reading) -> bool:
    has_evidence = bool(stored_body) and isinstance(stored.outcome, Failed)
    return bool(new.media_generation_id) or not (stored.media_generation_id or has_evidence)
