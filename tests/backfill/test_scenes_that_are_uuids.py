"""A row without an operation name whose scene is a uuid: its operation is found by the text of it."""

import json

from tests.conftest import Databases
from tests.support.tables import TABLE, execute
from tests.support.walks import by_hand

SCENE = "6f1c7e3a-9a51-4c58-9d53-0d0f4f2f7a10"
COLUMNS = "id, profile_id, project_id, status, created_at, updated_at, scene_id, raw_response"


def test_the_walk_hands_out_a_scene_as_text(databases_of_kind: dict[str, Databases]) -> None:
    """As it stands in the body; two operations are no plain case, so extract() looks for the scene."""
    url = databases_of_kind["postgresql-18"].upgraded()
    operation = {"name": "op", "metadata": {"video": {"mediaGenerationId": "CAUS1"}}}
    body = json.dumps({"operations": [{"sceneId": "another"}, {"sceneId": SCENE, "operation": operation}]})
    execute(
        url,
        f"ALTER TABLE {TABLE} ALTER scene_id TYPE uuid USING scene_id::uuid",
        f"INSERT INTO {TABLE} ({COLUMNS}) VALUES ('1', '', '', 'completed', '', '', '{SCENE}', '{body}')",
    )

    with by_hand(url) as walk:
        window = walk.read()

    assert [row.value for row in window.recovered] == ["CAUS1"]
