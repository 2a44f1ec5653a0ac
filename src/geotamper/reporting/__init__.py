"""Reports on disk: JSON, CSV, masks, overlay, layers for geographic information systems, a self-contained HTML page."""
