"""Keeps the settings of ArcGIS Enterprise services as declared in custom resources."""
