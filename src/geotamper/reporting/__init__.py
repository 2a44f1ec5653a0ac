"""Reports on disk: JSON, CSV, masks, overlay, GeoJSON and a self-contained HTML page."""
