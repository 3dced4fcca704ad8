"""Statistics of recognition: indicators, months, figures, seals, and the page 统计."""
