"""The web addresses of the site, one room for each area; they speak for the world and decide nothing.

``addresses`` says what a path means, ``call`` is one request with what a handler needs, the other
files answer. The portal addresses of Esri's own clients belong beside ``sharing`` in the table of ``table``.
"""
