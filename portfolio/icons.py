"""The desk's line icons: paths on a grid of twenty, stroked in the text's colour."""

from __future__ import annotations

PATHS: dict[str, str] = {
    "logo": '<path d="M3 15 8 8l3 4 6-9"/><path d="M3 18h14"/>',
    "dashboard": '<path d="M3 10h6V3H3zM11 17h6v-7h-6zM11 7h6V3h-6zM3 17h6v-4H3z"/>',
    "positions": '<path d="M3 5h14M3 10h14M3 15h14"/><path d="M7 3v14"/>',
    "orders": '<path d="M6 4h11M6 10h11M6 16h11"/><path d="M3 4h.01M3 10h.01M3 16h.01"/>',
    "activity": '<path d="M3 10h3l2-6 4 12 2-6h3"/>',
    "trade": '<path d="M4 7h11l-3-3M16 13H5l3 3"/>',
    "risk": '<path d="M3 4v13h14"/><path d="M5 13c3 0 3-7 6-7s3 6 6 6"/>',
    "chains": '<circle cx="4" cy="15" r="2"/><circle cx="10" cy="10" r="2"/>'
    '<circle cx="16" cy="5" r="2"/><path d="M5.5 13.7 8.5 11.3M11.5 8.7 14.5 6.3"/>',
    "expirations": '<path d="M4 5h12v12H4zM4 9h12M7 3v4M13 3v4M10 11.5v2l1.5 1"/>',
    "connections": '<path d="M8 12a4 4 0 0 0 6 .5l2-2a4 4 0 0 0-5.7-5.7L9 6"/>'
    '<path d="M12 8a4 4 0 0 0-6-.5l-2 2a4 4 0 0 0 5.7 5.7L11 14"/>',
    "notices": '<path d="M5 8a5 5 0 0 1 10 0c0 5 2 6 2 6H3s2-1 2-6M8.5 17h3"/>',
    "simulator": '<path d="M3 4h14v10H3zM7 17h6M10 14v3"/><path d="M6 11l2-3 3 2 3-4"/>',
    "settings": '<path d="M4 6h7M15 6h1M4 14h1M9 14h7"/><circle cx="13" cy="6" r="2"/>'
    '<circle cx="7" cy="14" r="2"/>',
    "account": '<circle cx="10" cy="7" r="3.5"/><path d="M3.5 17a6.5 6.5 0 0 1 13 0"/>',
    "more": '<path d="M4 10h.01M10 10h.01M16 10h.01" stroke-width="2.5"/>',
    "fold": '<path d="M12 6l-4 4 4 4"/><path d="M4 4v12"/>',
    "down": '<path d="M5 8l5 5 5-5"/>',
    "pause": '<path d="M7 5v10M13 5v10"/>',
    "play": '<path d="M7 4.5v11l8-5.5z"/>',
    "theme": '<circle cx="10" cy="10" r="6.5"/><path d="M10 3.5a6.5 6.5 0 0 1 0 13z"'
    ' fill="currentColor"/>',
    "signout": '<path d="M8 3H4v14h4M8 10h9M14 7l3 3-3 3"/>',
    "refresh": '<path d="M16 10a6 6 0 1 1-2-4.5M16 3v4h-4"/>',
    "check": '<path d="M4 11l4 4 8-9"/>',
    "remove": '<path d="M5 6h10M8 6V4h4v2M6 6l1 11h6l1-11"/>',
    "info": '<circle cx="10" cy="10" r="7"/><path d="M10 9.5V14M10 6.5h.01"/>',
    "success": '<circle cx="10" cy="10" r="7"/><path d="M7 10.5l2 2 4-5"/>',
    "warning": '<path d="M10 3l8 14H2zM10 8v4M10 14.5h.01"/>',
    "danger": '<path d="M7 2.5h6L17.5 7v6L13 17.5H7L2.5 13V7zM10 6.5V11M10 13.5h.01"/>',
    "error": '<path d="M7 2.5h6L17.5 7v6L13 17.5H7L2.5 13V7zM10 6.5V11M10 13.5h.01"/>',
    "stop": '<path d="M7 2.5h6L17.5 7v6L13 17.5H7L2.5 13V7z"/><path d="M7.5 7.5h5v5h-5z"/>',
    "guards": '<path d="M10 2.5l6.5 2.5v5c0 4-3 6.5-6.5 7.5-3.5-1-6.5-3.5-6.5-7.5V5z"/>',
    "clock": '<circle cx="10" cy="10" r="7"/><path d="M10 6v4l3 2"/>',
    "lock": '<rect x="4" y="9" width="12" height="8" rx="1"/><path d="M7 9V6.5a3 3 0 0 1 6 0V9"/>',
    "back": '<path d="M16 10H4M9 5l-5 5 5 5"/>',
    "plus": '<path d="M10 4v12M4 10h12"/>',
    "external": '<path d="M11 4h5v5M16 4l-8 8M13 12v4H4V7h4"/>',
    "close": '<path d="M5 5l10 10M15 5L5 15"/>',
}
