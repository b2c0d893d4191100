"""Letters by mail: what must be told to whom (pure), how it reads, and how it gets out."""
