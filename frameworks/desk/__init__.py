"""The editors' desk: a draft as a form, who changed it, how it will look, and how it is published."""
