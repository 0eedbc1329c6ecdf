"""The language of Azure role assignment conditions (ABAC): parsed whole or refused, evaluated in three values.

The language is described at https://learn.microsoft.com/azure/role-based-access-control/conditions-format.
"""
