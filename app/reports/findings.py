"""Findings: what `check` has to say of each thing that it looked at."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    name: str
    ok: bool
    facts: tuple[str, ...] = ()
    """What was found: what to do about it or, where it is well, what is worth knowing."""

    def as_dict(self) -> dict[str, object]:
        """Return the finding as JSON shows it."""
        return {"check": self.name, "ok": self.ok, "facts": list(self.facts)}


def people_needed(failed: int, accepted: int) -> list[str]:
    """Return what is to be said of so many rows that failed, some of which somebody has accepted."""
    facts = []
    if failed > accepted:
        facts.append(f"{failed - accepted:,} rows need a person: see `media-gen-ids failures`")
    if accepted:
        facts.append(f"{accepted:,} failed rows are accepted as they are")
    return facts
