"""The comparison stage: two linked panes, six ways to compare, overlays and their panels."""
