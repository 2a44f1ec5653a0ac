"""Sets as Parquet: questions in columns, pictures as files or tar shards, a manifest with hashes."""
