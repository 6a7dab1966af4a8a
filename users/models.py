"""The people who sign in; how they like to see things."""

from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    """A person with a sign-in. Brokerage logins hang off `brokerage.Connection.user`."""


class Preferences(models.Model):
    """What one user chose about looks; made on first need, defaults until then."""

    class Theme(models.TextChoices):
        DARK = "dark"
        LIGHT = "light"

    class Palette(models.TextChoices):
        SAFE = "safe", "teal and vermilion"
        GREEN_RED = "green-red", "green and red"
        RED_GREEN = "red-green", "red and green"
        BLUE_ORANGE = "blue-orange", "blue and orange"

    user = models.OneToOneField(User, on_delete=models.CASCADE, related_name="preferences")
    theme = models.CharField(max_length=8, choices=Theme, default=Theme.DARK)
    palette = models.CharField(max_length=16, choices=Palette, default=Palette.SAFE)
    compact = models.BooleanField(default=False)
    flash_ticks = models.BooleanField(default=True)
    default_account = models.CharField(max_length=32, blank=True)
