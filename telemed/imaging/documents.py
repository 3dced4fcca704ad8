"""Documents that the county itself puts into a study: in the archive with it, no images that somebody sent.

They change neither whether a study is complete nor what its reader has still to see, and make it no other modality.
"""

#: Stands in the place of the AE title of a device; no device is enrolled under it.
AE = "TELEMED-SR"
