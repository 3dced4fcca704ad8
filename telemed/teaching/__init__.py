"""The teaching file (教学病例库): signed cases, de-identified, released by a second person."""
