"""The libraries of the HTTP clients, which the optional extra `http` brings."""

try:
    import anyio
    import httpcore
    import httpx
except ModuleNotFoundError as error:
    raise ImportError("app.videos.api.client needs httpx: install media-gen-ids[http]", name="httpx") from error

__all__ = ["anyio", "httpcore", "httpx"]
