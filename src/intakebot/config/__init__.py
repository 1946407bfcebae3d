"""Configuration: YAML files become typed, checked, frozen settings, or one error that lists every problem.

The composition root calls `settings.load_settings`; nobody else reads these files. Every problem names its file
and line. Only `yaml_source` knows YAML.
"""
