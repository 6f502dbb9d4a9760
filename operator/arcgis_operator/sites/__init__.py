"""Floor 2: a live site. One session for each ArcGISSite (`session`), and what those of one address share
(`livesite`). A turn asks it; it knows of no turn.
"""
