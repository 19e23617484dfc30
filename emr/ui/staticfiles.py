"""Static files under hashed names, our ES modules included: after an upgrade no page mixes old and new ones."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class HashedFiles(CompressedManifestStaticFilesStorage):  # type: ignore[misc]  # whitenoise is untyped
    """WhiteNoise's storage, which also rewrites `import … from "./x.js"` to hashed names in our own modules."""

    support_js_module_import_aggregation = True
    # Only in static/js: other people's files import names that are no files.
    _js_module_import_aggregation_patterns = (
        "js/*.js",
        CompressedManifestStaticFilesStorage._js_module_import_aggregation_patterns[1],
    )
