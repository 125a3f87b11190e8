"""`media-gen-ids check`: whether revisions, schema and rows are as they must be."""

from app.cli.common_options import AsJson, Database, Desktop, VersionTable, load_settings
from app.cli.exit_codes import DONE, NOT_WELL
from app.console.printing import print_finding, print_json
from app.database.engines import existing_database
from app.migration.scripts import revisions
from app.reports.health import check_database


def check(
    *, database: Database = None, desktop: Desktop = False, version_table: VersionTable = None, as_json: AsJson = False
) -> int:
    """For CI and deploy gates: is the database where the code expects it? Reads only.

    Looks for one head, the database at head, a schema that agrees with the models, ids that could still be
    recovered, and an id on two rows. Exit codes: 0 all is well; 1 something is to be done; 2 it could not look.
    """
    settings = load_settings(database=database, desktop=desktop, version_table=version_table)
    scripts = revisions()
    findings = []
    with existing_database(settings.database_url) as engine, engine.connect() as connection:
        for finding in check_database(connection, scripts, settings.version_table):
            findings.append(finding)
            if not as_json:
                print_finding(finding)
    if as_json:
        print_json([finding.as_dict() for finding in findings])
    return DONE if all(finding.ok for finding in findings) else NOT_WELL
