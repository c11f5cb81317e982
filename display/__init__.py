"""The pictures of a performance. Stands on the wire alone: loads without Ray, torch and engines, on a Raspberry Pi too."""
