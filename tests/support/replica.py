"""A streaming replica of a PostgreSQL server."""

import subprocess

from support.postgres import SUPERUSER, PostgresServer, PostgresServerError


class Replica(PostgresServer):
    """A hot standby of another server, of the same version, gone when its context ends."""

    def __init__(self, primary: PostgresServer) -> None:
        """Take the server to follow, which must run."""
        super().__init__(primary.version)
        self._primary = primary

    def _initialise_data_folder(self) -> None:
        connect = ["--host", str(self._primary.folder), "--port", str(self._primary.port), "--username", SUPERUSER]
        copied = subprocess.run(
            [
                *(self._bin_dir / "pg_basebackup", "--pgdata", self.folder / "data", "--checkpoint", "fast"),
                *("--write-recovery-conf", "--no-sync", *connect),
            ],
            check=False,
            capture_output=True,
            text=True,
            **self._run_as(),
        )
        if copied.returncode != 0:
            raise PostgresServerError(action="copy its primary", output=copied.stderr)
