"""Objects that come with the product: everyday things made by rule, with a texture each."""

from textures.objects.catalogue import OBJECTS, object_named

__all__ = ["OBJECTS", "object_named"]
