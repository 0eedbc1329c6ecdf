"""Inventory: objects as `az`, ARM, Resource Graph, Microsoft Graph, AzureHound and PowerShell export them.

One object is one row of one table, as it was when the export was taken. What an object is follows from its own
properties or from its envelope; where two tables could be meant it is rejected, with what would decide it.
"""
