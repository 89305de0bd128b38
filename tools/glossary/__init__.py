"""Building of the glossary that the offline translator reads."""
