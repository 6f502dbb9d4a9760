"""Run with `python -m arcgis_devcluster …`: it works from the repository only, so no wheel holds it."""

from arcgis_devcluster.cli import main

if __name__ == "__main__":
    main()
