"""Load and faults together: four workers, two stores, and everything that can happen to them meanwhile."""
