"""The signed consultation opinion, and how a third party proves it with nothing but the file and the county's CA."""
