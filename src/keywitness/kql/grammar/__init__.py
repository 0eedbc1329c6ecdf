"""The grammar of KQL as recursive descent, one class a layer.

cursor < values < expressions < sources < operators < reshaping < parser.
"""
