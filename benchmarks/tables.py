"""The application's table in two of its variants. The foreign key is left out: no contestant writes that column."""

TABLE = "veo3_video_generations"
VARIANT_A = """
CREATE TABLE veo3_video_generations (
    id TEXT PRIMARY KEY,
    profile_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    scene_id TEXT NOT NULL UNIQUE,
    operation_name TEXT NOT NULL,
    prompt TEXT NOT NULL,
    seed INTEGER NOT NULL,
    aspect_ratio TEXT NOT NULL,
    status TEXT NOT NULL CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
    video_url TEXT,
    video_path TEXT,
    error_message TEXT,
    raw_response TEXT,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    completed_at TEXT,
    media_generation_id TEXT,
    fife_url TEXT,
    serving_base_uri TEXT
)
"""
VARIANT_C = """
CREATE TABLE veo3_video_generations (
    id TEXT PRIMARY KEY,
    profile_id TEXT NOT NULL,
    project_id TEXT NOT NULL,
    scene_id TEXT,
    operation_name TEXT,
    prompt TEXT,
    seed INTEGER,
    aspect_ratio TEXT,
    status TEXT,
    media_generation_id TEXT,
    fife_url TEXT,
    serving_base_uri TEXT,
    video_url TEXT,
    video_path TEXT,
    error_message TEXT,
    raw_response TEXT,
    created_at TEXT,
    updated_at TEXT,
    completed_at TEXT
)
"""
CREATE_INDEXES = (
    "CREATE INDEX idx_veo3_generations_profile_id ON veo3_video_generations (profile_id)",
    "CREATE INDEX idx_veo3_generations_project_id ON veo3_video_generations (project_id)",
    "CREATE INDEX idx_veo3_generations_status ON veo3_video_generations (status)",
    "CREATE INDEX idx_veo3_generations_scene_id ON veo3_video_generations (scene_id)",
)
INSERT = """
INSERT INTO veo3_video_generations (
    id, profile_id, project_id, scene_id, operation_name, prompt, seed, aspect_ratio, status, video_url, raw_response,
    created_at, updated_at, completed_at
) VALUES (
    :id, :profile_id, :project_id, :scene_id, :operation_name, :prompt, :seed, :aspect_ratio, :status, :video_url,
    :raw_response, :created_at, :updated_at, :completed_at
)
"""
