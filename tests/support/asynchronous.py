"""Asynchronous sessions on a database of the tests, with the drivers that their users have."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.pool import NullPool


def asynchronous_url(url: str) -> str:
    """Return the URL of the same database for an asynchronous driver."""
    parsed = make_url(url)
    driver = "sqlite+aiosqlite" if parsed.get_backend_name() == "sqlite" else "postgresql+psycopg"
    return parsed.set(drivername=driver).render_as_string(hide_password=False)


@asynccontextmanager
async def asynchronous_sessions(url: str) -> AsyncIterator[async_sessionmaker[AsyncSession]]:
    """Yield sessions on the database; close its connections after the block."""
    engine = create_async_engine(asynchronous_url(url), poolclass=NullPool)
    try:
        yield async_sessionmaker(engine)
    finally:
        await engine.dispose()
