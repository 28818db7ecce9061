"""How reports look where nothing depends on it."""

from admin_mfa.report import RenderOptions

LOOK = RenderOptions()
