"""The look of the console: the blue and the fonts of the public pages, and the style sheets."""

from pathlib import Path
from typing import TYPE_CHECKING

from web.console.cards import CARDS_CSS

if TYPE_CHECKING:
    import gradio as gr

_FOLDER = Path(__file__).parent
_FONTS = ("system-ui", "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", "sans-serif")
_SHEETS = ("page.css", "fields.css", "tables.css", "panel.css", "notices.css", "trial.css")
_BLUE = (  # of web/static/base.css: c700 is its --accent, c800 its --accent-deep
    *("#f3f7fd", "#e9f1fb", "#cfe0f5", "#a9c7ec", "#7aa7de"),
    *("#3f7cc4", "#1f62b0", "#0b4a94", "#083a75", "#062b57", "#041d3c"),
)
STYLES = "\n".join((_FOLDER / name).read_text(encoding="utf-8") for name in _SHEETS) + CARDS_CSS


def make_theme() -> "gr.themes.Base":
    """The theme of the console's page."""
    import gradio as gr

    return gr.themes.Base(
        primary_hue=gr.themes.Color(*_BLUE, name="portal"),
        spacing_size="sm",  # so that a page fits a screen of 1366 x 768
        font=[gr.themes.Font(name) for name in _FONTS],
        font_mono=[gr.themes.Font("ui-monospace"), gr.themes.Font("monospace")],
    ).set(  # Gradio's own greys are too pale (WCAG AA), and its grey slabs look switched off
        body_background_fill="#f3f6fa",
        body_text_color="#1b2430",
        body_text_color_subdued="#4d5a6b",
        block_label_text_color="#37424f",
        block_title_text_color="#37424f",
        block_border_color="#d5dde7",
        border_color_primary="#d5dde7",
        color_accent="*primary_700",
        button_primary_background_fill="*primary_700",
        button_primary_background_fill_hover="*primary_800",
        button_primary_border_color="*primary_700",
        button_cancel_background_fill="white",
        button_cancel_background_fill_hover="#fdeceb",
        button_cancel_border_color="#b3261e",
        button_cancel_text_color="#b3261e",
        button_cancel_text_color_hover="#8c1d17",
        block_info_text_color="#4d5a6b",
        input_placeholder_color="*neutral_500",
        button_secondary_background_fill="white",
        button_secondary_background_fill_hover="*primary_50",
        button_secondary_border_color="#9fb0c4",
        button_secondary_text_color="*primary_700",
        button_border_width="1px",
        checkbox_label_background_fill="white",
        checkbox_label_border_color="*neutral_300",
        checkbox_label_border_width="1px",
        checkbox_background_color_selected="*primary_700",
        checkbox_border_color_selected="*primary_700",
        input_background_fill="white",
        input_border_color="#9fb0c4",
        input_border_width="1px",
        slider_color="*primary_700",
    )
