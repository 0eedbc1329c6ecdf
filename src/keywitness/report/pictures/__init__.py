"""Pictures as SVG, made from the document. No scripts, no links, no fonts; colours come from the page's classes."""
