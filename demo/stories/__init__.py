"""The stories that the demo plays, one module each."""

from demo.stories import (
    denied_then_solved,
    first_line,
    guarantee_repair,
    guarantee_replacement,
    safety,
    trial_replacement,
    workshop_reports_twice,
)
from demo.stories.story import Story

STORIES: tuple[Story, ...] = (
    trial_replacement.STORY,
    guarantee_repair.STORY,
    guarantee_replacement.STORY,
    first_line.STORY,
    denied_then_solved.STORY,
    workshop_reports_twice.STORY,
    safety.STORY,
)
"""In the order of the table."""
