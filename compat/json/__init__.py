"""JSON Schema: parsing, stored form, compatibility by rules and by proof."""
