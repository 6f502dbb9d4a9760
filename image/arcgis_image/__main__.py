"""Run with `python -m arcgis_image …`: it works from the repository only, so no wheel holds it."""

from arcgis_image.cli import main

main(prog_name="python -m arcgis_image")
