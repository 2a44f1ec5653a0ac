"""Findings as layers for geographic information systems: masks, GeoJSON, GeoPackage and a QGIS style."""
