"""Several real hosts on one machine: network namespaces, a real `chorus node` in each, links that are cut."""
