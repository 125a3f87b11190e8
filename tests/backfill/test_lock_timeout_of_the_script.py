"""The script that `--sql` writes waits for a locked row as long as a batch of a run does."""

from sqlalchemy.dialects import postgresql

from app.backfill.script import offline_backfill
from app.backfill.transactions import LOCK_TIMEOUT
from app.videos.recipe import MEDIA_IDS


def test_the_script_gives_up_waiting_as_soon_as_a_run_does() -> None:
    """Its own rows are locked meanwhile, and the application would wait for them."""
    script = offline_backfill(MEDIA_IDS, postgresql.dialect())  # type: ignore[no-untyped-call]

    assert f"PERFORM set_config('lock_timeout', '{LOCK_TIMEOUT}', true);" in script
