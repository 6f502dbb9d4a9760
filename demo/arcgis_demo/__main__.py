"""Run with `python -m arcgis_demo …`: it works from the repository only, so no wheel holds it."""

from arcgis_demo.cli import main

if __name__ == "__main__":
    main()
