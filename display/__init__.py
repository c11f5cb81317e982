"""What the audience sees. Stands on the wire alone: loads without Ray, torch and engines, on a Raspberry Pi too."""
