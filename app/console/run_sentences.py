"""Run sentences: what a run does at this moment, in words. Pure."""

from collections.abc import Sequence

from app.console.durations import about, duration, moment_text
from app.console.visible import visible
from app.reports.blockers import Blocker
from app.reports.running import RunningRun


def running_sentence(run: RunningRun) -> str:
    """Return what is known about a run that has not ended."""
    match run.condition:
        case "gone":
            ended = f"nobody holds its lock, last progress {duration(run.silent_seconds)} ago"
            return f"Run {run.id} is gone: {ended}; the next run goes on where it stopped"
        case "paused":
            return f"Run {run.id} is {_paused(run)}: {run.rows:,} rows done; `media-gen-ids resume` lets it go on"
        case "waiting":
            return f"Run {run.id} waits for {duration(run.for_seconds or 0)}{_why(run)}; {run.rows:,} rows done"
    return _working(run)


def blocker_text(blocker: Blocker) -> str:
    """Return the words for a session that keeps a run waiting."""
    if blocker.pid is None:
        return "another connection, which holds the file's write lock"
    facts = ", ".join(visible(fact) for fact in (blocker.application_name, blocker.state) if fact)
    return f"server process {blocker.pid}" + (f" ({facts})" if facts else "")


def blockers_text(blockers: Sequence[Blocker]) -> str:
    """Return the words for all the sessions that keep a run waiting."""
    return ", ".join(map(blocker_text, blockers))


def _working(run: RunningRun) -> str:
    left = "" if run.seconds_left is None else f", {about(run.seconds_left)} left (estimate)"
    speed = f"Run {run.id}: {run.rows:,} rows done, {run.rows_per_second:,.0f} rows/s{left}"
    silence = duration(run.silent_seconds)
    told = f"; last progress {silence} ago"
    if run.stalled:
        told = f"; no progress for {silence}, though somebody holds its lock: look at its log"
    if run.paused_by is not None:
        told += f"; it is to pause after its batch ({visible(run.paused_by)})"
    return speed + told + ("; it is to stop after its batch" if run.stopping else "")


def _paused(run: RunningRun) -> str:
    by = "" if run.paused_by is None else f" by {visible(run.paused_by)}"
    since = "" if run.since is None else f" since {moment_text(run.since)} UTC ({duration(run.for_seconds or 0)})"
    return f"paused{by}{since}"


def _why(run: RunningRun) -> str:
    """Return why a run waits, and for whom."""
    reason = f": {visible(run.waiting_for)}" if run.waiting_for else ""
    return reason + (f"; in its way: {blockers_text(run.blockers)}" if run.blockers else "")
