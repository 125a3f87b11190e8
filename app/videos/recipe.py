"""The recipe of the application's table."""

from typing import Final

from app.media_ids.recipe import media_generation_ids
from app.videos.models import Veo3VideoGeneration

MEDIA_IDS: Final = media_generation_ids(Veo3VideoGeneration)
