"""OpenLineage events: what a workspace's commands read and wrote, for catalogues; nobody's data is in them."""
