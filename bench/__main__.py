"""Run with `python bench …`: the benchmark needs no installation of its own."""

from arcgis_bench.cli import main

if __name__ == "__main__":
    main()
