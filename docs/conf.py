"""How the documentation is built: ``make docs``."""

import sys
import warnings
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE / "_ext"), str(HERE.parent / "src")]

import natron  # noqa: E402

warnings.filterwarnings("ignore", module="pybamm")

project = "natron"
author = "The natron developers"
project_copyright = "The natron developers, BSD-3-Clause"
release = version = natron.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_gallery.gen_gallery",
    "natron_pages",
]
exclude_patterns = ["_build", "_made", "gallery"]
suppress_warnings = [
    "config.cache",  # the gallery's function in its settings cannot be pickled; nothing is lost
    "ref.python",  # types that have one name in two rooms (Protocol, Assessment)
]
root_doc = "index"
language = "en-GB"

myst_enable_extensions = ["dollarmath", "deflist", "attrs_block", "colon_fence"]
myst_heading_anchors = 3

# what docstrings set between single backticks is a name or a value, not always one with a page
default_role = "code"
napoleon_google_docstring = False
napoleon_use_rtype = False
napoleon_use_ivar = True
autosummary_generate = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autodoc_class_signature = "mixed"

nitpicky = True
nitpick_ignore_regex = [
    # types of parameters are written for people ("str or Circuit"); numpy's and polars' pages are not at hand offline
    (r"py:(class|obj|data|exc|attr)", r".*"),
]

html_theme = "pydata_sphinx_theme"
html_title = "natron"
html_math_renderer = "mathml"
html_static_path = ["_static"]
html_css_files = ["natron.css"]
html_show_sourcelink = False
html_copy_source = False
html_theme_options = {
    "logo": {"text": "natron"},
    "navbar_align": "left",
    "header_links_before_dropdown": 7,
    "show_prev_next": True,
    "secondary_sidebar_items": {"**": ["page-toc"], "howto/*": [], "tutorial": [], "index": []},
    "footer_start": ["copyright"],
    "footer_end": [],
    "show_toc_level": 2,
    "navigation_with_keys": False,
    "search_bar_text": "Search natron's documentation",
    "back_to_top_button": False,
}
html_context = {"default_mode": "auto"}
html_sidebars = {"comparison": [], "tutorial": []}

sphinx_gallery_conf = {
    "examples_dirs": "gallery",
    "gallery_dirs": "examples",
    "filename_pattern": r"\.py$",
    "image_scrapers": ("natron_pages.figures_of",),
    "abort_on_example_error": True,
    "download_all_examples": False,
    "show_memory": False,
    "show_signature": False,
    "min_reported_time": 1e9,
    "write_computation_times": False,
    "reset_modules": (),
    "within_subsection_order": "FileNameSortKey",
    "remove_config_comments": True,
}
