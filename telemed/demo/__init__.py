"""The demonstration county: synthetic people, synthetic images, pushed through real associations."""
